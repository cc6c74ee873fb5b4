"""Notices in Slack: what happened to studies that were posted, and the posts with their flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from bot.render.notices import EventView, FlagView
from bot.render.slack import (
    LINE_TEXT,
    MESSAGE_TEXT,
    SECTION_TEXT,
    TITLE_TEXT,
    Message,
    Show,
    flags,
    mrkdwn,
)

EVENTS = 8  # in one message: more would be folded
NAMED = 3  # titles in what is read out; the flags themselves stand in the blocks


def message(events: Sequence[tuple[EventView, int | None]]) -> Message:
    """One message about some events: each with the number of the article that it brings, if any."""
    blocks = [_section(_event(event)) for event, _ in events]
    shows = tuple(
        Show(record, block, offset=0, inline=False)
        for block, (_, record) in enumerate(events)
        if record is not None
    )
    first = events[0][0]
    text = mrkdwn(f"{first.heading}: {first.title}", LINE_TEXT).rstrip(".")
    more = f" And {len(events) - 1} more about studies you were sent." if len(events) > 1 else ""
    return Message({"text": f"{text}.{more}", "blocks": blocks}, shows)


def marked(
    payload: Mapping[str, object],
    shows: Sequence[Show],
    marks: Mapping[int, Sequence[FlagView]],
    titles: Mapping[int, str],
) -> dict[str, object]:
    """A message with flags before the records that they are about, within Slack's limits."""
    whole = _marked(payload, shows, marks, brief=False)
    if sum(len(str(block)) for block in whole) > MESSAGE_TEXT:
        whole = _marked(payload, shows, marks, brief=True)
    since = [
        f"{flags(marks[number], inline=True)} {mrkdwn(titles[number], TITLE_TEXT)}"
        for number in dict.fromkeys(show.record_id for show in shows)
        if marks.get(number)
    ]
    more = [f"{len(since) - NAMED} more"] if len(since) > NAMED else []
    text = f"{str(payload['text']).rstrip('.')}. Since then: {'; '.join(since[:NAMED] + more)}."
    return {"text": text if since else payload["text"], "blocks": whole}


def _marked(
    payload: Mapping[str, object],
    shows: Sequence[Show],
    marks: Mapping[int, Sequence[FlagView]],
    *,
    brief: bool,
) -> list[dict[str, object]]:
    blocks = payload["blocks"]
    assert isinstance(blocks, list)
    made: list[dict[str, object]] = []
    for place, block in enumerate(blocks):
        here = [show for show in shows if show.block == place and marks.get(show.record_id)]
        if not here:
            made.append(block)
            continue
        text = str(block["text"]["text"])
        for show in sorted(here, key=lambda show: show.offset, reverse=True):
            said = flags(marks[show.record_id], inline=show.inline or brief)
            flag = f"{said} " if show.inline else f"{said}\n"
            text = text[: show.offset] + flag + text[show.offset :]
        made += [{**block, "text": {**block["text"], "text": piece}} for piece in _pieces(text)]
    return made


def _pieces(text: str) -> list[str]:
    """The text in pieces of whole lines that fit a section; no line of ours is longer than one."""
    pieces = [""]
    for line in text.split("\n"):
        longer = f"{pieces[-1]}\n{line}" if pieces[-1] else line
        if len(longer) <= SECTION_TEXT:
            pieces[-1] = longer
        else:
            pieces.append(line[:SECTION_TEXT])
    return pieces


def _event(event: EventView) -> str:
    title = mrkdwn(event.title, TITLE_TEXT)
    study = f"<{escape(event.url, quote=False)}|{title}>" if event.url else title
    label = mrkdwn(event.label, LINE_TEXT) or mrkdwn(event.other_name, LINE_TEXT)
    other = f"<{escape(event.other_url, quote=False)}|{label}>" if event.other_url else label
    said = mrkdwn(event.said, LINE_TEXT) + (f": {other}" if other else "")
    return f"*{mrkdwn(event.heading, LINE_TEXT)}:* {study}\n{said}. {mrkdwn(event.sent, LINE_TEXT)}"


def _section(text: str) -> dict[str, object]:
    shown = {"type": "mrkdwn", "text": text, "verbatim": True}
    return {"type": "section", "expand": True, "text": shown}
