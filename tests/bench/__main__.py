"""Run every measurement, or those that are named: `python -m tests.bench [NAME ...]`.

Each `bench_NAME.py` has a `main()` that prints what it measured.  Nothing is asserted here: a
time on a busy machine is no fact.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    known = sorted(
        path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")
    )
    if unknown := set(names) - set(known):
        print(
            f"no measurement {', '.join(sorted(unknown))}; there are: {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    for name in names or known:
        print(f"== {name}", flush=True)
        importlib.import_module(f"tests.bench.bench_{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
