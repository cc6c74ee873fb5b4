"""What readers see of a digest, read back from its messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

from bot.digest import Digest
from bot.render import Renderer

TEMPLATES = Path(__file__).parent.parent.parent / "templates"
RENDERER = Renderer(TEMPLATES)
SIZES = (0, 1, 3, 4, 5, 12, 25, 26, 40, 200)

Body = Mapping[str, str]


def mails(digest: Digest, renderer: Renderer = RENDERER, layout: str = "standard") -> list[Body]:
    return list(
        renderer.email(
            digest,
            layout=layout,
            postal_address="1 Clinic Road, Leeds & <Bradford>",
            reason="you subscribed on 1 Nov 2026",
            public_url="https://lit.example.org/",
        )
    )


def payloads(digest: Digest) -> list[dict[str, object]]:
    return [json.loads(body["payload"]) for body in RENDERER.slack(digest, layout="standard")]


class Page(HTMLParser):
    """The tags, links, and visible words of a mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.attributes: list[str] = []
        self.words: list[str] = []
        self._link: tuple[str, list[str]] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag == "a":
            self._link = (dict(attrs).get("href") or "", [])

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            self.links.append((self._link[0], "".join(self._link[1])))
            self._link = None

    def handle_data(self, text: str) -> None:
        self.words.append(text)
        if self._link:
            self._link[1].append(text)

    @property
    def text(self) -> str:
        return "".join(self.words)


def mrkdwn_texts(value: object) -> list[str]:
    """Every mrkdwn text anywhere in a payload, its top-level text included."""
    if isinstance(value, list):
        return [text for each in value for text in mrkdwn_texts(each)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if value.get("type") in (None, "mrkdwn") and "text" in value else []
    nested = [text for each in value.values() for text in mrkdwn_texts(each)]
    return [text for text in own if isinstance(text, str)] + nested


def block_characters(payload: dict[str, object]) -> int:
    return sum(len(text) for text in mrkdwn_texts(payload["blocks"]))
