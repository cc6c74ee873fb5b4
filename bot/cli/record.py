"""litbot record: the life of a record, why it is one, and what an operator knows better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import typer

from bot.cli import options, output
from bot.model import Record
from bot.pipeline.relating import relate
from bot.store import Connection, Engine, by_hand, citations, life
from bot.store.by_hand import Meant
from bot.store.database import prepare, reading, writing
from bot.store.joining import Settled, is_whole
from bot.store.life import Life, Pair
from bot.store.notices import Noted
from bot.store.records import Kept
from bot.store.relations import Related

app = typer.Typer(no_args_is_help=True)

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The number of a record, a PMID, a DOI or a PMCID.")
]


@app.callback()
def _record() -> None:
    """Look at one record, and say what is the same and what is not."""


@app.command()
def show(id_: Id, database: options.Database = "", json: options.Json = False) -> None:
    """Print the life of a record: who showed it, what became of it, who was told what and when.

    Digits are the number of a record where there is one, else a PMID (`pmid:` in front says so).
    Changes nothing.
    """
    engine = options.existing(options.settings(database))
    with reading(engine) as db:
        meant = by_hand.find(db, id_)
        found = life.of(db, meant.record_id)
    engine.dispose()
    if json:
        output.as_json(_identity(meant, found.record) | _as_values(found))
    else:
        _say_who(meant, found.record)
        _show(found)


def _identity(meant: Meant, record: Record) -> dict[str, object]:
    return {
        "record": meant.record_id,
        "absorbed": meant.absorbed,
        "title": record.title,
        "pmid": record.pmid,
        "doi": record.doi,
        "pmcid": record.pmcid,
    }


def _as_values(found: Life) -> dict[str, object]:
    return {
        "url": found.record.url,
        "first_seen": found.first_seen,
        "changed_at": found.changed_at,
        "read_at": found.read_at,
        "sightings": found.sightings,
        "joins": found.joins,
        "decisions": found.decisions,
        "rulings": found.rulings,
        "matches": found.matches,
        "relations": [
            {"id": one.id, "record_id": one.record_id, "other_id": one.other_id}
            | {name: getattr(one.relation, name) for name in one.relation.__slots__}
            for one in found.relations
        ],
        "notices": [{"id": one.id, "notice": one.notice} for one in found.notices],
        "caused": [{"id": one.id, "notice": one.notice} for one in found.caused],
        "told": found.told,
        "parts": found.parts,
        "told_notices": found.told_notices,
    }


def _say_who(meant: Meant, record: Record) -> None:
    for number in meant.absorbed:
        output.line(f"record {number} went into record {meant.record_id}")
    names = (("PMID", record.pmid), ("DOI", record.doi), ("PMCID", record.pmcid))
    output.line(f"record {meant.record_id}: {record.title}")
    output.line(", ".join(f"{name} {value}" for name, value in names if value) or "no identifier")


def _show(found: Life) -> None:
    read = f"; PubMed gave it whole {_time(found.read_at)}" if found.read_at else ""
    output.line(f"first seen {_time(found.first_seen)}, changed {_time(found.changed_at)}{read}")
    _table(
        "Sightings",
        ("seen (UTC)", "source", "task", "key", "rule", "citation"),
        [(*one[:4], one.rule or "new", one.citation) for one in found.sightings],
    )
    _table(
        "Joined and parted",
        ("at (UTC)", "what", "rule"),
        [(one.at, _joined(one.kind, one.record_id, one.other_id), one.rule) for one in found.joins],
    )
    _show_pairs("Decisions", found.decisions)
    _show_rulings(found.rulings)
    _table(
        "Saved queries",
        ("query", "answer", "kind", "source", "matched (UTC)"),
        found.matches,
    )
    _table(
        "Relations",
        ("record", "is", "other", "who says so"),
        [_related(one) for one in found.relations],
    )
    _table("What happened to it", ("notice", "what", "by", "date"), _notices(found.notices))
    _table(
        "What it made happen",
        ("notice", "what", "to record"),
        [(one.id, one.notice.kind, one.notice.record_id) for one in found.caused],
    )
    _table(
        "Told of it",
        ("subscription", "channel", "digest", "at (UTC)", "as", "confirmed in"),
        found.told,
    )
    _table("Shown in", ("part", "subscription", "state", "sent (UTC)"), found.parts)
    _table(
        "Told what happened",
        ("notice", "subscription", "part", "at (UTC)"),
        [(one[0], one[1], one.part or "with the study", one[3]) for one in found.told_notices],
    )


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table with its title; nothing where there are no rows."""
    if rows:
        output.table(columns, rows, title=title)


def _joined(kind: str, record: int, other: int) -> str:
    if kind == "join":
        return f"record {other} went into record {record}"
    return f"record {other} came out of record {record}"


def _related(one: Related) -> tuple[object, ...]:
    relation = one.relation
    named = f"PMID {relation.pmid}" if relation.pmid else relation.doi or relation.citation
    other = f"record {one.other_id}" if one.other_id else "not stored"
    what = f"the other one is {relation.kind} it" if relation.inverse else relation.kind
    return one.record_id, what, f"{other} {named}".strip(), relation.basis


def _notices(found: Sequence[Noted]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for one in found:
        notice = one.notice
        by = f"PMID {notice.pmid}" if notice.pmid else notice.doi or notice.citation
        other = f"record {notice.other_id} " if notice.other_id else ""
        rows.append((one.id, notice.kind, (other + by).strip(), notice.published))
    return rows


def _show_pairs(title: str, pairs: Sequence[Pair]) -> None:
    _table(
        title,
        ("citation", "other", "of record", "verdict", "rule", "fields", "strength", "its title"),
        [
            (
                pair.citation,
                pair.other,
                pair.record_id,
                pair.verdict,
                pair.rule,
                ", ".join(pair.fields),
                pair.strength,
                pair.title,
            )
            for pair in pairs
        ],
    )


def _show_rulings(found: Sequence[life.Ruled]) -> None:
    _table("Rulings", ("at (UTC)", "citation", "other", "verdict", "reason"), found)


@app.command()
def explain(id_: Id, database: options.Database = "", json: options.Json = False) -> None:
    """Say why the citations of a record are one, and what comes near to it and is not.

    Each decision names its rule, the fields that decided and its strength; candidates that are
    different are compared once more.  Changes nothing.
    """
    engine = options.existing(options.settings(database))
    with reading(engine) as db:
        meant = by_hand.find(db, id_)
        number = meant.record_id
        shown = citations.bodies(db, citations.of_records(db, [number]).get(number, ()))
        decided = life.decisions(db, number)
        ruled = life.rulings(db, number)
        different = life.near_misses(db, number)
        record = life.of(db, number).record
    engine.dispose()
    within = [pair for pair in decided if pair.record_id == number]
    near = [pair for pair in decided if pair.record_id != number] + different
    if json:
        output.as_json(
            _identity(meant, record)
            | {
                "citations": [{"citation": one, "title": r.title} for one, r in shown.items()],
                "decisions": within,
                "rulings": ruled,
                "near_misses": near,
            }
        )
        return
    _say_who(meant, record)
    rows = [(one, said.title, said.pmid or said.doi or said.url) for one, said in shown.items()]
    _table("Citations", ("citation", "title", "identifier"), rows)
    _show_pairs("Why they are one record", within)
    _show_rulings(ruled)
    _show_pairs("What comes near", near)


@app.command()
def split(
    id_: Id,
    chosen: Annotated[
        list[int] | None,
        typer.Option(
            "--citation",
            metavar="N",
            help="A citation to be taken out, by its number in `explain`; may be repeated.",
            show_default="the one that came last",
        ),
    ] = None,
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Take citations out of a record: they become a record of their own, and stay one.

    Writes to the database and sends nothing: who was told of the record counts as told of both.
    """
    engine, moment = _writable(database), options.clock(now)
    with writing(engine, saves_records=True) as db:
        meant = by_hand.find(db, id_)
        settled = by_hand.split(db, meant.record_id, chosen or [], moment)
        _relate(db, settled, moment)
    engine.dispose()
    _say_result(settled, json=json)


@app.command()
def merge(
    one: Annotated[str, typer.Argument(metavar="A", help="A record, as in `show`.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    database: options.Database = "",
    now: options.Now = "",
    json: options.Json = False,
) -> None:
    """Make one record of two, and let it stay one; the lower number is kept.

    Writes to the database and sends nothing: who was told of either counts as told of it.
    """
    engine, moment = _writable(database), options.clock(now)
    with writing(engine, saves_records=True) as db:
        first, second = by_hand.find(db, one), by_hand.find(db, other)
        settled = by_hand.merge(db, first.record_id, second.record_id, moment)
        _relate(db, settled, moment)
    engine.dispose()
    _say_result(settled, json=json)


def _writable(database: str) -> Engine:
    engine = options.existing(options.settings(database))
    prepare(engine)
    return engine


def _relate(db: Connection, settled: Settled, now: datetime) -> None:
    """What the records say of others, and of one another, has changed with them."""
    decided = {number: life.decisions(db, number) for number in settled.records}
    for number, record in settled.records.items():
        related = {
            pair.record_id
            for pair in decided[number]
            if pair.verdict == "related" and pair.record_id != number
        }
        kept = Kept(
            key="",
            record_id=number,
            record=record,
            rule="hand",
            new=False,
            first_sighting=False,
            related=tuple(sorted(related)),
        )
        relate(db, [kept], "pubmed" if is_whole(record) else "feed", now)


def _say_result(settled: Settled, *, json: bool) -> None:
    by_record: dict[int, list[int]] = {}
    for citation, number in sorted(settled.record_of.items()):
        by_record.setdefault(number, []).append(citation)
    if json:
        output.as_json({"records": _listed(by_record, settled.records), "joined": settled.joined})
        return
    for gone, into in settled.joined.items():
        output.line(f"record {gone} went into record {into}")
    for number, record in sorted(settled.records.items()):
        numbers = ", ".join(map(str, by_record.get(number, ())))
        output.line(f"record {number} (citations {numbers}): {record.title}")


def _listed(
    by_record: Mapping[int, Sequence[int]], records: Mapping[int, Record]
) -> list[dict[str, object]]:
    return [
        {"record": number, "citations": by_record.get(number, ()), "title": record.title}
        for number, record in sorted(records.items())
    ]
