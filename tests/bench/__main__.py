"""Run every measurement, or those that are named: `python tests/bench [NAME ...]`.

Each `bench_NAME.py` has a `main()` that prints what it measured.  Nothing is asserted here: a
time on a busy machine is no fact.  (`python -m tests.bench` would find the tests of another
package, which installs them under that name.)
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    if unknown := set(names) - set(known):
        there = ", ".join(known)
        print(f"no measurement {', '.join(sorted(unknown))}; there are: {there}", file=sys.stderr)
        return 2
    for name in names or known:
        print(f"== {name}", flush=True)
        importlib.import_module(f"bench_{name}").main()
    return 0


if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]  # bot, and what the tests share
    sys.exit(main(sys.argv[1:]))
