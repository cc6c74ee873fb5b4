"""A poll of five queries with nothing new: how many requests does it cost PubMed?"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from builders import pubmed_set, record

from bot import pipeline, wiring
from bot.sandbox import Sandbox

QUERIES = 5
FIRST = datetime(2026, 11, 2, 8, tzinfo=UTC)
TEXT = """title: Query {n}
question: Is there anything new?
owner: {{name: Nobody, target: nobody@example.org}}
pubmed: ketamine[tiab] AND psychotherapy[tiab]
"""


def main() -> None:
    """Print the requests of a first poll, and of one a day later that finds nothing."""
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n in range(QUERIES):
            (folder / f"query-{n}.yaml").write_text(TEXT.format(n=n))
        sandbox.pubmed.load(pubmed_set(record()))
        settings = sandbox.settings(folder, queries_dir=folder)
        with wiring.bot(settings, http=sandbox.http(settings)) as bot:
            for when, now in (("first", FIRST), ("again", FIRST + timedelta(days=1))):
                sandbox.advance(now)
                sandbox.pubmed.log.clear()
                pipeline.poll(bot, now)
                asked = len(sandbox.pubmed.log)
                print(f"{when}: {asked} requests for {QUERIES} queries")
