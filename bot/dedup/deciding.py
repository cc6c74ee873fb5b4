"""Are two citations the same work, related ones, or neither?  With the rule that says so.

Missing is not differing.  An identifier confirms; it decides only where the titles do not speak
against it, for one DOI stands for a whole supplement, and is copied to the wrong record.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from bot import preprints
from bot.dedup import siblings, versions
from bot.dedup.citing import Citation
from bot.dedup.comparing import Comparison, compare, counts_articles
from bot.dedup.wording import is_foreign, lacks_words, weight
from bot.titles import content, overlap


class Decision(NamedTuple):
    """What two citations are to each other."""

    verdict: Literal["same", "related", "different"]
    rule: str
    fields: tuple[str, ...]  #: Those that decided.
    strength: int  #: The strongest joins first; 0 where nothing joins.
    veto: bool  #: Never one record, whatever else speaks for it.


WHOLLY = 0.95  # of the words of two abstracts: letter for letter, or nearly
ONE_TEXT = 0.9  # of the words of two abstracts: the same, but for a slip
ALIKE = 0.75  # of the words of two abstracts: one text, with a line more or less
ANOTHER = 0.6  # less, on other pages: another text
UNLIKE = 0.4  # less: another text
RENAMED = 0.5  # of the words of two titles or abstracts: an article and its preprint may be
PREPRINT_YEARS = 3  # from a preprint to its article

#: What counts as one when the signs of two titles are compared.
_CLASSES: Final = {"retracted": "", "withdrawn": "", "correction": "erratum"}


def decide(one: Citation, other: Citation) -> Decision:
    """Compare two citations; their order does not matter."""
    heavy = weight(one.title)
    if one == other and heavy != "generic":
        return _same("identical", ("title",), 100)
    seen = compare(one, other)
    decision = _decided(one, other, seen)
    if decision.verdict == "different" and siblings.are_editions(one, other, seen, decision.veto):
        return _related(
            "edition", "title", "authors" if siblings.share_names(one, other) else "journal"
        )
    return decision


def _decided(one: Citation, other: Citation, seen: Comparison) -> Decision:
    """All but editions, which are asked about last: only what is different can be one."""
    ours, theirs = (_CLASSES.get(each.kind, each.kind) for each in (one, other))
    if ours != theirs:
        return _notice(one, other, seen)
    if seen.pmid is True:
        return _one_pmid(seen)
    if _are_of_two_genres(one, other, seen):
        return _notice(one, other, seen)
    if barrier := _barrier(one, other, seen):
        return barrier
    if seen.pmid is False:
        return _two_identifiers(one, seen, "two pmids")
    if seen.doi is True:
        return _one_doi(one, other, seen)
    if seen.doi is False and not seen.doi_near:
        return _two_identifiers(one, seen, "two dois")
    if one.pmcid and one.pmcid == other.pmcid and _titles_agree(seen):
        return _same("pmcid and title", ("pmcid", "title"), _score(seen))
    return _by_title(one, other, seen)


def _same(rule: str, fields: tuple[str, ...], strength: int) -> Decision:
    return Decision("same", rule, fields, strength, False)


def _related(rule: str, *fields: str) -> Decision:
    return Decision("related", rule, fields, 0, True)


def _different(rule: str, *fields: str, veto: bool = True) -> Decision:
    return Decision("different", rule, fields, 0, veto)


def _score(seen: Comparison) -> int:
    """How much speaks for one work: each field that agrees, and more against it that differs."""
    place = (seen.journal, seen.volume, seen.issue, seen.pages, seen.authors, seen.first_author)
    agreeing = sum(one is True for one in place) + (seen.years == 0) + 2 * (seen.title == "equal")
    differing = sum(one is False for one in place) + (seen.doi is False) + _is_unlike(seen)
    agreeing += 4 * (seen.doi is True) + 4 * (seen.pmid is True) + 3 * _is_alike(seen)
    return max(1, 50 + agreeing - 4 * differing)


def _is_alike(seen: Comparison) -> bool:
    return seen.abstract is not None and seen.abstract >= ALIKE


def _is_one_text(seen: Comparison) -> bool:
    return seen.abstract is not None and seen.abstract >= ONE_TEXT


def _is_wholly(seen: Comparison) -> bool:
    return seen.abstract is not None and seen.abstract >= WHOLLY


def _is_unlike(seen: Comparison) -> bool:
    return seen.abstract is not None and seen.abstract < UNLIKE


def _titles_agree(seen: Comparison) -> bool:
    return seen.title in ("equal", "near", "slip", "part")


def _in_one_place(seen: Comparison) -> bool:
    """They begin on one page of what may be one volume of one journal."""
    return seen.pages is True and seen.volume is not False and seen.journal is not False


def _are_of_two_genres(one: Citation, other: Citation, seen: Comparison) -> bool:
    """Do both say by their types what they are, and is it not the same?

    Sources do not agree on what is a protocol; one DOI says more.
    """
    genres = {one.genre, other.genre}
    if "" in genres or len(genres) == 1 or (one.kind and one.kind == other.kind):
        return False
    return "protocol" not in genres or seen.doi is not True


def _notice(one: Citation, other: Citation, seen: Comparison) -> Decision:
    """One is about the other, or about what the other is about too."""
    kinds = {each.kind or each.genre for each in (one, other)} - {"", "study"}
    rule = " and ".join(sorted(kinds))
    light = weight(min(one.title, other.title, key=len)) == "generic"
    if _titles_agree(seen) and not light:
        return _related(rule, "title")
    if seen.title == "like" and not light and one.numbers == other.numbers:
        return _related(rule, "title")
    if seen.doi is True or seen.pmid is True:
        return _related(rule, "doi" if seen.doi else "pmid")
    return _different("kind", "title")


def _one_pmid(seen: Comparison) -> Decision:
    if _titles_agree(seen) or seen.title in ("like", ""):
        return _same("pmid", ("pmid", "title"), _score(seen))
    if seen.authors or seen.doi or _in_one_place(seen):  # a translated title
        return _same("pmid", ("pmid", "authors"), _score(seen))
    return _different("pmid of another", "title", "authors")


def _barrier(one: Citation, other: Citation, seen: Comparison) -> Decision | None:
    """Parts, editions, versions, preprints: related, whatever else agrees."""
    if seen.title in ("near", "slip", "part", "like") and siblings.letters_agree(one, other):
        if one.part and other.part and one.part != other.part:
            return _related("part", "title")
        if one.editions != other.editions:
            if one.editions and other.editions:
                return _related("edition", "title")
        elif one.numbers != other.numbers and len(one.numbers) == len(other.numbers):
            return _related("numbers", "title")
    if one.part and other.part and one.part != other.part and seen.pmid is not True:
        if seen.title in ("near", "slip", "part", "like") or seen.doi is True:
            return _related("part", "title")
        return _different("part", "title")
    return _version(one, other, seen)


def _version(one: Citation, other: Citation, seen: Comparison) -> Decision | None:
    if one.preprint != other.preprint:
        return _preprint(one, other, seen)
    if one.preprint and seen.doi is False:
        if preprints.unversioned(one.doi) == preprints.unversioned(other.doi):
            return _same("version", ("doi",), _score(seen))
        return None
    ours, theirs = versions.review(one.doi), versions.review(other.doi)
    if ours and theirs and ours[0] == theirs[0] and ours != theirs:
        return _related("version", "doi")
    reviewed = one.review and one.review == other.review and seen.doi is not True
    if reviewed and (seen.years or (seen.years is None and seen.issue is False)):
        return _related("version", "pages", "published")
    if seen.doi is False and versions.article(one.doi) == versions.article(other.doi):
        return _same("version", ("doi",), _score(seen))
    return None


def _preprint(one: Citation, other: Citation, seen: Comparison) -> Decision | None:
    """A preprint and what may be its article."""
    near_in_time = seen.years is None or seen.years <= PREPRINT_YEARS
    if not near_in_time or seen.authors is False or seen.doi is True:
        return None
    if _titles_agree(seen) and seen.first_author is not False:
        return _related("preprint", "title", "authors")
    if not seen.first_author:
        return None
    if set(one.registrations) & set(other.registrations):
        return _related("preprint", "registrations", "authors")
    if seen.abstract is not None and seen.abstract >= RENAMED:
        return _related("preprint", "abstract", "authors")
    alike = seen.title == "like" or overlap(content(one.title), content(other.title)) >= RENAMED
    if alike and not _is_unlike(seen):
        return _related("preprint", "title", "authors")
    return None


def _one_doi(one: Citation, other: Citation, seen: Comparison) -> Decision:
    elsewhere = seen.journal is False and (
        seen.pages is False or seen.volume is False or (seen.years or 0) > 1
    )
    if elsewhere:  # the DOI of an article, copied to its abstract at a meeting
        return _rest(one, seen)
    if seen.pages is False and seen.abstract is not None and seen.abstract < ANOTHER:
        return _rest(one, seen)  # two abstracts of one group in one supplement
    if _titles_agree(seen):
        if seen.authors is False and not (_in_one_place(seen) or _is_alike(seen)):
            return _different("doi of another", "authors", veto=False)
        if weight(one.title) == "generic" and seen.pages is False:
            return _different("doi of a whole issue", "pages")
        if seen.title in ("slip", "part") and seen.pages is False and not _is_wholly(seen):
            return _different("doi of a whole issue", "pages", "title", veto=False)
        return _same("doi and title", ("doi", "title"), _score(seen))
    if not one.title or not other.title:
        if seen.authors is not False and seen.pages is not False:
            return _same("doi and place", ("doi",), _score(seen))
        return _different("doi of another", "authors")
    if seen.authors is False or seen.first_author is False or seen.pages is False:
        return _different("doi of a whole issue", "title")
    reworded = seen.title == "like" and seen.pages and one.numbers == other.numbers
    if _is_wholly(seen) or (reworded and seen.authors and _conflicts(seen) == 0):
        return _same("doi and place", ("doi", "authors", "pages"), _score(seen))
    translated = seen.title == "other" and is_foreign(one.title) != is_foreign(other.title)
    if translated and seen.authors and (seen.pages or seen.abstract is None):
        return _same("doi and place", ("doi", "authors", "pages"), _score(seen))
    return _different("doi of a whole issue", "title")


def _two_identifiers(one: Citation, seen: Comparison, rule: str) -> Decision:
    """Two numbers for one work: everything else agrees."""
    agreeing = seen.title == "equal" and seen.authors and seen.first_author and seen.journal
    agreeing = agreeing and weight(one.title) == "long"  # replies are printed on one page
    if agreeing and not seen.years and seen.pages is not False and not _is_unlike(seen):
        place = seen.volume is True and seen.pages is True
        text = _is_one_text(seen) and seen.pages is True
        whole = place if rule == "two pmids" else place or text
        if whole and (rule == "two dois" or seen.doi is not False):
            return _same(rule, ("title", "authors", "journal", "pages"), _score(seen))
    return _rest(one, seen)


def _by_title(one: Citation, other: Citation, seen: Comparison) -> Decision:
    """No identifier decides."""
    if not seen.title:
        return _different("no title", "title", veto=False)
    heavy = weight(one.title if len(one.title) < len(other.title) else other.title)
    if heavy != "long":
        return _short_title(one, seen, heavy)
    if seen.authors is False and not (_in_one_place(seen) and seen.journal):
        return _different("authors", "authors", veto=seen.title != "equal")
    if seen.title == "equal":
        return _equal_titles(one, other, seen)
    if _titles_agree(seen):
        return _near_titles(one, other, seen)
    return _other_titles(one, other, seen)


def _short_title(one: Citation, seen: Comparison, heavy: str) -> Decision:
    """`Editorial` is one with its twin only in one place; a short title needs some help."""
    apart = seen.pages is False or seen.volume is False or seen.authors is False
    apart = apart or (heavy == "generic" and seen.doi is False)
    if (
        seen.title not in ("equal", "near", "slip")
        or apart
        or seen.journal is False
        or seen.issue is False
    ):
        return _different("short title", "title", veto=seen.title == "other" or apart)
    close = seen.years is None or seen.years <= 1
    if seen.pages and (seen.volume or seen.years == 0) and (seen.journal or seen.authors):
        return _same("title and place", ("title", "pages"), _score(seen))
    if _is_alike(seen) and close and (seen.authors or seen.journal):
        return _same("title and abstract", ("title", "abstract"), _score(seen))
    known = seen.journal and (seen.volume or (seen.authors and len(one.title.split()) > 1))
    if heavy == "short" and known and close and not _is_unlike(seen):
        return _same("title and journal", ("title", "journal"), _score(seen))
    return _different("short title", "title", veto=False)


def _equal_titles(one: Citation, other: Citation, seen: Comparison) -> Decision:
    years = seen.years or 0
    if seen.journal is False:
        return _two_journals(one, seen)
    if seen.pages:
        if seen.volume is False and (seen.journal is None or years or _is_unlike(seen)):
            return _rest(one, seen)  # what comes every year may come on the same page
        if years <= 2 or (seen.volume and seen.journal):
            return _same("title and place", ("title", "pages", "journal"), _score(seen))
        return _rest(one, seen)
    if seen.pages is False:
        numbered = seen.volume is not False and seen.journal and years <= 1
        counted = not _is_unlike(seen) and counts_articles(one, other)
        if numbered and (_is_alike(seen) or counted):
            return _same("title and abstract", ("title", "journal", "abstract"), _score(seen))
        return _rest(one, seen)
    if seen.volume is False:
        if _is_alike(seen) and seen.journal and years <= 1:
            return _same("title and abstract", ("title", "journal", "abstract"), _score(seen))
        return _rest(one, seen)
    return _nothing_apart(one, seen)


def _nothing_apart(one: Citation, seen: Comparison) -> Decision:
    """Equal titles, and neither journal nor volume nor page differ; some are missing."""
    years = seen.years or 0
    if _is_alike(seen) and years <= (3 if seen.journal else 2):
        return _same("title and abstract", ("title", "abstract"), _score(seen))
    if years > 1 or (_is_unlike(seen) and not (seen.journal and seen.volume)):
        return _rest(one, seen)
    if seen.issue is False and not _is_alike(seen) and seen.pages is None:
        return _rest(one, seen)
    if years and not seen.volume and seen.abstract is None and not seen.all_authors:
        return _rest(one, seen)  # the same group, at the next meeting
    if seen.journal:
        return _same("title and journal", ("title", "journal"), _score(seen))
    if seen.authors:
        return _same("title and authors", ("title", "authors"), _score(seen))
    return _same("title alone", ("title",), _score(seen))


def _two_journals(one: Citation, seen: Comparison) -> Decision:
    """One title under two names of a journal, or in two journals."""
    place = seen.pages is True and seen.volume is True and (seen.years or 0) <= 1
    if place and seen.authors is not False and not _is_unlike(seen):
        return _same("title and place", ("title", "volume", "pages"), _score(seen))
    if seen.pages is None and seen.volume and seen.issue and seen.years == 0 and _is_alike(seen):
        return _same("title and abstract", ("title", "volume", "issue", "abstract"), _score(seen))
    return _rest(one, seen)


def _near_titles(one: Citation, other: Citation, seen: Comparison) -> Decision:
    """A slip, or a subtitle lost: something else must speak for it."""
    close = seen.years is None or seen.years <= 1
    if seen.journal is False or not close or _is_unlike(seen):
        return _rest(one, seen)
    if _in_one_place(seen) and (seen.authors or seen.volume):
        return _same("title and place", ("title", "pages", "journal"), _score(seen))
    if seen.volume is False or seen.pages is False:
        return _rest(one, seen)
    text = _is_one_text(seen) if seen.title == "slip" else _is_alike(seen)
    if text and (seen.authors or seen.journal):
        return _same("title and abstract", ("title", "abstract"), _score(seen))
    if seen.title == "near" and seen.authors and seen.first_author and seen.journal:
        return _same("title and journal", ("title", "journal", "authors"), _score(seen))
    if seen.title == "slip":
        return _rest(one, seen)
    whole = seen.authors and seen.first_author and seen.journal and seen.volume
    if whole and seen.issue is not False and one.numbers == other.numbers:
        return _same("title and journal", ("title", "journal", "authors"), _score(seen))
    return _rest(one, seen)


def _other_titles(one: Citation, other: Citation, seen: Comparison) -> Decision:
    """Translated, or written anew: only one place and one text make them one."""
    place = _in_one_place(seen) and seen.volume and seen.journal and (seen.years or 0) <= 1
    if place and seen.authors and seen.first_author:
        if _is_one_text(seen):
            return _same("place and abstract", ("pages", "journal", "abstract"), _score(seen))
        foreign = is_foreign(one.title) != is_foreign(other.title)
        if seen.title == "other" and foreign and not _is_unlike(seen):
            return _same("place and abstract", ("pages", "journal", "authors"), _score(seen))
        if seen.title == "like" and lacks_words(one.title, other.title) and not _is_unlike(seen):
            return _same("title and place", ("title", "pages", "journal"), _score(seen))
    named = seen.title == "like" and one.numbers == other.numbers and seen.first_author
    if named and _is_wholly(seen) and seen.journal and seen.volume and not _conflicts(seen):
        return _same("place and abstract", ("journal", "volume", "abstract"), _score(seen))
    return _rest(one, seen)


def _rest(one: Citation, seen: Comparison) -> Decision:
    """Not the same; are they related, and may something else still bring them together?"""
    if seen.title in ("like", "other"):
        return _different("title", "title", veto=seen.doi is False or _conflicts(seen) > 0)
    apart = _conflicts(seen) > 1 or seen.doi is False or seen.pmid is False
    heavy = seen.title in ("equal", "near") and weight(one.title) == "long"
    if apart and heavy and seen.authors and (seen.first_author or seen.title == "equal"):
        return _related("companion", "title", "authors")
    return _different("place", "journal", "volume", "pages", veto=apart)


def _conflicts(seen: Comparison) -> int:
    """How many fields say that they are not in one place, or not one text."""
    elsewhere = sum(one is False for one in (seen.journal, seen.volume, seen.pages))
    another = seen.abstract is not None and seen.abstract < ANOTHER
    return elsewhere + another + (seen.years is not None and seen.years > 1)
