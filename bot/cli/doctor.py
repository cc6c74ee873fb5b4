"""litbot doctor: is everything there that litbot needs?  And if not, how to mend it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import typer

from bot import notices, saved_queries, subscribing, wiring
from bot.channels import email, slack
from bot.cli import options, output
from bot.cli.terms import unreachable
from bot.config import Settings
from bot.errors import BotError, DeliveryError, SettingsError, SourceError, StoreError
from bot.http import Http
from bot.model import Journal, Subscription
from bot.ports import Batch, Task
from bot.render import Renderer
from bot.saved_queries import Queries
from bot.sources import feeds, pubmed
from bot.store import delivered, subscriptions, watermarks
from bot.store.database import connect, reading, version

FEED_THREADS = 8  # as the poll has
SHORT_SECRET = 32  # characters; 128 bits written as hexadecimal
UNCHECKED = timedelta(days=14)  # the weekly check of delivered studies has failed twice


class Check(NamedTuple):
    """One thing that was looked at."""

    state: Literal["ok", "warn", "FAIL"]
    subject: str
    finding: str
    fix: str = ""


class Stored(NamedTuple):
    """What the database says, as far as the other checks need it."""

    subscriptions: list[Subscription]
    cursors: Mapping[str, Mapping[str, str]]  #: Journal -> how far its feed was read.
    checkable: bool = False  #: Were studies with a PMID delivered?
    checked_at: str = ""  #: When PubMed was last asked what happened to them; an ISO time.


def doctor(
    database: options.Database = "", now: options.Now = "", json: options.Json = False
) -> None:
    """Check settings, queries, database, NCBI, every feed, mail and Slack; say how to mend them.

    Asks every service once and sends nothing to anybody; changes nothing.  Exit 1 when a check
    fails.
    """
    try:
        settings = options.settings(database)
    except SettingsError as error:
        fix = "correct it in the environment or in .env"
        checks = [Check("FAIL", "settings", problem, fix) for problem in error.problems]
    else:
        checks = list(_all(settings, options.clock(now)))
    failed = sum(check.state == "FAIL" for check in checks)
    if json:
        output.as_json({"ok": not failed, "checks": checks})
    else:
        _show(checks)
    for check in checks if failed else ():
        if check.state == "FAIL":
            output.problem(f"{check.subject}: {check.finding}")
    if failed:
        raise typer.Exit(1)


def _show(checks: list[Check]) -> None:
    for check in checks:
        output.line(f"{check.state}: {check.subject}: {check.finding}")
        if check.fix:
            output.line(f"fix: {check.fix}", indent=4)
    counted = {state: sum(check.state == state for check in checks) for state in ("warn", "FAIL")}
    output.line(f"{len(checks)} checks: {counted['warn']} warnings, {counted['FAIL']} failures")


def _all(settings: Settings, now: datetime) -> Iterator[Check]:
    yield Check("ok", "settings", "read")
    http = wiring.session(settings)
    queries, found = _queries(settings)
    yield from found
    stored, found = _database(settings)
    yield from found
    yield from _templates(settings, stored)
    yield from _ncbi(settings, http)
    yield from _feeds(settings, http, queries, stored, now)
    yield from _channels(settings, http)
    yield from _links(settings, stored)
    yield from _people(settings, queries)
    yield from _subscriptions(settings, queries, stored)
    yield from _delivered(stored, now)
    yield from _private_hosts(settings, queries)
    if not settings.heartbeat_url.get_secret_value():
        fix = "set LITBOT_HEARTBEAT_URL to a dead man's switch, and you hear when litbot stops"
        yield Check("warn", "heartbeat", "not set", fix)


def _queries(settings: Settings) -> tuple[Queries, list[Check]]:
    problems = saved_queries.check(settings.queries_dir)
    if problems:
        fix = "correct the file; then run: litbot query check"
        return Queries(), [Check("FAIL", "queries", str(problem), fix) for problem in problems]
    queries = saved_queries.load(settings.queries_dir)
    counted = f"{len(queries.queries)} saved queries, {len(queries.journals)} journals"
    return queries, [Check("ok", "queries", f"{counted} in {settings.queries_dir}")]


def _database(settings: Settings) -> tuple[Stored, list[Check]]:
    nothing = Stored([], {})
    try:
        engine = connect(settings.database_url)
        if options.is_missing(engine):
            return nothing, [_new_database(Path(engine.url.database or ""))]
        at, newest = version(engine)
        if at != newest:
            finding = f"it is at migration {at or 'none'}, this litbot needs {newest}"
            fix = "make a copy of it, then run: litbot db upgrade"
            return nothing, [Check("FAIL", "database", finding, fix)]
        with reading(engine) as db:
            states = watermarks.states(db, "feed")
            cursors = {state.task: watermarks.cursor(db, "feed", state.task) for state in states}
            checked = watermarks.cursor(db, notices.SOURCE, notices.FLAGS)
            stored = Stored(
                subscriptions.every(db),
                cursors,
                checkable=delivered.any_with_pmid(db),
                checked_at=checked.get("at", ""),
            )
        engine.dispose()
    except StoreError as error:
        fix = "check LITBOT_DATABASE_URL, and that the database runs"
        return nothing, [Check("FAIL", "database", str(error), fix)]
    return stored, [Check("ok", "database", f"up to date, migration {newest}")]


def _new_database(file: Path) -> Check:
    folder = next(one for one in file.absolute().parents if one.exists())
    if os.access(folder, os.W_OK):
        return Check("ok", "database", f"none yet at {file}; the first run makes it")
    fix = f"let litbot's user write to {folder}, or set LITBOT_DATABASE_URL"
    return Check("FAIL", "database", f"{file} cannot be made", fix)


def _templates(settings: Settings, stored: Stored) -> Iterator[Check]:
    layouts = Renderer(settings.templates_dir).layouts()
    if "standard" not in layouts:
        fix = "set LITBOT_TEMPLATES_DIR to a folder with digest/standard.jinja, or unset it"
        yield Check("FAIL", "templates", f"no standard layout in {settings.templates_dir}", fix)
    else:
        yield Check("ok", "templates", f"layouts: {', '.join(layouts)}")
    for one in stored.subscriptions:
        if one.layout not in layouts:
            fix = f"restore templates/digest/{one.layout}.jinja, or subscribe anew"
            yield Check("FAIL", f"subscription {one.id}", f"no layout {one.layout!r}", fix)


def _ncbi(settings: Settings, http: Http) -> Iterator[Check]:
    if not settings.ncbi_email:
        fix = "set LITBOT_NCBI_EMAIL: NCBI writes there before it blocks somebody"
        yield Check("warn", "NCBI", "no address to write to", fix)
    try:
        pubmed.build(settings, http).check()
    except SourceError as error:
        fix = "check the network and LITBOT_EUTILS_URL; NCBI's state: https://www.ncbi.nlm.nih.gov"
        yield Check("FAIL", "NCBI", error.problem, fix)
    else:
        rate = (
            "10 requests a second, with a key"
            if settings.ncbi_api_key.get_secret_value()
            else ("3 requests a second, without a key")
        )
        yield Check("ok", "NCBI", f"answers; {rate}")


def _feeds(
    settings: Settings, http: Http, queries: Queries, stored: Stored, now: datetime
) -> Iterator[Check]:
    """Ask every feed as a poll would, and save nothing."""
    journals = [journal for journal in queries.journals.values() if journal.feed]
    if not journals:
        return
    source = feeds.build(settings, http)

    def ask(journal: Journal) -> Batch | SourceError:
        cursor = stored.cursors.get(journal.name, {})
        try:
            task = Task(kind="poll", subject=journal, cursor=cursor)
            return source.fetch(task, lambda _: frozenset(), now)
        except SourceError as error:
            return error

    output.progress_line(f"asking {len(journals)} feeds")
    try:
        with ThreadPoolExecutor(FEED_THREADS) as threads:
            answers = list(threads.map(ask, journals))
    finally:
        source.close()
    well = 0
    for journal, answer in zip(journals, answers, strict=True):
        problem = answer.problem if isinstance(answer, SourceError) else answer.incomplete
        if not problem:
            well += 1
            continue
        state: Literal["warn", "FAIL"] = "FAIL" if journal.confirmed else "warn"
        fix = f"look at the address of {journal.name} in journals.yaml; nothing is lost if it heals"
        yield Check(state, f"feed {journal.name}", problem, fix)
    yield Check("ok" if well else "warn", "feeds", f"{well} of {len(journals)} answer")


def _channels(settings: Settings, http: Http) -> Iterator[Check]:
    mail = bool(settings.smtp_url.get_secret_value())
    posts = bool(settings.slack_token.get_secret_value())
    if not mail and not posts:
        fix = "set LITBOT_SMTP_URL or LITBOT_SLACK_TOKEN to reach readers"
        yield Check("warn", "channels", f"digests are written to {settings.outbox_dir}", fix)
    if mail:
        fix = "check LITBOT_SMTP_URL (smtp://user:password@host:587) and LITBOT_MAIL_FROM"
        yield _reached("mail", fix, lambda: email.build(settings, http).check())
    if posts:
        fix = "check LITBOT_SLACK_TOKEN, and install the app of deploy/ in the workspace"
        yield _reached("Slack", fix, lambda: slack.build(settings, http).check())


def _reached(name: str, fix: str, check: Callable[[], None]) -> Check:
    try:
        check()
    except DeliveryError as error:
        return Check("FAIL", name, error.problem, fix)
    except BotError as error:
        return Check("FAIL", name, str(error), fix)
    return Check("ok", name, "the server takes our login")


def _links(settings: Settings, stored: Stored) -> Iterator[Check]:
    """What a mailed digest needs so that somebody answers its links."""
    mailed = bool(settings.smtp_url.get_secret_value())
    if missing := settings.missing_for_email():
        if mailed:
            fix = f"set {', '.join(missing)}"
            yield Check("FAIL", "links in mails", "no digest is mailed without them", fix)
        return
    if urlsplit(settings.public_url).scheme != "https":
        fix = "serve LITBOT_PUBLIC_URL by https: mail programs offer one-click only then (RFC 8058)"
        yield Check("warn", "links in mails", "LITBOT_PUBLIC_URL is not https", fix)
    if len(settings.secret_key.get_secret_value()) < SHORT_SECRET:
        fix = 'make one: python3 -c "import secrets; print(secrets.token_hex(32))"'
        yield Check("warn", "links in mails", "LITBOT_SECRET_KEY is short", fix)
    if mailed or any(one.channel == "email" for one in stored.subscriptions):
        yield Check("ok", "links in mails", f"lead to {urlsplit(settings.public_url).hostname}")


def _people(settings: Settings, queries: Queries) -> Iterator[Check]:
    """Those who are told when something breaks."""
    if not settings.operator:
        fix = "set LITBOT_OPERATOR to an address or a Slack channel's id"
        yield Check("warn", "operator", "nobody is told when a source breaks", fix)
    elif problem := _target_problem(settings.operator, settings):
        yield Check("FAIL", "operator", problem, "correct LITBOT_OPERATOR")
    else:
        yield Check("ok", "operator", "can be told")
    for query in queries.queries.values():
        if problem := _target_problem(query.owner.target, settings):
            fix = f"correct owner.target in {settings.queries_dir / query.name}.yaml"
            yield Check("FAIL", f"owner of {query.name}", problem, fix)


def _target_problem(text: str, settings: Settings) -> str:
    try:
        channel, _ = subscribing.target(text)
    except SettingsError as error:
        return str(error)
    return unreachable(channel, settings)


def _subscriptions(settings: Settings, queries: Queries, stored: Stored) -> Iterator[Check]:
    for one in stored.subscriptions:
        gone = [name for name in one.queries if name not in queries.queries]
        if gone and queries.queries:
            fix = f"restore the file, or: litbot subscription remove {one.id}"
            finding = f"no saved query {', '.join(gone)} any more"
            yield Check("warn", f"subscription {one.id}", finding, fix)
        if problem := unreachable(one.channel, settings):
            yield Check("FAIL", f"subscription {one.id}", problem, "set it")
    if stored.subscriptions:
        yield Check("ok", "subscriptions", f"{len(stored.subscriptions)} are active")
    else:
        fix = "litbot subscription add --help"
        yield Check("warn", "subscriptions", "nobody is subscribed", fix)


def _delivered(stored: Stored, now: datetime) -> Iterator[Check]:
    """Whether anybody would hear of a retraction."""
    if not stored.checkable:
        return
    if stored.checked_at and datetime.fromisoformat(stored.checked_at) > now - UNCHECKED:
        yield Check("ok", "delivered studies", f"last checked {stored.checked_at[:10]}")
        return
    since = f"since {stored.checked_at[:10]}" if stored.checked_at else "yet"
    finding = f"PubMed was not asked what happened to them {since}"
    yield Check("warn", "delivered studies", finding, "run: litbot recheck; it says what is wrong")


def _private_hosts(settings: Settings, queries: Queries) -> Iterator[Check]:
    """Exceptions from the rule that feeds lie on public addresses."""
    used = {_host_and_port(journal.feed) for journal in queries.journals.values() if journal.feed}
    for host in settings.allowed_private_hosts:
        if host.lower() in used:
            yield Check("ok", "private host", f"{host} may be asked, as a feed is there")
        else:
            fix = "take it out of LITBOT_ALLOWED_PRIVATE_HOSTS"
            yield Check("warn", "private host", f"{host} is allowed, but no feed is there", fix)


def _host_and_port(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}"
