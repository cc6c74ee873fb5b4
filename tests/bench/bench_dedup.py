"""Deduplicating a file: records per CPU-second beside bib-dedupe, on the same files in one run.

Run it: `LITBOT_BIBDEDUPE=PYTHON python tests/bench/bench_dedup.py [FILE.csv ...]`, where PYTHON is
the interpreter of an environment with `bib-dedupe`; it is no dependency, and without it only
litbot is measured.  The files have the columns of the labelled sets.  Each turn is a process of its
own; the CPU time of reading, comparing and grouping counts, with that of child processes and
without imports; bib-dedupe has one core, so that it starts none.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "dedup"
TURNS = 3


def cpu() -> float:
    """The CPU seconds of this process and its children so far."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def litbot(path: str) -> tuple[int, int, float]:
    """Records, records left, CPU seconds."""
    from bot import dedup  # noqa: PLC0415 - each tool in its own process
    from bot.formats import reading  # noqa: PLC0415

    start = cpu()
    collection = dedup.Collection()
    for number, entry in enumerate(reading.records(Path(path))):
        collection.add(number, dedup.citation(entry))  # type: ignore[arg-type]  # all are readable
    groups = collection.groups()
    return len(collection.citations), len(groups), cpu() - start


def bib_dedupe(path: str) -> tuple[int, int, float]:
    """The same, by `prep`, `block`, `match` and `cluster`."""
    import pandas  # type: ignore[import-not-found]  # noqa: PLC0415
    from bib_dedupe.bib_dedupe import (  # type: ignore[import-not-found]  # noqa: PLC0415
        block,
        cluster,
        match,
        prep,
    )

    start = cpu()
    rows = pandas.read_csv(path, dtype=str).fillna("")
    rows = rows.rename(columns={"id": "ID", "authors": "author"}).assign(ENTRYTYPE="article")
    pairs = block(prep(rows, verbosity_level=0, cpu=1), verbosity_level=0, cpu=1)
    found = cluster(match(pairs, verbosity_level=0, cpu=1))
    return len(rows), len(rows) - sum(len(one) - 1 for one in found), cpu() - start


def turn(python: str, tool: str, path: Path) -> tuple[int, int, float]:
    """One run in its own process."""
    command = [python, str(Path(__file__).resolve()), f"--{tool}", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        shown = subprocess.run(
            command, check=True, cwd=folder, env=environment, capture_output=True, text=True
        )
    records, left, seconds = shown.stdout.split()[-3:]
    return int(records), int(left), float(seconds)


def main() -> None:
    paths = [Path(one).resolve() for one in sys.argv[1:] if one.endswith(".csv")]
    paths = paths or sorted(SHARED.glob("*/records.csv"))
    if not paths:
        print("no file; name some that have the columns id, title, authors, year, journal ...")
    rival = os.environ.get("LITBOT_BIBDEDUPE", "")
    if not rival:
        print("LITBOT_BIBDEDUPE names no interpreter with bib-dedupe: litbot alone")
    for path in paths:
        tools = [("litbot", sys.executable)] + ([("bib-dedupe", rival)] if rival else [])
        speeds = {}
        for tool, python in tools:
            turns = [turn(python, tool, path) for _ in range(TURNS if tool == "litbot" else 1)]
            records, left, _ = turns[0]
            seconds = statistics.median(one[2] for one in turns)
            speeds[tool] = records / seconds
            print(
                f"{path.parent.name}/{path.name}: {tool}: {records} records, {left} left,"
                f" {seconds:.2f} CPU s, {speeds[tool]:.0f} records per CPU second"
            )
        if rival:
            print(f"  litbot is {speeds['litbot'] / speeds['bib-dedupe']:.1f} times as fast")


if __name__ == "__main__":
    tool = {"--litbot": litbot, "--bib-dedupe": bib_dedupe}.get(sys.argv[1] if sys.argv[1:] else "")
    if tool:
        print(*tool(sys.argv[2]))
    else:
        main()
