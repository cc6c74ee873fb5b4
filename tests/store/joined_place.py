"""Three citations of which one bridges the others, and what the tests of joining share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from builders import record

from bot.model import Answer, Cadence, MatchKind, Notice, Record
from bot.ports import Found
from bot.store import (
    Engine,
    by_hand,
    digests,
    matches,
    records,
    subscriptions,
)
from bot.store import schema as tables
from bot.store.database import reading, writing
from bot.store.joining import Settled
from bot.store.matches import Match
from bot.store.records import Kept

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
DAY = timedelta(days=1)
TITLE = "Slow breathing before sleep in lighthouse keepers: a made-up study"


def bare(title: str = TITLE, **fields: object) -> Record:
    """What a poor source shows: a title, and little else."""
    own: dict[str, object] = {"pmid": "", "doi": "", "created": "", "status": "", "authors": ()}
    own |= {"abstract": (), "volume": "", "issue": "", "pages": "", "url": ""}
    return record(**({"title": title} | own | fields))


#: Three years apart, nothing says that these two are one; the bridge stands between them.
OLD = bare(published="2023", authors=record().authors, abstract=record().abstract)
NEW = bare(published="2026", doi="10.5555/join.1")
BRIDGE = replace(OLD, published="2024", doi="10.5555/join.1", volume="3")
STRANGER = bare("Bread, salt and the quiet hour in four made-up bakeries", doi="10.5555/join.9")


def keep(engine: Engine, *shown: Record, task: str = "t", now: datetime = NOW) -> list[Kept]:
    found = [Found(key=f"{one.title} {one.doi} {one.published}", record=one) for one in shown]
    with writing(engine, saves_records=True) as db:
        return records.keep(db, "feed", task, found, now)


def keep_pubmed(engine: Engine, *shown: Record, task: str = "q") -> list[Kept]:
    found = [Found(key=one.pmid, record=one) for one in shown]
    with writing(engine, saves_records=True) as db:
        return records.keep(db, "pubmed", task, found, NOW)


def subscribe(engine: Engine, target: str) -> int:
    with writing(engine) as db:
        return subscriptions.create(
            db,
            channel="email",
            target=target,
            queries={"q": NOW - DAY},
            cadence=Cadence(every="weekly"),
            layout="standard",
            quiet=True,
            next_due=NOW,
            now=NOW,
        )


def match(engine: Engine, number: int, answer: Answer = "yes", kind: MatchKind = "new") -> None:
    with writing(engine) as db:
        matches.save(db, [Match(number, "q", answer, kind, "feed", 1, NOW)])


def tell(engine: Engine, subscription: int, answers: Mapping[int, str], at: datetime = NOW) -> None:
    with writing(engine) as db:
        digest = digests.save(db, subscription, at, "", len(answers), at)
        assert digest
        digests.tell(db, subscription, digest, answers, [])


def untold(engine: Engine, subscription: int) -> list[int]:
    with reading(engine) as db:
        wanted = subscriptions.get(db, subscription)
        assert wanted
        return [one.record_id for one in digests.untold(db, wanted, NOW + DAY)]


def told(engine: Engine) -> set[tuple[int, int]]:
    with reading(engine) as db:
        rows = db.execute(sa.select(tables.told.c.subscription_id, tables.told.c.record_id))
        return {(row.subscription_id, row.record_id) for row in rows}


def rows(engine: Engine, name: str) -> list[sa.RowMapping]:
    with reading(engine) as db:
        return list(db.execute(sa.select(tables.metadata.tables[name])).mappings())


def split(engine: Engine, number: int, *chosen: int) -> Settled:
    with writing(engine, saves_records=True) as db:
        return by_hand.split(db, number, chosen, NOW)


def merge(engine: Engine, one: int, other: int) -> Settled:
    with writing(engine, saves_records=True) as db:
        return by_hand.merge(db, one, other, NOW)


def retraction(number: int, pmid: str = "5") -> Notice:
    return Notice(
        record_id=number, kind="retraction", identity=f"pmid:{pmid}", pmid=pmid, basis="pubmed"
    )
