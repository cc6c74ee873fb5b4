"""What the tests of the command line share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

QUERY = """\
title: {title}
question: Does it last?
owner: {{name: A librarian, target: librarian@example.org}}
pubmed: {pubmed}
"""
Litbot = Callable[..., Result]


def write_query(folder: Path, name: str, pubmed: str = "ketamin*[tiab]", more: str = "") -> Path:
    """A small saved query."""
    title = f"About {name}"
    (folder / f"{name}.yaml").write_text(QUERY.format(title=title, pubmed=pubmed) + more)
    return folder / f"{name}.yaml"


def answer(result: Result) -> dict[str, Any]:
    """The one JSON object on stdout."""
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found
