"""PubMed through the E-utilities: what a saved query finds, and the records behind it.

Polls ask for what was created lately, by [crdt]: an entry date is set back to the publication date
for what is added late, so [edat] would miss it.  Sweeps look again at a long window, by ids only:
MeSH arrives weeks after the record, abstracts too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from bot import identifiers
from bot.config import Settings
from bot.errors import SourceError
from bot.http import Http
from bot.model import KnownStudy, SavedQuery
from bot.ports import Batch, Found, Known, Task
from bot.sources.pubmed import fetching, flagging, listing
from bot.sources.pubmed.flagging import MOST_PMIDS, Flagged
from bot.sources.pubmed.service import NAME, Service

__all__ = ["MOST_PMIDS", "Flagged", "PubMed", "build"]

OVERLAP = timedelta(days=7)  # a search on [crdt] has no hour, and PubMed fills in days later
CREATED_WINDOW = timedelta(days=549)  # 18 months, for what is indexed or set back late
REVISED_WINDOW = timedelta(days=60)  # by [lr] and [mhda], whatever the age of the record
HELD_WINDOW = timedelta(days=90)
DOIS_A_SEARCH = 50
PMIDS_A_SEARCH = 300


def build(settings: Settings, http: Http) -> PubMed:
    """PubMed as these settings reach it."""
    return PubMed(Service(settings, http), news=timedelta(days=settings.news_days))


class PubMed:
    """A source of records, and answers about them."""

    name = NAME

    def __init__(self, service: Service, *, news: timedelta) -> None:
        """At a first poll, records created within `news` are news."""
        self._service = service
        self._news = news

    def fetch(self, task: Task, known: Known, now: datetime) -> Batch:
        """Search, and fetch what is not known; a baseline fetches nothing.

        Ids owed since earlier polls are asked for too; where the search does not list them they
        are added to `listed` and `reported`, so that the sum adds up.
        """
        if not isinstance(task.subject, SavedQuery):
            raise SourceError(
                NAME, task.name, "a journal is not searched here but read by its feed"
            )
        today = listing.today(now)
        if task.kind == "poll":
            first = _first_day(task, today - self._news)
            found = listing.since(
                self._service, task.name, task.subject.pubmed, "crdt", first, today
            )
            cursor: Mapping[str, str] = {"since": (today - timedelta(days=1)).isoformat()}
        else:
            found = self._window(task, task.subject.pubmed, today)
            cursor = dict(task.cursor)
        if task.kind == "baseline":
            return _batch(found, found.ids, fetching.Fetched(), cursor)
        listed = tuple(dict.fromkeys((*found.ids, *task.owed)))
        held = known(listed) if listed else frozenset()
        wanted = [one for one in listed if one not in held]
        fetched = fetching.fetch(self._service, task.name, wanted, owed=task.owed)
        return _batch(found, listed, fetched, cursor)

    def _window(self, task: Task, strategy: str, today: date) -> listing.Listing:
        """What the strategy finds in the long window, by creation, by revision and by MeSH."""
        parts = [
            listing.since(self._service, task.name, strategy, tag, today - window, today)
            for tag, window in (
                ("crdt", CREATED_WINDOW),
                ("lr", REVISED_WINDOW),
                ("mhda", REVISED_WINDOW),
            )
        ]
        return listing.Listing(
            ids=tuple(dict.fromkeys(one for part in parts for one in part.ids)),
            warnings=tuple(dict.fromkeys(one for part in parts for one in part.warnings)),
            translation=parts[0].translation,
        )

    def records(self, pmids: Sequence[str], *, owed: Sequence[str] = ()) -> Batch:
        """Fetch these records, known or not; those `owed` may stay away without a sign of trouble.

        Under a PMID that PubMed forwards the record of the other PMID comes.
        """
        listed = tuple(dict.fromkeys(filter(None, map(identifiers.pmid, pmids))))
        fetched = fetching.fetch(self._service, "records", listed, owed=owed)
        return _batch(listing.Listing(ids=listed, warnings=(), translation=""), listed, fetched, {})

    def flagged(self, pmids: Sequence[str]) -> Flagged:
        """Which of these, at most `MOST_PMIDS`, PubMed says that something happened to."""
        return flagging.flagged(self._service, "flags", pmids)

    def by_doi(self, dois: Sequence[str]) -> tuple[Found, ...]:
        """The records of those DOIs that PubMed holds, under their PMIDs."""
        wanted = list(dict.fromkeys(filter(None, map(identifiers.doi, dois))))
        carrying: dict[str, Found] = {}
        for start in range(0, len(wanted), DOIS_A_SEARCH):
            some = wanted[start : start + DOIS_A_SEARCH]
            term = " OR ".join(map(_by_doi, some))
            found = self._service.search("DOIs", term)
            # a DOI that PubMed does not know may be searched as words: only the records say
            fetched = self.records(found.ids[: 4 * len(some)])
            if fetched.incomplete and not fetched.owed:
                raise SourceError(NAME, "DOIs", fetched.incomplete)
            carrying |= {one.key: one for one in fetched.found if one.record.doi in some}
        return tuple(carrying.values())

    def among(self, strategy: str, pmids: Sequence[str]) -> frozenset[str]:
        """Which of these PMIDs the strategy finds."""
        wanted = list(dict.fromkeys(filter(None, map(identifiers.pmid, pmids))))
        found: set[str] = set()
        for start in range(0, len(wanted), PMIDS_A_SEARCH):
            some = " OR ".join(f"{one}[uid]" for one in wanted[start : start + PMIDS_A_SEARCH])
            found.update(self._service.search("known studies", f"({strategy}) AND ({some})").ids)
        return frozenset(found.intersection(wanted))

    def lost(
        self, task: str, strategy: str, studies: Sequence[KnownStudy]
    ) -> tuple[KnownStudy, ...]:
        """Which of these studies PubMed holds and the strategy does not find.

        One search; records are fetched only where it lists one that is known by its DOI alone.
        """
        names = [f"{study.pmid}[uid]" if study.pmid else _by_doi(study.doi) for study in studies]
        if not names:
            return ()
        listed = self._service.search(task, f"({' OR '.join(names)}) NOT ({strategy})").ids
        pmids = {study.pmid for study in studies if study.pmid}
        others = [one for one in listed if one not in pmids][: 4 * len(names)]
        fetched = self.records(others) if others else Batch()
        if len(fetched.found) < len(others):
            problem = "the records of known studies did not all come"
            raise SourceError(NAME, task, fetched.incomplete or problem)
        dois = {one.record.doi for one in fetched.found}
        return tuple(
            study
            for study in studies
            if (study.pmid in listed if study.pmid else study.doi in dois)
        )

    def holds(self, issns: Sequence[str], now: datetime) -> int:
        """How many records of this journal PubMed has created in the last 90 days."""
        if not issns:
            return 0
        journal = " OR ".join(f'"{one}"[ta]' for one in issns)
        first = listing.today(now) - HELD_WINDOW
        term = f"({journal}) AND {first:%Y/%m/%d}:{listing.OPEN:%Y/%m/%d}[crdt]"
        return self._service.search("journals", term, most=0).count

    def check(self) -> None:
        """Raise SourceError when the E-utilities do not answer."""
        self._service.search("check", "1[uid]", most=1)


def _by_doi(doi: str) -> str:
    return '"{}"[aid]'.format(doi.replace('"', " "))


def _first_day(task: Task, default: date) -> date:
    mark = task.cursor.get("since", "")
    if not mark:
        return default
    try:
        return date.fromisoformat(mark) - OVERLAP
    except ValueError as error:
        raise SourceError(
            NAME, task.name, f"the stored mark {mark!r} is no date; poll with --since DATE"
        ) from error


def _batch(
    found: listing.Listing,
    listed: tuple[str, ...],
    fetched: fetching.Fetched,
    cursor: Mapping[str, str],
) -> Batch:
    return Batch(
        found=tuple(Found(key=key, record=record) for key, record in fetched.found.items()),
        listed=listed,
        owed=tuple(fetched.absent),
        problems=tuple(fetched.problems.values()),
        reported=len(listed),
        cursor=cursor,
        incomplete=fetched.incomplete,
        warnings=found.warnings,
        translation=found.translation,
    )
