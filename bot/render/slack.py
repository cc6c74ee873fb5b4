"""A digest as Slack messages: one parent, and replies in its thread.

Limits: docs.slack.dev (50 blocks, 150 characters a header, 3,000 a section).  Slack also refuses
messages whose blocks hold too much text (`msg_blocks_too_long`, seen from 11,341 characters on;
undocumented), so a message stays within 9,000.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from bot.errors import SettingsError
from bot.render.notices import FlagView
from bot.render.plain import clean, cut
from bot.render.views import BlockView, PartView, StudyView

FIRST = 3  # studies in the parent; with no more than these there is no thread
STUDIES = 8  # a reply, or Slack folds it and nobody unfolds it
MESSAGE_TEXT = 9000
SECTION_TEXT = 3000
HEADER_TEXT = 150
TITLE_TEXT = 150
LINE_TEXT = 300
QUOTE_TEXT = 280
FEEDS_SHOWN = 5
FLAG_TEXT = 80
FLAGS_SHOWN = 5
BULLET = "• "

Blocks = list[dict[str, object]]


class Show(NamedTuple):
    """Where a message shows a record: a flag that comes later goes before that."""

    record_id: int
    block: int
    offset: int  #: Characters of the block's text before it.
    inline: bool  #: Only its title, on a line with others above and below.


class Message(NamedTuple):
    """The arguments of one post, and what it shows."""

    payload: dict[str, object]
    shows: tuple[Show, ...] = ()


# mrkdwn has no escape for its own marks: a look-alike is the only way to show one.
_LOOK_ALIKE = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ", "|": "∣"})
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_MARKDOWN_LINK = re.compile(
    r"\](?=\(https?:)"
)  # would show as it is, and looks like a fault of ours
_BROADCAST = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackStudy:
    """One record as mrkdwn that is already escaped and cut."""

    flags: str  #: What has happened to it, in bold; empty when nothing has.
    link: str  #: The title, linked.
    line: str
    note: str
    quote: str


def mrkdwn(text: str, limit: int) -> str:
    """Clean text as mrkdwn that shows it as it is, within `limit` characters when escaped."""
    shown = _EDGE_UNDERSCORE.sub("ˍ", _BROADCAST.sub("@\u2060", text.translate(_LOOK_ALIKE)))
    shown = _MARKDOWN_LINK.sub("]\u2060", shown)
    room = limit
    while len(escaped := escape(cut(shown, room), quote=False)) > limit:
        room -= max(1, (len(escaped) - limit) // 5)  # an escape is up to five characters long
    return escaped


def linked(study: StudyView, limit: int) -> str:
    """The title as a link, or as text when there is no address."""
    label, address = mrkdwn(study.title, limit), study.url or study.address
    return f"<{escape(address, quote=False)}|{label}>" if address else label


def flags(marks: Iterable[FlagView], *, inline: bool = False) -> str:
    """What has happened to a study, in bold, with links to the notices; `inline` in few words."""
    if inline:
        return " ".join(f"*{mrkdwn(mark.short, FLAG_TEXT)}*" for mark in marks)
    shown = []
    for mark in list(marks)[:FLAGS_SHOWN]:
        notice = f" (<{escape(mark.url, quote=False)}|notice>)" if mark.url else ""
        shown.append(f"*{mrkdwn(mark.text, FLAG_TEXT)}*{notice}")
    return " · ".join(shown)


def study(view: StudyView) -> SlackStudy:
    """What a layout's macro `slack` sees of one record."""
    quoted = (f"{one.label}: “{cut(one.text, QUOTE_TEXT - 2)}”" for one in view.quotes[:2])
    found = f" · {view.found}" if view.found else ""
    return SlackStudy(
        flags=flags(view.flags),
        link=linked(view, TITLE_TEXT),
        line=mrkdwn(cut(view.line, LINE_TEXT - len(found)) + found, LINE_TEXT),
        note=mrkdwn(view.note, LINE_TEXT),
        quote="\n".join(mrkdwn(one, QUOTE_TEXT + 80) for one in quoted),
    )


def messages(whole: PartView, macro: Callable[[StudyView], str]) -> list[Message]:
    """The parent, then the replies: `text` and `blocks` of each."""
    if whole.quiet:
        return [Message(_quiet(whole))]
    texts = {
        study.number: _checked(macro(study)) for block in whole.blocks for study in block.entries
    }
    parent, told = _parent(whole, texts)
    return [
        parent,
        *(reply for block in whole.blocks for reply in _replies(whole, block, texts, told)),
    ]


def notice(subject: str, lines: Sequence[str]) -> dict[str, object]:
    """A message to the operator, cut where it would be too long for one."""
    texts = [mrkdwn(clean(line), 1000) for line in lines]
    shown, left = _within(texts, MESSAGE_TEXT - 500)
    blocks = [_header(clean(subject) or "litbot"), *(_section(text) for text in shown if text)]
    if left:
        blocks.append(_context(f"and {left} more lines"))
    return {"text": mrkdwn(clean(subject) or "litbot", LINE_TEXT), "blocks": blocks}


def _parent(whole: PartView, texts: dict[int, str]) -> tuple[Message, frozenset[int]]:
    heading = f"{whole.title} digest, {whole.span}"
    blocks = [_header(heading), _context(mrkdwn(_summary(whole), LINE_TEXT)), *_failures(whole)]
    shown, _ = _within(list(texts.values())[:FIRST], MESSAGE_TEXT - 2000 - _size(blocks))
    told = frozenset(list(texts)[: len(shown)])
    entries = [study for block in whole.blocks for study in block.entries][: len(shown)]
    shows = _shows(entries, len(blocks))
    blocks += [_section(text) for text in shown]
    listed = sum(len(block.entries) + len(block.titles) for block in whole.blocks)
    rest = listed - len(told)
    lines = [f"{rest:,} more in the thread"] if rest else []
    lines += [mrkdwn(line, LINE_TEXT) for line in (*_feeds(whole), *_undecided(whole))]
    if lines:
        blocks.append(_context(*lines))
    first = f" First: {mrkdwn(whole.first, TITLE_TEXT)}" if whole.first else ""
    text = (
        f"{mrkdwn(heading, LINE_TEXT)}: {whole.studies} ({mrkdwn(whole.kinds, LINE_TEXT)}).{first}"
    )
    return Message({"text": text, "blocks": blocks}, shows), told


def _quiet(whole: PartView) -> dict[str, object]:
    heading = mrkdwn(f"{whole.title} digest, {whole.span}", LINE_TEXT)
    news = f"{whole.searched}; nothing new."
    blocks = [_section(f"*{heading}*\n{news}"), *_failures(whole)]
    lines = [mrkdwn(line, LINE_TEXT) for line in (*_feeds(whole), *_undecided(whole))]
    if lines:
        blocks.append(_context(*lines))
    failed = " Not everything was searched." if whole.failures else ""
    return {"text": f"{heading}: {news}{failed}", "blocks": blocks}


def _summary(whole: PartView) -> str:
    queries = f" · Queries: {whole.queries}" if whole.queries else ""
    return f"{whole.studies}: {whole.kinds} · {whole.searched}{queries}"


def _failures(whole: PartView) -> Blocks:
    if not whole.failures:
        return []
    shown, left = _within([mrkdwn(line, LINE_TEXT) for line in whole.failures], 1500)
    more = [f"• and {left} more"] if left else []
    return [
        _section("\n".join(["*Not everything was searched*", *(f"• {s}" for s in shown), *more]))
    ]


def _feeds(whole: PartView) -> list[str]:
    """The silent feeds: five, and how many more; a message's context holds ten lines."""
    left = len(whole.feeds) - FEEDS_SHOWN
    return [
        *whole.feeds[:FEEDS_SHOWN],
        *([f"and {left} more feeds like these"] if left > 0 else []),
    ]


def _undecided(whole: PartView) -> list[str]:
    if not whole.undecided:
        return []
    command = f"List them: {whole.undecided_command}" if whole.undecided_command else ""
    return [f"Undecided: {'; '.join(whole.undecided)}", *([command] if command else [])]


def _replies(
    whole: PartView, block: BlockView, texts: dict[int, str], told: frozenset[int]
) -> list[Message]:
    """One block's messages in the thread; a study is never divided."""
    entries = [study for study in block.entries if study.number not in told]
    groups = _groups([texts[study.number] for study in entries], STUDIES, MESSAGE_TEXT - 500)
    bodies: list[tuple[Blocks, tuple[Show, ...]]] = []
    left = list(entries)
    for group in groups:
        shows = _shows(left[: len(group)], first_block=1)
        bodies.append(([_section(text) for text in group], shows))
        left = left[len(group) :]
    bodies += _listed(block.titles)
    if bodies and block.hidden:
        bodies[-1][0].append(_context(block.hidden))
    count = len(entries) + len(block.titles)
    more = " more" if count < len(block.entries) + len(block.titles) else ""
    first = mrkdwn((*entries, *block.titles)[0].title, TITLE_TEXT) if bodies else ""
    replies = []
    for place, (body, shows) in enumerate(bodies, start=1):
        part = f", part {place} of {len(bodies)}" if len(bodies) > 1 else ""
        heading = f"{block.heading} ({count}{more}){part}"
        begins = f". First: {first}" if place == 1 else ""
        text = f"{mrkdwn(whole.title, LINE_TEXT)} digest: {mrkdwn(heading, LINE_TEXT)}{begins}"
        replies.append(Message({"text": text, "blocks": [_header(heading), *body]}, shows))
    return replies


def _shows(studies: Sequence[StudyView], first_block: int) -> tuple[Show, ...]:
    """Studies in full, each in a block of its own."""
    return tuple(
        Show(study.record_id, block, offset=0, inline=False)
        for block, study in enumerate(studies, start=first_block)
        if study.record_id is not None
    )


def _listed(titles: Sequence[StudyView]) -> list[tuple[Blocks, tuple[Show, ...]]]:
    """Studies as titles: fifty lines and less a block, and so many blocks as a message holds."""
    bullets = [_bullet(study) for study in titles]
    paragraphs = ["\n".join(group) for group in _groups(bullets, 50, SECTION_TEXT - 100)]
    bodies, left = [], list(zip(titles, bullets, strict=True))
    for group in _groups(paragraphs, 10, MESSAGE_TEXT - 500):
        shows = []
        for block, paragraph in enumerate(group, start=1):
            offset = 0
            while offset < len(paragraph):
                study, bullet = left.pop(0)
                if study.record_id is not None:
                    shows.append(Show(study.record_id, block, offset + len(BULLET), inline=True))
                offset += len(bullet) + 1
        bodies.append(([_section(paragraph) for paragraph in group], tuple(shows)))
    return bodies


def _bullet(study: StudyView) -> str:
    marks = flags(study.flags, inline=True)
    return f"{BULLET}{marks}{' ' if marks else ''}{linked(study, TITLE_TEXT)}{_where(study)}"


def _where(study: StudyView) -> str:
    return f" {mrkdwn(study.line, 120)}" if study.line else ""


def _groups(texts: Sequence[str], most: int, limit: int) -> list[list[str]]:
    """The texts in order, in as few groups as fit `most` texts and `limit` characters."""
    groups: list[list[str]] = []
    for text in texts:
        room = limit - sum(len(each) + 1 for each in groups[-1]) if groups else 0
        if not groups or len(groups[-1]) == most or len(text) > room:
            groups.append([])
        groups[-1].append(text)
    return groups


def _within(texts: Sequence[str], limit: int) -> tuple[list[str], int]:
    """The first texts that fit `limit` characters, and how many are left."""
    first = _groups(texts, len(texts), limit)[:1]
    shown = [text for text in (first[0] if first else []) if len(text) <= limit]
    return shown, len(texts) - len(shown)


def _checked(text: str) -> str:
    if not 1 <= len(text) <= SECTION_TEXT:
        raise SettingsError(
            f"macro slack: {len(text)} characters for one study; Slack takes 1 to {SECTION_TEXT}"
        )
    return text


def _size(blocks: Iterable[dict[str, object]]) -> int:
    return sum(len(str(block)) for block in blocks)


def _header(text: str) -> dict[str, object]:
    shown = cut(text.translate(str.maketrans("<>", "‹›")), HEADER_TEXT)
    return {"type": "header", "text": {"type": "plain_text", "text": shown, "emoji": False}}


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "expand": True, "text": _text(text)}


def _context(*texts: str) -> dict[str, object]:
    return {"type": "context", "elements": [_text(text) for text in texts[:10]]}


def _text(text: str) -> dict[str, object]:
    # verbatim: names and addresses in the text do not become mentions and links
    return {"type": "mrkdwn", "text": text, "verbatim": True}
