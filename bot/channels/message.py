"""Messages in the form that goes over the wire: a mail as bytes, a Slack post as arguments.

A mail is written here line by line, not by `email.message`: that encodes the same body again for
every reader (6 ms each), and folds a long List-Unsubscribe into encoded words, which mail programs
do not read (cpython issue 85725).  The same part and settings give the same bytes at every attempt.
"""

from __future__ import annotations

import binascii
import hashlib
import html as markup
import json
import re
from email.header import Header
from email.utils import formataddr, parsedate_to_datetime
from functools import lru_cache

from bot import subscribing
from bot.config import Settings
from bot.errors import DeliveryError
from bot.ports import UNSUBSCRIBE, Part

EVENT_TYPE = "litbot_digest"  #: Of the Slack metadata that holds a part's key.
PREVIEW = "(preview: this copy has no unsubscribe link)"

SUBJECT_LENGTH = 78  # RFC 5322 2.1.1 recommends it for a line, and phones show less
_SOFT_BREAK = b"=\r\n"

# Line ends, controls, and what turns the direction of text or marks our own places.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ue000\ue001]+")
_LINE_END = re.compile("\r\n|\r|\n")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_MAILBOX = re.compile(r'(?:"?(?P<name>[^"<>]*?)"? *<)?(?P<address>[^<>]+)>?')
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,200}@[A-Za-z0-9.-]{1,255}>")
_BOUNDARY = re.compile(r"[A-Za-z0-9._-]{1,60}")
_DATE = re.compile(r"[A-Za-z0-9,:+ -]{1,60}")
_URL = re.compile(r"https?://[!-;=?-~]+")  # no space, no <, no >
_UNSUBSCRIBE_LINK = re.compile(f"<a\\b[^<>]*{UNSUBSCRIBE}[^<>]*>.*?</a>", re.DOTALL)


def mail(part: Part, settings: Settings) -> bytes:
    """One mail to one reader, with the reader's own unsubscribe address where the body asks for it.

    A part without `subscription` in its values is a message to the operator: no List headers.
    Without LITBOT_PUBLIC_URL or LITBOT_SECRET_KEY a note stands in the address's place, so a
    caller that really sends must have refused.  Raise DeliveryError for what no mail can carry.
    """
    body, values = part.body, part.values
    url = unsubscribe_url(part, settings)
    # "=_" cannot stand in quoted-printable text, so no body can hold the boundary (RFC 2045 6.7).
    boundary = "=_" + _checked(_BOUNDARY, values["boundary"].removeprefix("=_"), "boundary")
    lines = [
        *_sender(settings),
        f"To: {_checked(_ADDRESS, part.target, 'target')}",
        f"Subject: {_subject(body['subject'])}",
        f"Date: {_date(values['date'])}",
        f"Message-ID: {_checked(_MESSAGE_ID, values['message_id'], 'message_id')}",
        *_thread(part),
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
    ]
    if "subscription" in values:
        lines += ["Precedence: list", f"List-Id: {_list_id(body['list_id'], settings)}"]
    if url:
        # No mailto: nobody reads such a mailbox, and an address that does nothing is worse.
        lines.append(f"List-Unsubscribe: <{url}>")
    if url.startswith("https:"):  # RFC 8058 3.1: one click is offered over https only
        lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{boundary}"']
    fence = f"--{boundary}".encode()
    return b"\r\n".join(
        [
            *(line.encode("ascii") for line in lines),
            b"",
            fence,
            b"Content-Type: text/plain; charset=utf-8",
            b"Content-Transfer-Encoding: quoted-printable",
            b"",
            _filled(body["text"], url),
            fence,
            b"Content-Type: text/html; charset=utf-8",
            b"Content-Transfer-Encoding: quoted-printable",
            b"",
            _filled(body["html"], markup.escape(url)),
            fence + b"--",
            b"",
        ]
    )


def page(part: Part, settings: Settings) -> str:
    """The HTML of a mail, as a reader's mail program shows it."""
    url = unsubscribe_url(part, settings)
    body = part.body["html"]
    return body.replace(UNSUBSCRIBE, markup.escape(url)) if url else _noted(body)


def post(part: Part) -> dict[str, object]:
    """The arguments of chat.postMessage, or of chat.update for a part that replaces another."""
    arguments: dict[str, object] = json.loads(part.body["payload"])
    arguments |= {"channel": part.target}
    if part.replaces:  # without metadata it keeps its own: the key that it was posted under
        return arguments | {"ts": part.replaces}
    # Readable by every member of the workspace: the key, and nothing about a person.
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": part.key}}
    arguments |= {"metadata": metadata, "unfurl_links": False, "unfurl_media": False}
    return arguments | ({"thread_ts": part.reply_to} if part.reply_to else {})


def unsubscribe_url(part: Part, settings: Settings) -> str:
    """The reader's own address, made when it is sent and stored nowhere; empty when there is none.

    Raise DeliveryError when LITBOT_PUBLIC_URL would break the header that names it.
    """
    secret = settings.secret_key.get_secret_value()
    if "subscription" not in part.values or not settings.public_url or not secret:
        return ""
    url = subscribing.unsubscribe_url(
        settings.public_url,
        secret,
        int(part.values["subscription"]),
        int(part.values["generation"]),
    )
    if not _URL.fullmatch(url) or len(url) > 900:  # a line has at most 998 octets
        raise DeliveryError(
            "email", "LITBOT_PUBLIC_URL: not an address in ASCII without spaces and < >"
        )
    return url


def sender_address(settings: Settings) -> str:
    """The bare address of LITBOT_MAIL_FROM.  Raise DeliveryError when it holds none."""
    return _mailbox(settings)[1]


def _mailbox(settings: Settings) -> tuple[str, str]:
    """The name, which may be empty, and the address of LITBOT_MAIL_FROM."""
    given = _MAILBOX.fullmatch(settings.mail_from.strip())
    if not given or not _ADDRESS.fullmatch(given["address"]):
        raise DeliveryError(
            "email", "LITBOT_MAIL_FROM: not an address, e.g. Literature <litbot@example.org>"
        )
    return _cut(given["name"] or ""), given["address"]


def _sender(settings: Settings) -> list[str]:
    name, address = _mailbox(settings)
    if name.isascii():
        mailbox = formataddr((name, address))
    else:
        mailbox = f"{_words(name, 'From')}\r\n <{address}>"
    # Reply-To says the same again: a relay that rewrites From leaves it alone.
    return [f"From: {mailbox}", f"Reply-To: {mailbox}"]


def _thread(part: Part) -> list[str]:
    earlier = part.reply_to or part.replaces
    if not earlier:
        return []
    message_id = _checked(_MESSAGE_ID, earlier, "reply_to")
    return [f"In-Reply-To: {message_id}", f"References: {message_id}"]


def _checked(form: re.Pattern[str], value: str, name: str) -> str:
    """The value, when it has this form; it goes into the message as it is."""
    if not form.fullmatch(value):
        raise DeliveryError("email", f"{name}: cannot stand in a mail header", permanent=True)
    return value


def _date(value: str) -> str:
    try:
        parsedate_to_datetime(value)
    except ValueError as error:
        raise DeliveryError("email", "date: not in the form of RFC 5322", permanent=True) from error
    return _checked(_DATE, value, "date")


def _list_id(text: str, settings: Settings) -> str:
    """A list's name in the sender's domain, unless it names a domain itself (RFC 2919)."""
    label = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "digest"
    if len(label) > 128:  # RFC 2919 allows 255 in all
        label = label[:100] + hashlib.sha256(label.encode()).hexdigest()[:20]
    domain = sender_address(settings).rpartition("@")[2]
    return f"<{label}>" if "." in label else f"<{label}.{domain}>"


def _subject(text: str) -> str:
    subject = _cut(text) or "(no subject)"
    return subject if subject.isascii() and "=?" not in subject else _words(subject, "Subject")


def _cut(text: str) -> str:
    line = " ".join(_UNSAFE.sub(" ", text).split()).encode("utf-8", "replace").decode()
    return line if len(line) <= SUBJECT_LENGTH else line[: SUBJECT_LENGTH - 3].rstrip() + "..."


def _words(text: str, header: str) -> str:
    """Encoded words of at most 75 octets each, folded (RFC 2047 section 2)."""
    return Header(text, "utf-8", maxlinelen=76, header_name=header).encode(linesep="\r\n")


def _filled(body: str, url: str) -> bytes:
    """The body as quoted-printable, with the address, or else the note, where it asks for it."""
    pieces = _encoded(body if url else _noted(body))
    return (_SOFT_BREAK + _unfinished(url) + _SOFT_BREAK).join(pieces)


def _noted(body: str) -> str:
    """The body with a note where links would be that nobody answers."""
    return _UNSUBSCRIBE_LINK.sub(PREVIEW, body).replace(UNSUBSCRIBE, PREVIEW)


@lru_cache(maxsize=16)  # a batch has few different bodies, of up to 100 KB each
def _encoded(body: str) -> tuple[bytes, ...]:
    """The body around the places of the address: the same for every reader, so encoded once."""
    *pieces, last = body.split(UNSUBSCRIBE)
    return (*(_unfinished(piece) for piece in pieces), _quoted(last))


def _unfinished(text: str) -> bytes:
    """Quoted text whose last line goes on, and has room left for the "=" that says so."""
    return _quoted(text + "x")[:-1]


def _quoted(text: str) -> bytes:
    lines = _LINE_END.sub("\r\n", text).encode("utf-8", "replace")
    quoted = binascii.b2a_qp(lines, istext=True)
    # It breaks long lines as the first line of the text ends, or with a bare LF where none does.
    return quoted.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
