"""Digests as mails and Slack messages: the one Jinja environment.

A layout is one file, `templates/digest/NAME.jinja`, with four macros: `subject`, `text` and `html`
of a part, `slack` of one study.  It is somebody's own file, so it runs in a sandbox, and what it
shows is cleaned before (`plain`) and escaped after: HTML by Jinja, mrkdwn by `slack`.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import css_inline
from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.digest import Digest, Event
from bot.errors import SettingsError
from bot.model import ChannelName, Notice
from bot.ports import UNSUBSCRIBE
from bot.render import notices, slack, slack_notices, views
from bot.render.plain import ascii_text, clean, cut
from bot.render.views import PartView, StudyView

HTML_BYTES = 60_000  # Gmail clips a mail at about 102,000 bytes, and the way out with it
MOST_STUDIES = HTML_BYTES // 250  # a title takes 350 bytes and more
SUBJECT_LENGTH = 60  # phones show 30 to 60 characters

_LIBRARY = "parts/message.jinja"
_NOTICES = "parts/notices.jinja"
NOTICES_IN_A_MAIL = 40  # at most 1,300 bytes each
NOTICES_IN_A_MESSAGE = slack_notices.EVENTS


class Renderer:
    """Fills the templates of one folder."""

    def __init__(self, templates_dir: Path) -> None:
        self._folder = templates_dir
        self._html = _caller(templates_dir, autoescape=True)
        self._plain = _caller(templates_dir, autoescape=False)
        self._inliner = css_inline.CSSInliner(
            keep_at_rules=True, keep_style_tags=False, load_remote_stylesheets=False
        )

    def layouts(self) -> tuple[str, ...]:
        """The names of the layouts that there are."""
        return tuple(sorted(path.stem for path in (self._folder / "digest").glob("*.jinja")))

    def email(
        self, digest: Digest, *, layout: str, postal_address: str, reason: str, public_url: str
    ) -> tuple[Mapping[str, str], ...]:
        """The mail bodies: `subject`, `text` and `html` of each part, one after the other.

        `shows` names the records in it, each in a list of its own.
        `reason` goes on from "You get this mail because".  `ports.UNSUBSCRIBE` stands where a
        reader's own address goes.  Raises SettingsError, with
        file and line, when the layout is missing or broken.
        """
        template = self._layout(layout)
        whole = views.whole(
            digest,
            reason=reason,
            postal_address=postal_address,
            sender=urlsplit(public_url).hostname or "",
            unsubscribe=UNSUBSCRIBE,
        )
        return tuple(self._mail(template, part) for part in self._parts(template, whole))

    def slack(self, digest: Digest, *, layout: str) -> tuple[Mapping[str, str], ...]:
        """The Slack bodies: the parent, then the replies in its thread.

        Each has its `payload`, and says in `shows` where a later flag of a record goes.
        Raises SettingsError, with file and line, when the layout is missing or broken.
        """
        template = self._layout(layout)
        whole = views.whole(digest, reason="", postal_address="", sender="", unsubscribe="")

        def macro(study: StudyView) -> str:
            return self._call(self._plain, template, "slack", slack.study(study)).strip()

        return tuple(_shown(message) for message in slack.messages(whole, macro))

    def notices_mail(
        self, events: Sequence[Event], *, postal_address: str, reason: str, public_url: str
    ) -> Mapping[str, str]:
        """A mail about nothing but what happened to studies, `NOTICES_IN_A_MAIL` at most.

        Raises SettingsError when the template is broken.
        """
        told = tuple(notices.event_view(event) for event in events)
        mail = notices.MailView(
            subject=notices.subject(told),
            events=told,
            reason=clean(reason),
            postal_address=clean(postal_address),
            sender=urlsplit(public_url).hostname or "",
            unsubscribe=UNSUBSCRIBE,
        )
        return {
            "subject": _fitted(mail.subject, SUBJECT_LENGTH),
            "text": self._call(self._plain, _NOTICES, "text", mail).strip() + "\n",
            "html": self._inlined(_NOTICES, self._call(self._html, _NOTICES, "html", mail)),
        }

    def slack_notice(self, events: Sequence[Event]) -> Mapping[str, str]:
        """The Slack body about a few events of one thread, `NOTICES_IN_A_MESSAGE` at most."""
        told = [
            (notices.event_view(event), event.notice.other_id if event.brings else None)
            for event in events
        ]
        return _shown(slack_notices.message(told))

    def corrected(
        self,
        body: Mapping[str, str],
        happened: Mapping[int, Sequence[Notice]],
        titles: Mapping[int, str],
    ) -> Mapping[str, str]:
        """A Slack body with the flags of the records that it shows; the same for none of them."""
        shows = [slack.Show(*one) for one in json.loads(body.get("shows", "[]"))]
        marks = {
            number: [notices.flag(notice) for notice in some] for number, some in happened.items()
        }
        return _payload(slack_notices.marked(json.loads(body["payload"]), shows, marks, titles))

    def message(
        self, subject: str, lines: Sequence[str], channel: ChannelName
    ) -> Mapping[str, str]:
        """The body of a plain message, such as the operator's: one paragraph a line."""
        if channel == "slack":
            return _payload(slack.notice(subject, lines))
        shown = [cut(clean(line), 2000) for line in lines]
        title = cut(clean(subject), 200) or "litbot"
        return {
            "subject": _fitted(ascii_text(title) or "litbot", SUBJECT_LENGTH),
            "text": self._call(self._plain, _LIBRARY, "text", title, shown).strip() + "\n",
            "html": self._inlined(_LIBRARY, self._call(self._html, _LIBRARY, "html", title, shown)),
        }

    def page(self, name: str, *shown: object) -> str:
        """A web page: macro `page` of `templates/web/NAME.jinja`.  Raises SettingsError too."""
        return self._call(self._html, f"web/{name}.jinja", "page", *shown).strip() + "\n"

    def _mail(self, template: str, part: PartView) -> Mapping[str, str]:
        return {
            "subject": self._subject(template, part),
            "text": self._call(self._plain, template, "text", part).strip() + "\n",
            "html": self._markup(template, part),
            "shows": json.dumps([[number] for number in part.shows]),
        }

    def _markup(self, template: str, part: PartView) -> str:
        return self._inlined(template, self._call(self._html, template, "html", part))

    def _parts(self, template: str, whole: PartView) -> list[PartView]:
        """Divide the digest so that no part's HTML passes the limit; a study is never divided."""

        def fits(start: int, stop: int) -> bool:
            part = views.portion(whole, start, stop, 1 if start == 0 else 99, 99)
            return len(self._markup(template, part).encode()) < HTML_BYTES

        last = sum(len(block.entries) + len(block.titles) for block in whole.blocks)
        if len(self._markup(template, whole).encode()) < HTML_BYTES:
            return [whole]
        cuts = [0]
        while cuts[-1] < last:
            # The most that fits, by halving; one study always does.
            low, high = cuts[-1] + 1, min(last, cuts[-1] + MOST_STUDIES)
            while low < high:
                middle = (low + high + 1) // 2
                low, high = (middle, high) if fits(cuts[-1], middle) else (low, middle - 1)
            cuts.append(low)
        parts = len(cuts) - 1
        return [
            views.portion(whole, start, stop, place, parts)
            for place, (start, stop) in enumerate(pairwise(cuts), start=1)
        ]

    def _subject(self, template: str, part: PartView) -> str:
        """The subject in ASCII; where it is too long the title is cut, and the counts stay."""
        title = ascii_text(part.title) or "Literature"

        def line(title: str) -> str:
            return ascii_text(self._call(self._plain, template, "subject", part, title))

        over = len(line(title)) - SUBJECT_LENGTH
        if over > 0:
            title = _fitted(title, max(4, len(title) - over))
        return _fitted(line(title), SUBJECT_LENGTH)

    def _layout(self, name: str) -> str:
        if name not in self.layouts():
            raise SettingsError(
                f"{self._folder / 'digest' / name}.jinja: no such layout; "
                f"there are: {', '.join(self.layouts()) or 'none'}"
            )
        return f"digest/{name}.jinja"

    def _call(self, caller: Template, template: str, macro: str, *shown: object) -> str:
        """What a template's macro makes of the values; escaped if the caller escapes."""
        try:
            return caller.render(template=template, macro=macro, shown=shown)
        except TemplateSyntaxError as error:
            name = error.filename or self._folder / (error.name or template)
            raise SettingsError(f"{name}:{error.lineno}: {error.message}") from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            where = self._place(error, template)
            raise SettingsError(f"{where}: macro {macro}: {error}") from error

    def _place(self, error: Exception, template: str) -> str:
        """The file and line of a template at which it failed, as far as Jinja tells."""
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).is_relative_to(self._folder)
        ]
        return (
            f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(self._folder / template)
        )

    def _inlined(self, template: str, html: str) -> str:
        try:
            return self._inliner.inline(html)
        except css_inline.InlineError as error:
            raise SettingsError(f"{self._folder / template}: style: {error}") from error


@lru_cache(maxsize=8)
def _caller(folder: Path, *, autoescape: bool) -> Template:
    """What calls any macro of any template of a folder; it keeps those that are compiled."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    del environment.filters["safe"]  # nothing that a layout shows is markup
    return environment.from_string("{% import template as layout %}{{ layout[macro](*shown) }}")


def _shown(message: slack.Message) -> Mapping[str, str]:
    return {**_payload(message.payload), "shows": json.dumps(message.shows)}


def _payload(message: Mapping[str, object]) -> Mapping[str, str]:
    return {"payload": json.dumps(message, ensure_ascii=False)}


def _fitted(text: str, limit: int) -> str:
    """ASCII text within the limit, cut at a word's end."""
    return text if len(text) <= limit else cut(text, limit - 2).replace("…", "...")
