"""The child process in which feeds are read: bytes come in, plain values go out as JSON.

A document of strangers may hang or kill a parser.  Here it can do neither to the bot: the parent
kills this process when it is late, and its memory is limited.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from multiprocessing.connection import Connection

from bot.sources.feeds import publishers
from bot.sources.feeds.items import Item, read

MOST_MEMORY = 1_500_000_000  # bytes of address space; a feed of 20 MB takes about a third


def answer(body: bytes, charset: str) -> dict[str, object]:
    """What the parent is told of one document."""
    result = read(body, charset)
    adapter = publishers.adapter(result.channel, result.items)
    return {
        "refusal": result.refusal,
        "incomplete": result.incomplete,
        "items": [_values(adapter, item) for item in result.items],
    }


def _values(adapter: publishers.Adapter, item: Item) -> dict[str, object]:
    try:
        return {"draft": asdict(adapter(item)), "raw": item.raw.decode("utf-8", "replace")}
    except (ValueError, LookupError, RecursionError) as error:
        return {"problem": str(error)[:200], "raw": item.raw.decode("utf-8", "replace")}


def main() -> None:
    """Answer documents on the inherited descriptor until the parent closes it."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection = Connection(int(sys.argv[1]))
    while True:
        try:
            charset = connection.recv_bytes().decode("ascii", "replace")
            body = connection.recv_bytes()
        except EOFError:
            return
        connection.send_bytes(json.dumps(answer(body, charset)).encode())


if __name__ == "__main__":
    main()
