"""A small world for the pipeline: the sandbox's servers, one saved query, one journal, a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest
import sqlalchemy as sa
from builders import pubmed_set, record

from bot import pipeline, wiring
from bot.channels.email import Email
from bot.channels.slack import Slack
from bot.config import Settings
from bot.http import Http, Reply
from bot.model import Cadence, ChannelName, Record
from bot.pipeline import Bot, Report
from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault
from bot.store import outbox as outboxes
from bot.store import records, subscriptions, watermarks
from bot.store.database import connect, reading, writing
from bot.store.schema import matches, outbox, owed, runs, told
from bot.store.watermarks import Run, State

START = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday
WEEK = timedelta(days=7)
WEEKLY = Cadence(every="weekly", hour=7)
SLACK_ROOM, READER = "C00RELAPSE", "reader@example.org"
OPERATOR, OWNER = "operator@sandbox.invalid", "owner@example.org"
FEED = "/feed.xml"
#: A description shorter than this is taken for a teaser, not for an abstract.
FILLER = " The participants of this made-up study were seen once a week for half a year." * 3


def study(number: int, *, created: str = "2026-03-01", **fields: object) -> Record:
    """A record that the world's query finds."""
    own: dict[str, object] = {
        "pmid": str(90_000_000 + number),
        "doi": f"10.5555/world.{number}",
        "title": f"Ketamine with psychotherapy: made-up study number {number} of the world",
        "created": created,
        "entered": created,
    }
    return record(**(own | fields))


def shown(number: int, **fields: object) -> Record:
    """The same record as a feed shows it, without what only PubMed knows."""
    return study(number, **({"pmid": "", "created": "", "entered": "", "status": ""} | fields))  # type: ignore[arg-type]


def feed(*items: Record, withheld: bool = False) -> bytes:
    """A small RSS feed of these records, with or without their abstracts."""
    body = "".join(
        f"<item><title>{escape(one.title)}</title><link>https://journal.example/{one.doi}</link>"
        f"<guid>https://journal.example/{one.doi}</guid>"
        f"<dc:identifier>doi:{one.doi}</dc:identifier>"
        + ("" if withheld else f"<description>{escape(one.abstract_text + FILLER)}</description>")
        + f"<dc:date>{one.published}</dc:date></item>"
        for one in items
    )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>World</title>{body}</channel></rss>"
    ).encode()


def on_databases(*rows: tuple[object, ...]) -> list[object]:
    """A table for SQLite, and every third row of it for PostgreSQL: (`database_url`, *row).

    What fails outside the store fails alike on both; the rows for PostgreSQL show that what is
    stored of it does, too.
    """
    chosen = [("sqlite", row) for row in rows] + [("postgresql", row) for row in rows[::3]]
    return [
        pytest.param(name, *row, id="-".join([name, *(str(one) for one in row if one != "")]))
        for name, row in chosen
    ]


class _Impatient(Http):
    """Gives up on a server soon."""

    seconds = 0.0

    def request(self, method: str, url: str, **asked: object) -> Reply:  # type: ignore[override]
        return super().request(method, url, **(asked | {"deadline": self.seconds}))  # type: ignore[arg-type]


class World:
    """The servers, the settings, and what can be seen from outside."""

    def __init__(self, sandbox: Sandbox, database_url: str, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.database_url = database_url
        self.engine = connect(database_url)
        self.strategy = "ketamine[tiab] AND psychotherapy[tiab]"
        self.journal_fed = True
        self.patience = 0.0  #: Seconds before the bot gives up on a server; 0: as it is built.
        self.write_queries()

    def write_queries(self) -> None:
        """The saved query and the journal list, as they are now."""
        folder = self.folder / "queries"
        folder.mkdir(exist_ok=True)
        (folder / "world.yaml").write_text(
            "title: Ketamine psychotherapy\n"
            "question: Does it help?\n"
            "owner: {name: Owner, target: owner@example.org}\n"
            f"pubmed: '{self.strategy}'\n"
            f"journals: [{'psychiatry' if self.journal_fed else ''}]\n"
            "why: [made up for tests]\n"
        )
        url = self.sandbox.journals.url(FEED)
        (folder / "journals.yaml").write_text(
            "world-journal:\n"
            "  title: Journal of made-up studies\n"
            "  issns: ['0000-0019']\n"
            f"  feed: {url}\n"
            "  groups: [psychiatry]\n"
            "  confirmed: true\n"
        )

    def settings(self, **overrides: object) -> Settings:
        return self.sandbox.settings(
            self.folder,
            **(
                {"database_url": self.database_url, "queries_dir": self.folder / "queries"}
                | overrides
            ),
        )

    @contextmanager
    def bot(self, **overrides: object) -> Iterator[Bot]:
        """The real bot, that does not wait for servers on loopback."""
        settings = self.settings(**overrides)
        http = self.sandbox.http(settings)
        if self.patience:
            http = _Impatient(
                http.limiter,
                user_agent="litbot sandbox",
                allowed_private=settings.allowed_private_hosts,
                pause=http.pause,
            )
            http.seconds = self.patience
        with wiring.bot(settings, http=http) as bot:
            slack, email = bot.channels["slack"], bot.channels["email"]
            if isinstance(slack, Slack):
                slack.pause = lambda _: None
                for client in (slack.posts, slack.reads) if self.patience else ():
                    client.timeout = self.patience  # type: ignore[assignment]  # it takes them
            if isinstance(email, Email) and self.patience:
                email.timeout = email.accept_timeout = self.patience
            yield bot

    def at(self, now: datetime, *, sweep: bool = False, **overrides: object) -> Report:
        """One cycle at this time."""
        self.sandbox.advance(now)
        with self.bot(**overrides) as bot:
            return pipeline.gather(bot, now, sweep=sweep) + pipeline.deliver(bot, now)

    def publish(self, *studies: Record) -> None:
        """PubMed has these from their create dates on."""
        self.sandbox.pubmed.load(pubmed_set(*studies))

    def show(self, *items: Record, withheld: bool = False) -> None:
        """The journal's feed shows these."""
        self.sandbox.journals.put(FEED, feed(*items, withheld=withheld))

    def subscribe(
        self, channel: ChannelName = "slack", target: str = "", *, back: int = 0, **changes: object
    ) -> int:
        """A weekly subscription that began with the first Monday."""
        since = START - timedelta(hours=8, days=back)
        chosen: dict[str, object] = {
            "channel": channel,
            "target": target or (SLACK_ROOM if channel == "slack" else READER),
            "queries": {"world": since},
            "cadence": WEEKLY,
            "layout": "standard",
            "quiet": True,
            "next_due": START,
            "now": since,
        }
        with writing(self.engine) as db:
            return subscriptions.create(db, **(chosen | changes))  # type: ignore[arg-type]

    def unsubscribe(self, number: int) -> None:
        """A reader leaves, and what waits for them is dropped."""
        with writing(self.engine) as db:
            subscriptions.end(db, number)
            outboxes.cancel(db, number)

    # what goes wrong

    def pubmed_fails(self, endpoint: str, shape: str, **rule: int) -> None:
        """Until it is mended, or as often as the rule says: `times`, `skip`, `count`."""
        fault = {"endpoint": endpoint, "shape": shape, "times": ALWAYS}
        self.sandbox.pubmed.fail(Fault(**(fault | rule)))  # type: ignore[arg-type]

    def pubmed_is_mended(self) -> None:
        """No more faults."""
        self.sandbox.pubmed.faults.clear()

    # what can be seen

    def mailed(self, to: str = READER) -> str:
        """The plain text of all mails to an address as one line, however it was wrapped."""
        return " ".join(self.mail_text(to).split())

    def pmids_told(self, subscription: int) -> list[str]:
        """The PMIDs (or DOIs) of the records that a subscription was told of."""
        with reading(self.engine) as db:
            rows = db.execute(
                sa.select(told.c.record_id).where(told.c.subscription_id == subscription)
            )
            stored = records.read(db, [number for (number,) in rows])
        return sorted(one.pmid or one.doi for one in stored.values())

    def slack_keys(self) -> Counter[str]:
        """How often each part was posted to Slack."""
        return Counter(
            str(message["metadata"]["event_payload"]["key"])  # type: ignore[index,call-overload]
            for message in self.sandbox.slack.messages
        )

    def slack_text(self) -> str:
        """Everything that stands in Slack."""
        return "\n".join(str(message) for message in self.sandbox.slack.messages)

    def mail_ids(self, to: str = READER) -> Counter[str]:
        """How often each mail came to an address."""
        return Counter(
            str(mail.message["Message-ID"])
            for mail in self.sandbox.mailbox.messages
            if to in mail.recipients
        )

    def mail_text(self, to: str = READER) -> str:
        """The plain text of all mails to an address."""
        texts = []
        for mail in self.sandbox.mailbox.messages:
            body = mail.message.get_body(("plain",))
            if to in mail.recipients and body is not None:
                texts.append(f"{mail.message['Subject']}\n{body.get_content()}")
        return "\n".join(texts)

    def state(self, source: str = "pubmed", task: str = "world") -> State:
        with reading(self.engine) as db:
            state = watermarks.state(db, source, task)
        assert state is not None
        return state

    def cursor(self, source: str = "pubmed", task: str = "world") -> dict[str, str]:
        with reading(self.engine) as db:
            return dict(watermarks.cursor(db, source, task))

    def matches(self) -> dict[str, tuple[str, str]]:
        """PMID or DOI -> (answer, kind)."""
        with reading(self.engine) as db:
            rows = db.execute(sa.select(matches)).all()
            stored = records.read(db, [row.record_id for row in rows])
        return {
            stored[row.record_id].pmid or stored[row.record_id].doi: (row.answer, row.kind)
            for row in rows
        }

    def owed(self) -> list[str]:
        with reading(self.engine) as db:
            return [row.key for row in db.execute(sa.select(owed))]

    def outbox_states(self) -> Counter[str]:
        with reading(self.engine) as db:
            return Counter(row.state for row in db.execute(sa.select(outbox.c.state)))

    def runs(self, source: str = "pubmed", task: str = "world") -> list[Run]:
        """All runs of a task, oldest first."""
        with reading(self.engine) as db:
            rows = db.execute(
                sa.select(*(runs.c[name] for name in Run._fields))
                .where(runs.c.source == source, runs.c.task == task)
                .order_by(runs.c.id)
            )
            return [Run(*row) for row in rows]

    def subjects(self, to: str = OPERATOR) -> list[str]:
        """The subjects of all mails to an address, in their order."""
        return [
            str(mail.message["Subject"])
            for mail in self.sandbox.mailbox.messages
            if to in mail.recipients
        ]

    def retry(self, now: datetime) -> int:
        """What the operator does when the cause is mended."""
        with writing(self.engine) as db:
            return outboxes.retry(db, now)

    def records(self) -> int:
        with reading(self.engine) as db:
            return int(db.execute(sa.text("SELECT count(*) FROM records")).scalar_one())
