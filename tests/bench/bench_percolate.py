"""Many queries at once: percolate beside a substring matcher, SQLite FTS5 and one hyperscan pass.

Run it: `python tests/bench percolate`.  hyperscan is measured where it is installed
(`.venv/bin/pip install hyperscan`); its scan reads text that is folded already, so that the time
of folding is shown too.  All times are CPU seconds of this process; turns go round the
engines, and medians are shown.  The substring matcher takes too long for all records: it reads a
sample, and the time for all is reckoned from that.

What is compared: percolate answers yes, no or unknown, the others yes or no.  A pair is counted
as a difference where percolate says no and another engine yes, or the other way round.  With
`evaluate` all three answers must be the same on the sample.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

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
    scan = rivals.hyperscan_pass(trees, rows)
    times: dict[str, list[float]] = {}

    def turn(name: str, run: Callable[[], object]) -> None:
        times.setdefault(name, []).append(seconds(run))

    def sample() -> list[list[bool]]:
        alone = [rivals.substring(tree) for tree in trees]
        return [[one(row) for one in alone] for row in rows[:SAMPLE]]

    for _ in range(TURNS):
        turn("percolate", lambda: percolator.match(records))
        turn("fts5", lambda: rivals.fts5(rows, asked))
        if scan:
            turn("hyperscan", scan)
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
    print(f"{len(yes)} pairs are yes, {len(unknown)} unknown, of {len(records) * len(trees)}")
    found = rivals.fts5(rows, asked)
    theirs = {(str(number), place) for number, some in enumerate(found) for place in some}
    _print_differences("FTS5", yes, unknown, theirs, texts)
    theirs = {
        (str(number), place)
        for place, row in enumerate(sample())
        for number, answer in enumerate(row)
        if answer
    }
    first = {pair for pair in yes if pair[1] < SAMPLE}
    _print_differences(f"substring, {SAMPLE} records", first, unknown, theirs, texts)
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
    print(f"{'':24}{'CPU s':>9}{'us/record':>11}{'ratio':>9}")
    for name, spent in median.items():
        base = median["percolate, small"] if name == "fts5, small" else ours
        records = SMALL if name.endswith("small") else count
        print(f"{name:24}{spent:9.3f}{spent / records * 1e6:11.0f}{spent / base:8.2f}x")
    print(f"growth from 10 queries to all: {ours / median['percolate, 10 queries']:.2f}x")
    if "hyperscan" in median:
        scan = median["hyperscan"]
        whole = scan + median["folding alone"]
        print(
            f"percolate takes {ours / whole:.2f} passes of hyperscan that fold the text, as it "
            f"does itself, and {ours / scan:.2f} of a scan of folded text"
        )
    else:
        print("hyperscan: not installed")


def _print_differences(
    name: str,
    yes: set[tuple[str, int]],
    unknown: set[tuple[str, int]],
    theirs: set[tuple[str, int]],
    texts: Sequence[str],
) -> None:
    more, fewer = theirs - yes - unknown, yes - theirs
    print(
        f"{name}: {len(theirs)} pairs; {len(more)} are a no here, {len(fewer)} yes here are not "
        f"found there, {len(theirs & unknown)} are unknown here"
    )
    for pair in sorted(more | fewer)[:5]:
        print(f"  record {pair[1]}, {'yes' if pair in yes else 'no'} here: {texts[int(pair[0])]}")


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
