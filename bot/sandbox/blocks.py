"""What Slack refuses in a message, as far as it is known.

The numbers are from the reference of Block Kit, but for the total of a message's text, which Slack
does not document and people have measured (bolt-js issue 2867).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_BLOCKS = 50
MOST_TEXT = 12_000  # of all blocks together
LONGEST_TEXT = 40_000
BLOCK_TYPES = frozenset(
    {
        "actions", "alert", "card", "carousel", "container", "context", "context_actions",
        "data_table", "divider", "file", "header", "image", "input", "markdown", "plan",
        "rich_text", "section", "table", "task_card", "video",
    }
)  # fmt: skip

Json = dict[str, Any]  # what a client sends is foreign


def error(name: str, **more: object) -> Json:
    """An answer as Slack gives it when it refuses."""
    return {"ok": False, "error": name, **more}


def refused(given: Mapping[str, Any]) -> Json:
    """Slack's error for a message that it would not take; empty for one that it would."""
    blocks = given.get("blocks")
    if not given.get("text") and not blocks and not given.get("attachments"):
        return error("no_text")
    if len(str(given.get("text", ""))) > LONGEST_TEXT:
        return error("msg_too_long")
    if blocks is None:
        return {}
    if not isinstance(blocks, list) or not all(
        isinstance(b, dict) and b.get("type") for b in blocks
    ):
        return error("invalid_blocks_format")
    problems = [] if len(blocks) <= MOST_BLOCKS else [f"no more than {MOST_BLOCKS} items [/blocks]"]
    names = [block["block_id"] for block in blocks if "block_id" in block]
    if len(names) != len(set(names)):
        problems.append("block_id must be unique [/blocks]")
    for number, block in enumerate(blocks):
        problems += [f"{problem} [/blocks/{number}]" for problem in _block_problems(block)]
    if problems:
        return error("invalid_blocks", response_metadata={"messages": problems})
    if _characters(blocks) > MOST_TEXT:
        return error("msg_blocks_too_long")
    return {}


def _block_problems(block: Json) -> list[str]:
    kind = block["type"]
    if kind not in BLOCK_TYPES:
        return [f"unsupported type: {kind}"]
    if kind == "header":
        return _text_problems(block.get("text"), 150, ("plain_text",))
    if kind == "section":
        fields = block.get("fields") or []
        problems = [p for one in fields for p in _text_problems(one, 2000)]
        if len(fields) > 10:
            problems.append("no more than 10 fields")
        if "text" in block or not fields:
            problems += _text_problems(block.get("text"), 3000)
        return problems
    if kind in ("context", "actions"):
        most = {"context": 10, "actions": 25}[kind]
        elements = block.get("elements") or []
        problems = [] if 1 <= len(elements) <= most else [f"1 to {most} elements"]
        for element in elements:
            if kind == "context" and element.get("type") != "image":
                problems += _text_problems(element, 3000)
            if element.get("type") == "button":
                problems += _text_problems(element.get("text"), 75, ("plain_text",))
        return problems
    if kind == "markdown" and not 1 <= len(str(block.get("text", ""))) <= MOST_TEXT:
        return [f"1 to {MOST_TEXT} characters of markdown"]
    return []


def _text_problems(
    text: object, most: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")
) -> list[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return [f"a text of type {' or '.join(kinds)} is required"]
    length = len(str(text.get("text", "")))
    return [] if 1 <= length <= most else [f"must be 1 to {most} characters, not {length}"]


def _characters(node: object) -> int:
    if isinstance(node, list):
        return sum(_characters(one) for one in node)
    if isinstance(node, dict):
        return sum(
            len(value) if name in ("text", "url") and isinstance(value, str) else _characters(value)
            for name, value in node.items()
        )
    return 0
