"""Many queries at once: percolate beside a substring matcher, SQLite FTS5 and one hyperscan pass.

Run it: `python tests/bench percolate`.  hyperscan is measured where it is installed.  All times are
CPU seconds of this process; turns go round the engines, and medians are shown.  FTS5 is given the
batch in memory, folded already.  The substring matcher takes too long for all records: it reads a
sample, and the time for all is reckoned from that.

hyperscan scans all titles and abstracts in one call, for every distinct term of words, and says of
each only whether it stands anywhere (single match).  It does so twice: in lower-cased text for the
words alone, and in folded text for whole words.  Neither answers a query, and the time of folding
is not in it.

What is compared: percolate answers yes, no or unknown, the others yes or no.  A pair is counted
as a difference where percolate says no and another engine yes, or percolate yes and the other no.
With `evaluate` all three answers must be the same on the sample.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.model import Record
    from bot.strategy import Node

HERE = Path(__file__).resolve().parent
TURNS = 3
SAMPLE = 20  # records that the substring matcher and `evaluate` read
SMALL = 20  # records of a small batch: what a feed has


def seconds(run: Callable[[], object]) -> float:
    gc.collect()
    began = time.process_time()
    run()
    return time.process_time() - began


def main() -> None:
    import percolate_input as given  # noqa: PLC0415 - beside this file
    import percolate_rivals as rivals  # noqa: PLC0415

    from bot.strategy import evaluate, parse  # noqa: PLC0415
    from bot.strategy.folded import Folded  # noqa: PLC0415
    from bot.strategy.percolate import Percolator  # noqa: PLC0415

    records, texts = given.records(), given.queries(given.records())
    trees = [parse(text) for text in texts]
    named = {str(place): tree for place, tree in enumerate(trees)}
    rows = [rivals.columns(record) for record in records]
    asked = [rivals.fts5_text(tree) for tree in trees]
    size = sum(len(row[0]) + len(row[1]) for row in rows) / 1e6
    began = time.process_time()
    percolator = Percolator(named)
    print(
        f"{len(trees)} queries x {len(records)} records, {size:.1f} MB of text; "
        f"made ready in {time.process_time() - began:.2f} s"
    )
    few = Percolator(dict(list(named.items())[:: len(named) // 10]))
    scans = _scans(records, rows, trees)
    times: dict[str, list[float]] = {}

    def turn(name: str, run: Callable[[], object]) -> None:
        times.setdefault(name, []).append(seconds(run))

    def sample() -> list[list[bool]]:
        alone = [rivals.substring(tree) for tree in trees]
        return [[one(row) for one in alone] for row in rows[:SAMPLE]]

    for _ in range(TURNS):
        turn("percolate", lambda: percolator.match(records))
        turn("fts5", lambda: rivals.fts5(rows, asked))
        for name, scan in scans.items():
            turn(name, scan)
        turn("folding alone", lambda: [Folded(record=one).title_abstract for one in records])
        turn("percolate, 10 queries", lambda: few.match(records))
        turn("percolate, small", lambda: percolator.match(records[:SMALL]))
        turn("fts5, small", lambda: rivals.fts5(rows[:SMALL], asked))
    turn("substring", sample)
    median = {name: statistics.median(some) for name, some in times.items()}
    median["substring"] *= len(records) / SAMPLE
    _print_times(median, len(records))

    matches = {one.name: one for one in percolator.match(records)}
    yes = {(name, place) for name, one in matches.items() for place in one.yes()}
    unknown = {(name, place) for name, one in matches.items() for place in one.unknown()}
    pairs = len(records) * len(trees)
    print(
        f"{len(yes)} pairs ({len(yes) / pairs:.2%}) are yes, {len(unknown)} ({len(unknown) / pairs:.2%}) "
        f"unknown, of {pairs}"
    )
    found = rivals.fts5(rows, asked)
    theirs = {(str(number), place) for number, some in enumerate(found) for place in some}
    differences = _print_differences("FTS5", yes, unknown, theirs)
    causes = Counter(_cause(trees[int(name)], records[at], rows[at]) for name, at in differences)
    for cause, count in causes.most_common(20):
        print(f"  {count} for {cause}")
    differ = sum(
        evaluate(named[name], records[place]).answer != _answer((name, place), yes, unknown)
        for name, place in differences
    )
    print(f"  evaluate answers otherwise than percolate in {differ} of them")
    theirs = {
        (str(number), place)
        for place, row in enumerate(sample())
        for number, answer in enumerate(row)
        if answer
    }
    first = {pair for pair in yes if pair[1] < SAMPLE}
    _print_differences(f"substring, {SAMPLE} records", first, unknown, theirs)
    differ = sum(
        evaluate(tree, record).answer != _answer((name, place), yes, unknown)
        for place, record in enumerate(records[:SAMPLE])
        for name, tree in named.items()
    )
    print(f"evaluate, {SAMPLE} records: {differ} of {SAMPLE * len(trees)} answers differ")
    print(f"memory that the matcher adds: {_memory()} MB")


def _answer(pair: tuple[str, int], yes: set[tuple[str, int]], unknown: set[tuple[str, int]]) -> str:
    return "yes" if pair in yes else "unknown" if pair in unknown else "no"


def _print_times(median: dict[str, float], count: int) -> None:
    ours = median["percolate"]
    print(f"{'':36}{'CPU s':>9}{'us/record':>11}{'ratio':>9}")
    for name, spent in median.items():
        base = median["percolate, small"] if name == "fts5, small" else ours
        records = SMALL if name.endswith("small") else count
        print(f"{name:36}{spent:9.3f}{spent / records * 1e6:11.0f}{spent / base:8.2f}x")
    print(f"growth from 10 queries to all: {ours / median['percolate, 10 queries']:.2f}x")
    for name, spent in median.items():
        if name.startswith("hyperscan"):
            print(f"percolate takes {ours / spent:.2f} passes of {name}")
    if not any(name.startswith("hyperscan") for name in median):
        print("hyperscan: not installed")


def _scans(
    records: Sequence[Record], rows: Sequence[tuple[str, ...]], trees: Sequence[Node]
) -> dict[str, Callable[[], object]]:
    """One pass of hyperscan as others measure it, and one that keeps to whole words."""
    import percolate_rivals as rivals  # noqa: PLC0415 - beside this file

    sought = {term for tree in trees for term in rivals.terms(tree) if term.tag in rivals.WORDS}
    phrases = [rivals.phrase(term) for term in sought]
    alike = {text for text, _open in phrases}
    whole = {f" {text}" if open_ else f" {text} " for text, open_ in phrases}
    lower = [f"{record.title}\n{record.abstract_text}".lower() for record in records]
    folded = [f"{row[0]}\n{row[1]}" for row in rows]
    scans = {
        f"hyperscan, {len(alike)} in lower case": rivals.hyperscan_pass(lower, alike),
        f"hyperscan, {len(whole)} folded": rivals.hyperscan_pass(folded, whole),
    }
    return {name: scan for name, scan in scans.items() if scan}


def _print_differences(
    name: str,
    yes: set[tuple[str, int]],
    unknown: set[tuple[str, int]],
    theirs: set[tuple[str, int]],
) -> set[tuple[str, int]]:
    more, fewer = theirs - yes - unknown, yes - theirs
    print(
        f"{name}: {len(theirs)} pairs; {len(more)} are a no here, {len(fewer)} yes here are not "
        f"found there, {len(theirs & unknown)} are unknown here"
    )
    return more | fewer


def _cause(tree: Node, record: Record, row: tuple[str, ...]) -> str:
    """The terms of a query that are read in another way, as far as its text says."""
    import percolate_rivals as rivals  # noqa: PLC0415 - beside this file

    from bot.strategy import evaluate  # noqa: PLC0415

    differ = [
        term
        for term in rivals.terms(tree)
        if (evaluate(term, record).answer == "yes") != rivals.substring(term)(row)
    ]
    return ", ".join(map(str, differ)) or f"other words in the text of {record.title!r}"


def _memory() -> str:
    """Of a process of its own: the peak while matching, above what records and trees take."""
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; import bench_percolate; bench_percolate.child()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def child() -> None:
    import percolate_input as given  # noqa: PLC0415 - beside this file

    from bot.strategy import parse  # noqa: PLC0415
    from bot.strategy.percolate import Percolator  # noqa: PLC0415

    records = given.records()
    named = {str(place): parse(text) for place, text in enumerate(given.queries(records))}
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here (proc(5))
    before = _status("VmRSS")
    Percolator(named).match(records)
    print((_status("VmHWM") - before) // 1024)


def _status(name: str) -> int:
    """A figure of this process in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent), str(HERE)]
    main()
