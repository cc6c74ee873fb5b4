"""The demo's account: is every record and every feed item accounted for, and told exactly once?

Each check gives sentences that name what differs; an empty list is the proof.  What was told is
read back from the mails and the Slack messages that arrived, not from what the bot believes.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from lxml import etree

from bot.digest import RENEWING
from bot.formats import pubmed_xml
from bot.model import Record
from bot.render.plain import clean, link
from bot.sandbox.smtp import Received
from bot.store import Connection, digests, notices, records, subscriptions, summary, watermarks
from bot.store import schema as tables
from bot.store.watermarks import Run

NAMED = 5  # differences of one kind that are named; the others are counted

_STUDY = re.compile(r"^\d+\. (?P<title>.*)(?:\n(?P<address>https?://\S+)$)?", re.MULTILINE)
#: A title in bold, in a list, or after what happened to its study; not a link to a notice.
_SLACK_STUDY = re.compile(
    r"^(?:\*|• (?:\*[^*\n]+\* )*|\*[^*\n]+:\* )<(https?://[^|>]+)\|", re.MULTILINE
)
_ITEMS = frozenset({"item", "entry"})


def sums(runs: Iterable[Run]) -> list[str]:
    """Every complete run: reported = known + new + merged + owed + quarantined."""
    return [
        f"{run.source} {run.task} ({run.kind}): the sum does not add up: {run.reported} reported"
        for run in runs
        if not run.problem and not run.adds_up
    ]


def of_file(db: Connection, xml: bytes) -> list[str]:
    """Every record of the file is in the store, owed, or set aside by name."""
    served = set()
    for one in pubmed_xml.read(BytesIO(xml)):
        if not isinstance(one, pubmed_xml.Deleted):
            served.add(one.pmid)
    keys = sa.select(tables.record_keys.c.value).where(tables.record_keys.c.scheme == "pmid")
    aside = sa.select(tables.quarantine.c.key).where(tables.quarantine.c.source == "pubmed")
    owed = sa.select(tables.owed.c.key).where(tables.owed.c.source == "pubmed")
    held = set(db.execute(sa.union(keys, aside, owed)).scalars())
    return _named("records of the file that the store does not account for", served - held)


def of_feeds(db: Connection, runs: Iterable[Run], feeds: Mapping[str, bytes]) -> list[str]:
    """The first complete run of each feed reported all the items that stand in its document."""
    first: dict[str, Run] = {}
    for run in runs:
        if run.source == "feed" and not run.problem:
            first.setdefault(run.task, run)
    states = {state.task: state for state in watermarks.states(db, "feed")}
    problems = []
    for name, document in feeds.items():
        written = items(document)
        if name not in first and written:
            reason = states[name].problem if name in states else "nobody asked for it"
            problems.append(f"feed {name}: {written} items were never read: {reason}")
        elif name not in first:
            continue  # nothing is in it, and the poll has said why
        elif (reported := first[name].reported) != written:
            problems.append(f"feed {name}: holds {written} items, {reported} were reported")
    return problems


def items(document: bytes) -> int:
    """How many items stand in a feed, counted by their tags alone."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(document.strip(), parser)
    if root is None:
        return 0
    tags = (etree.QName(one).localname for one in root.iter(etree.Element))
    return sum(tag in _ITEMS for tag in tags)


def by_name(db: Connection) -> list[str]:
    """Every record that could not be read or did not come, by name."""
    unreadable = [
        f"{one.source} {one.task}: {one.key} cannot be read: {one.reason}"
        for one in summary.unreadable(db)
    ]
    absent = [f"{one.source} {one.task}: {one.key} did not come" for one in summary.still_owed(db)]
    return unreadable + absent


def nothing_waits(db: Connection, now: datetime, *, everything: bool) -> list[str]:
    """No match is left untold; with `everything`, each subscription was told of every record."""
    problems = []
    stored = set(db.execute(sa.select(tables.records.c.id)).scalars())
    for one in subscriptions.every(db):
        left = {str(match.record_id) for match in digests.untold(db, one, now)}
        problems += _named(f"{one.channel}: matches that were not told", left)
        unheard = {str(each.notice.record_id) for each in notices.untold(db, one.id, now)}
        problems += _named(f"{one.channel}: records of which something was not told", unheard)
        if everything:
            told = sa.select(tables.told.c.record_id).where(tables.told.c.subscription_id == one.id)
            missing = records.read(db, sorted(stored - set(db.execute(told).scalars())))
            names = {record.pmid or record.title for record in missing.values()}
            problems += _named(f"{one.channel}: records in the store that were not told", names)
    unsent = sa.select(tables.outbox.c.key).where(
        tables.outbox.c.state.not_in(("sent", "cancelled"))
    )
    problems += _named("parts that were not delivered", set(db.execute(unsent).scalars()))
    return problems


def of_week(
    db: Connection, now: datetime, mails: Sequence[Received], posts: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What this week's digests and notices tell stands in this week's messages, each record once,
    and once more for each thing that has happened to it since it was told."""
    arrived = {"email": in_mails(mails), "slack": in_slack(posts)}
    problems = []
    for one in subscriptions.every(db):
        told = _told(db, one.id, now)
        shown = arrived[one.channel]
        if one.channel == "slack":  # a title without address is plain text there
            told = [record for record in told if link(record)]
        expected = Counter(link(record) or clean(record.title) for record in told)
        where = f"{now.date().isoformat()} {one.channel}"
        problems += _named(f"{where}: told, and not shown", (expected - shown).elements())
        problems += _named(f"{where}: shown too often", (shown - expected).elements())
    return problems


def _told(db: Connection, subscription: int, now: datetime) -> list[Record]:
    """The records that a subscription was shown at this time: by its digest, or in notices."""
    digest = sa.select(tables.digests.c.id).where(
        tables.digests.c.subscription_id == subscription, tables.digests.c.composed_at == now
    )
    new = db.execute(
        sa.select(tables.told.c.record_id).where(
            tables.told.c.subscription_id == subscription,
            sa.or_(tables.told.c.digest_id.in_(digest), tables.told.c.confirmed_in.in_(digest)),
        )
    )
    said = db.execute(
        sa.select(tables.notices, tables.told_notices.c.part, tables.told_notices.c.told_at)
        .join(tables.told_notices, tables.told_notices.c.notice_id == tables.notices.c.id)
        .where(tables.told_notices.c.subscription_id == subscription)
    ).all()
    by_notice = {one.other_id for one in said if one.kind not in RENEWING}
    shown = set(new.scalars()) - by_notice
    happened = [
        one.record_id
        for one in said
        if one.part and one.told_at == now and not (one.kind in RENEWING and one.other_id in shown)
    ]
    stored = records.read(db, sorted(shown | set(happened)))
    return [stored[number] for number in [*sorted(shown), *happened]]


def in_mails(mails: Iterable[Received]) -> Counter[str]:
    """The studies that the mails show: the address of each, or its title where it has none."""
    found: Counter[str] = Counter()
    for mail in mails:
        body = mail.message.get_body(("plain",))
        text = body.get_content().replace("\r\n", "\n") if body else ""
        found.update(one["address"] or one["title"] for one in _STUDY.finditer(text))
    return found


def in_slack(posts: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """The studies that Slack messages show, by their addresses."""
    found: Counter[str] = Counter()
    for post in posts:
        for block in post.get("blocks", ()):
            text = block.get("text", {}).get("text", "")
            found.update(html.unescape(address) for address in _SLACK_STUDY.findall(text))
    return found


def _named(what: str, keys: Iterable[str]) -> list[str]:
    names = sorted(keys)
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"{what}: {', '.join(names[:NAMED])}{more}"]
