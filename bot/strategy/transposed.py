"""A batch of records turned on its side: one integer a word, one bit a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Found:
    """Where each term, by its number, is found in a batch; a term that is nowhere is left out."""

    yes: dict[int, int] = field(default_factory=dict)
    maybe: dict[int, int] = field(default_factory=dict)  #: Unknown though something is there.


def bits(places: Iterable[int], count: int) -> int:
    """These places, each below `count`, as one integer; a place may be named twice."""
    row = bytearray(count + 7 >> 3)
    for place in places:
        row[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(row, "little")


def numbers(row: int) -> Iterator[int]:
    """The places of the bits that are set, from the lowest on."""
    digits = f"{row:b}"[::-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)
