"""What a poll of sixty feeds costs: unchanged, and with every feed new.

Unchanged feeds cost one conditional request each and no reading.  Run by `make bench`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from bot.http import Http, ThreadLimiter
from bot.model import Journal
from bot.ports import Task
from bot.sandbox.journals import Journals
from bot.sources.feeds import Feeds
from bot.sources.feeds.child import Child

FEEDS = 60
ITEMS = 40
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORDS = "We treated adults with a sample drug and asked them every week how they were. " * 8


def main() -> None:
    """Print requests, bytes read into records, and seconds of both polls."""
    child = Child()
    with Journals() as journals:
        for number in range(FEEDS):
            journals.put(f"/{number}", _feed(number))
        http = Http(
            ThreadLimiter(pause=lambda _: None),
            user_agent="litbot-bench",
            allowed_private=[journals.host],
        )
        feeds = Feeds(http, child)
        cursors: dict[int, dict[str, str]] = {}
        for label, now in (("new", NOW), ("unchanged", NOW + timedelta(hours=1))):
            asked, read, began = len(journals.log), child.documents, time.perf_counter()
            found = 0
            for number in range(FEEDS):
                journal = Journal(name=str(number), title="J", feed=journals.url(f"/{number}"))
                task = Task(kind="poll", subject=journal, cursor=cursors.get(number, {}))
                batch = feeds.fetch(task, lambda _: frozenset(), now)
                cursors[number] = dict(batch.cursor)
                found += len(batch.found)
            requests = journals.log[asked:]
            conditional = sum("if-none-match" in one.headers for one in requests)
            print(
                f"{label:>9}: {len(requests)} requests, {conditional} of them conditional, "
                f"{child.documents - read} feeds read, {found} records, "
                f"{time.perf_counter() - began:.2f} s"
            )
        feeds.close()


def _feed(number: int) -> bytes:
    items = "".join(
        f"<item><title>Sample {number}-{item}</title><link>https://example.org/{number}/{item}"
        f"</link><description>{WORDS}</description><pubDate>Tue, 24 Nov 2026</pubDate></item>"
        for item in range(ITEMS)
    )
    return f"<rss version='2.0'><channel><title>J</title>{items}</channel></rss>".encode()


if __name__ == "__main__":
    main()
