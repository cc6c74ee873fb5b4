"""What a file of saved queries may say: the rules, and at the same time the JSON Schema."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from bot import identifiers

ALL = "all"  # instead of groups: every journal

NAME = re.compile(r"[a-z0-9-]+")
_TARGET = re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+\.[^\s@<>,;:.]+|[CG][A-Z0-9]{8,}|#[a-z0-9._-]+")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.\S+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{3}")
_ISSN = re.compile(r"\d{4}-\d{3}[\dX]")


def _text(value: str) -> str:
    """One line without needless spaces: titles go into subjects, where a line end is an attack."""
    line = " ".join(value.split())
    if not line:
        raise ValueError("must not be empty")
    return line


def _known_pmid(value: str) -> str:
    if not identifiers.pmid(value):
        raise ValueError(f"{value!r} is not a PMID; a PMID is up to nine digits, e.g. 30917760")
    return identifiers.pmid(value)


def _known_doi(value: str) -> str:
    if not (_DOI.fullmatch(value.strip()) and identifiers.doi(value)):
        raise ValueError(f"{value!r} is not a DOI; a DOI looks like 10.1080/02791072.2019.1587556")
    return identifiers.doi(value)


def _target(value: str) -> str:
    if not _TARGET.fullmatch(value):
        raise ValueError(
            f"{value!r} is neither an email address nor a Slack channel (C0123456789 or #name)"
        )
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError(f"{value!r} is not a language; use MARC's three letters, e.g. eng")
    return value


def _slug(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError(f"{value!r} may hold only a-z, 0-9 and hyphens")
    return value


def _issn(value: str) -> str:
    if not _ISSN.fullmatch(value):
        raise ValueError(f"{value!r} is not an ISSN; an ISSN looks like 2168-622X")
    digits = value.replace("-", "")
    total = sum(int(digit) * (8 - at) for at, digit in enumerate(digits[:7]))  # ISO 3297
    right = "0123456789X"[-total % 11]
    if digits[7] != right:
        raise ValueError(f"{value!r} is mistyped: by its first seven digits it ends in {right}")
    return value


def _feed(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.username
    except ValueError:
        good = False
    if not good or not re.fullmatch(r"[!-~]+", value):
        raise ValueError(f"{value!r} is not the http(s) address of a feed")
    return value


def _each_once(values: list[str]) -> list[str]:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value!r} stands here twice")
    return values


Text = Annotated[str, AfterValidator(_text)]
Texts = Annotated[list[Text], AfterValidator(_each_once)]
Pmid = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
    AfterValidator(_known_pmid),
    WithJsonSchema({"type": ["integer", "string"], "pattern": "^[0-9]{1,9}$"}),
]
Language = Annotated[str, AfterValidator(_language)]
Issn = Annotated[str, AfterValidator(_issn)]
Group = Annotated[str, AfterValidator(_slug)]
Groups = Annotated[
    list[Group],
    AfterValidator(_each_once),
    BeforeValidator(lambda value: [value] if value == ALL else value),
    WithJsonSchema(
        {"anyOf": [{"const": ALL}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class OwnerEntry(_Entry):
    """Who is told when the query breaks."""

    name: Text = Field(description="A person or a team", examples=["Dana Reyes, library"])
    target: Annotated[str, AfterValidator(_target)] = Field(
        description="An email address, or a Slack channel as its id or #name",
        examples=["librarian@example.org", "C0123456789", "#evidence"],
    )


class StudyEntry(_Entry):
    """A study that the search must find; give its PMID, its DOI, or both."""

    citation: Text = Field(
        description="Short, for people: first author, year, subject",
        examples=["Dore 2019, ketamine-assisted psychotherapy in three practices"],
    )
    pmid: Pmid = Field(default="", description="PubMed's number", examples=[30917760])
    doi: Annotated[str, AfterValidator(_known_doi)] = Field(
        default="", description="With or without resolver", examples=["10.1159/000517074"]
    )

    @model_validator(mode="after")
    def _identified(self) -> StudyEntry:
        if not self.pmid and not self.doi:
            raise ValueError("needs a pmid or a doi")
        return self


class QueryFile(_Entry):
    """One saved query.  The name of the file, without `.yaml`, is the name of the query."""

    model_config = ConfigDict(strict=True, extra="forbid", title="litbot saved query")

    title: Text = Field(
        description="The heading in digests", examples=["Ketamine with psychotherapy"]
    )
    question: Text = Field(
        description="What the readers want to know, in one sentence",
        examples=["Does psychotherapy add to what ketamine does for depression?"],
    )
    owner: OwnerEntry = Field(description="Who is told when the query breaks")
    pubmed: str = Field(
        description="The search strategy in PubMed's own language, kept byte for byte",
        examples=[
            "(ketamin*[tiab] OR Ketamine[mh]) AND (psychotherap*[tiab] OR Psychotherapy[mh])"
        ],
    )
    journals: Groups = Field(
        default=[],
        description="Groups of journals.yaml whose feeds are read for this query, or all",
        examples=[["psychedelics", "psychiatry"], "all"],
    )
    known_studies: list[StudyEntry] = Field(
        default=[], description="Studies that the search must find"
    )
    why: Texts = Field(
        default=[],
        description="One line for each decision in the strategy",
        examples=[["No date limit: litbot asks for new records itself."]],
    )
    languages: Annotated[list[Language], AfterValidator(_each_once)] = Field(
        default=[],
        description="Leave out indexed records that are in other languages only; MARC codes",
        examples=[["eng", "ger"]],
    )
    publication_types: Texts = Field(
        default=[],
        description="Leave out indexed records that have none of these publication types",
        examples=[["Randomized Controlled Trial", "Systematic Review"]],
    )


class JournalEntry(_Entry):
    """One feed of one journal."""

    title: Text
    issns: Annotated[list[Issn], AfterValidator(_each_once)] = []
    feed: Annotated[str, AfterValidator(_feed)] = ""
    groups: Annotated[list[Group], Field(min_length=1), AfterValidator(_each_once)]
    confirmed: bool = False


def schema() -> dict[str, Any]:
    """The JSON Schema of a query file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **QueryFile.model_json_schema(),
    }


_INNER: dict[str, type[BaseModel]] = {"owner": OwnerEntry, "known_studies": StudyEntry}


def explain(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong with a value, in words for the person who wrote it."""
    first, *deeper = detail["loc"] or ("",)
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    inner = _INNER.get(str(first), model)
    keys = (inner if deeper else model).model_fields
    match detail["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(key, keys, 1)
            hint = f"did you mean {near[0]}" if near else f"there are: {', '.join(keys)}"
            return f"unknown key; {hint}"
        case "missing":
            description = keys[key].description
            return f"is missing ({description})" if description else "is missing"
        case "string_type" | "list_type" | "model_type" | "bool_type" as wanted:
            if detail["input"] is None:
                return "has no value"
            return {
                "string_type": f'must be text; write "{detail["input"]}" in quotes',
                "list_type": "must be a list: one line with a hyphen for each",
                "model_type": f"must hold the keys {', '.join(inner.model_fields)}",
                "bool_type": "must be true or false",
            }[wanted]
        case "too_short":
            return "must name at least one"
        case _:
            return detail["msg"].removeprefix("Value error, ")
