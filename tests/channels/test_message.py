"""Messages: what goes over the wire is well formed whatever the record says, and always the same."""

from __future__ import annotations

import email
import email.policy
import json
import re
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import subscribing
from bot.channels import message
from bot.config import Settings
from bot.errors import DeliveryError
from bot.ports import UNSUBSCRIBE, Part

SETTINGS = Settings.model_validate(
    {
        "mail_from": "Literature <lit@clinic.example>",
        "public_url": "https://lit.clinic.example/",
        "secret_key": "a key for tests",
        "postal_address": "1 Ward Street",
    }
)
TEXT = f"""Two new studies

1. Ketamine and 5 < 6 & more: naïve patients
   https://pubmed.ncbi.nlm.nih.gov/1/

Unsubscribe: {UNSUBSCRIBE}
"""
HTML = (
    '<!doctype html><html lang="en"><head><title>Two new studies</title></head><body><h1>Two</h1>'
    '<p><a href="https://pubmed.ncbi.nlm.nih.gov/1/">Ketamine and 5 &lt; 6</a></p>'
    f'<p><a style="color:#0b57d0" href="{UNSUBSCRIBE}">Unsubscribe</a></p></body></html>'
)
VALUES = {
    "message_id": "<7.2026-11-23.1@lit.clinic.example>",
    "date": "Mon, 23 Nov 2026 07:00:00 +0000",
    "boundary": "b1f0c4",
    "subscription": "7",
    "generation": "2",
}


def part(**changes: object) -> Part:
    """A digest's part; a change may be a field, a key of its body, or one of its values."""
    fields = {"key": "7:2026-11-23:1", "target": "ann@ward.example", "reply_to": "", "replaces": ""}
    body = {"subject": "Ketamine: 2 studies", "text": TEXT, "html": HTML, "list_id": "ketamine"}
    values = dict(VALUES)
    for name, value in changes.items():
        for fills in (fields, body, values):
            if name in fills:
                fills[name] = str(value)
    return Part(**fields, body=body, values=values)


def to_operator() -> Part:
    ours = {
        key: value for key, value in VALUES.items() if key not in ("subscription", "generation")
    }
    body = {
        "subject": "Source broken: Journal of X",
        "text": "The feed of the Journal of X has not answered since Monday; nothing is lost.\n",
        "html": '<html lang="en"><head><title>Broken</title></head><body><p>Broken.</p></body></html>',
    }
    return Part(key="op:1", target="boss@clinic.example", body=body, values=ours)


def parsed(content: bytes) -> EmailMessage:
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def body(read: EmailMessage, kind: str) -> str:
    return read.get_body((kind,)).get_payload(decode=True).decode().replace("\r\n", "\n")


def header_block(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[0]


def header_names(content: bytes) -> list[str]:
    return re.findall(r"^([A-Za-z-]+):", header_block(content).decode("ascii"), re.MULTILINE)


USUAL = header_names(message.mail(part(), SETTINGS))


def test_a_digest_is_plain_text_first_and_html_last() -> None:
    read = parsed(message.mail(part(), SETTINGS))

    assert [alternative.get_content_type() for alternative in read.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert not read.defects
    assert read["To"] == "ann@ward.example"
    assert read["From"] == "Literature <lit@clinic.example>"
    assert read["Message-ID"] == VALUES["message_id"]
    assert read["Auto-Submitted"] == "auto-generated"


def test_the_unsubscribe_address_stands_in_both_bodies_and_the_header() -> None:
    content = message.mail(part(), SETTINGS)
    read = parsed(content)
    token = subscribing.token("a key for tests", "unsubscribe", 7, 2)
    url = f"https://lit.clinic.example/unsubscribe/{token}"

    assert body(read, "plain") == TEXT.replace(UNSUBSCRIBE, url)
    assert body(read, "html") == HTML.replace(UNSUBSCRIBE, url)
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in content
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content
    assert read["List-Id"] == "<ketamine.clinic.example>"
    assert read["Precedence"] == "list"


@pytest.mark.parametrize("length", [20, 75, 200, 700])
def test_a_long_unsubscribe_address_is_never_encoded_or_folded(length: int) -> None:
    long = SETTINGS.model_copy(update={"public_url": "https://lit.example/" + "p" * length})

    content = message.mail(part(), long)

    [line] = [line for line in content.split(b"\r\n") if line.startswith(b"List-Unsubscribe:")]
    assert b"=?" not in line
    assert line.endswith(b">")
    assert len(line) <= 998


def test_one_click_is_not_offered_without_https() -> None:
    plain = SETTINGS.model_copy(update={"public_url": "http://127.0.0.1:8080"})

    assert "List-Unsubscribe-Post" not in header_names(message.mail(part(), plain))


def test_the_same_part_gives_the_same_bytes() -> None:
    first = message.mail(part(), SETTINGS)
    message._encoded.cache_clear()

    assert message.mail(part(), SETTINGS) == first


def test_a_message_to_the_operator_has_no_list_headers() -> None:
    names = header_names(message.mail(to_operator(), SETTINGS))

    assert not [name for name in names if name.startswith("List-") or name == "Precedence"]
    assert "Auto-Submitted" in names


def test_a_second_part_names_the_first() -> None:
    read = parsed(message.mail(part(reply_to="<first@lit.example>"), SETTINGS))

    assert read["In-Reply-To"] == read["References"] == "<first@lit.example>"


LINE_ENDS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("end", LINE_ENDS, ids=[repr(end) for end in LINE_ENDS])
@pytest.mark.parametrize("place", ["subject", "list_id", "text", "html", "key"])
def test_no_text_of_a_record_or_a_query_can_add_a_header(place: str, end: str) -> None:
    hostile = part(**{place: f"a{end}Bcc: all@ward.example{end}{end}<b>"})

    content = message.mail(hostile, SETTINGS)

    assert header_names(content) == USUAL
    assert not re.search(rb"[^\x20-\x7e\r\n]|\r(?!\n)|(?<!\r)\n", content)


@pytest.mark.parametrize("end", [*LINE_ENDS, " ", ",", "ü", ">"])
@pytest.mark.parametrize("place", ["target", "message_id", "boundary", "date", "reply_to"])
def test_what_goes_into_a_header_as_it_is_must_have_its_form(place: str, end: str) -> None:
    usual = {**VALUES, "target": "ann@ward.example", "reply_to": "<first@lit.example>"}[place]
    hostile = part(**{place: f"{usual}{end}Bcc: all@ward.example"})

    with pytest.raises(DeliveryError) as caught:
        message.mail(hostile, SETTINGS)

    assert caught.value.permanent
    assert "ward.example" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("public_url", "https://lit.example/ a"),
        ("public_url", "https://lit.example/>\r\nBcc: x"),
        ("public_url", "https://bücher.example"),
        ("mail_from", "nobody"),
        ("mail_from", ""),
        ("mail_from", "Lit <lit@clinic.example\r\nBcc: x@y.example>"),
        ("mail_from", "a@clinic.example, b@clinic.example"),
    ],
)
def test_settings_that_no_header_can_carry_are_named(setting: str, value: str) -> None:
    with pytest.raises(DeliveryError, match=f"LITBOT_{setting.upper()}") as caught:
        message.mail(part(), SETTINGS.model_copy(update={setting: value}))

    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("Literature", "Literature"),
        ("Ward 3, Literature", "Ward 3, Literature"),
        ('"Ward 3, Literature"', "Ward 3, Literature"),
        ("Zoë Bücher, MD", "Zoë Bücher, MD"),
        ("Zoë\r\nBcc: x", "Zoë Bcc: x"),
        ("Lit\nBcc: x", "Lit Bcc: x"),
    ],
)
def test_any_senders_name_is_one_name(name: str, shown: str) -> None:
    named = SETTINGS.model_copy(update={"mail_from": f"{name} <lit@clinic.example>"})

    content = message.mail(part(), named)

    assert header_names(content) == USUAL
    [mailbox] = parsed(content)["From"].addresses
    assert (mailbox.display_name, mailbox.addr_spec) == (shown, "lit@clinic.example")


@settings(deadline=None)  # the machine may be busy
@given(subject=st.text(max_size=120))
@example(subject="Änderung " * 12)
@example(subject="=?utf-8?q?hidden?=")
@example(subject="👩‍⚕️" * 40)
@example(subject="a" * 78)
@example(subject="a" * 79)
def test_a_subject_survives_in_short_encoded_words(subject: str) -> None:
    content = message.mail(part(subject=subject), SETTINGS)
    raw = re.search(rb"\r\nSubject: ((?:.|\r\n )*)\r\nDate", content)

    read = str(email.header.make_header(email.header.decode_header(raw[1].decode("ascii"))))
    assert len(read) <= 78
    assert read == message._cut(subject) or not message._cut(subject)
    assert max(map(len, b"Subject: ".join([b"", raw[1]]).split(b"\r\n"))) <= 87
    for word in re.findall(rb"=\?[^ \r\n]*\?=", raw[1]):
        assert len(word) <= 75


@settings(deadline=None)  # the machine may be busy
@given(
    before=st.text(max_size=300),
    after=st.text(max_size=300),
)
@example(before="x" * 75, after=".\n..\n")
@example(before="From here\n.", after=" ")
@example(before="=\r\n", after="\r\n--=_b1f0c4--\r\n")
@example(before="\t", after="\ud800")
@example(before="000" + 8 * "\x80" + 2 * "\U00010000" + "0", after=" ")
def test_any_body_reads_back_as_it_was_written(before: str, after: str) -> None:
    content = message.mail(part(text=before + UNSUBSCRIBE + after), SETTINGS)

    url = message.unsubscribe_url(part(), SETTINGS)
    whole = (before + UNSUBSCRIBE + after).replace(UNSUBSCRIBE, url)
    expected = whole.encode("utf-8", "replace").decode()
    read = parsed(content).get_body(("plain",)).get_payload(decode=True).decode()
    assert re.sub("\r\n|\r", "\n", read) == re.sub("\r\n|\r", "\n", expected)
    assert max(map(len, content.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_preview_has_a_note_and_no_link() -> None:
    unset = SETTINGS.model_copy(update={"public_url": ""})

    read = parsed(message.mail(part(), unset))

    for shown in (
        read.get_body(("plain",)).get_content(),
        read.get_body(("html",)).get_content(),
        message.page(part(), unset),
    ):
        assert message.PREVIEW in shown
        assert UNSUBSCRIBE not in shown
        assert "/unsubscribe/" not in shown
    assert "href" not in message.page(part(html=f'<a href="{UNSUBSCRIBE}">Stop</a>'), unset)
    assert "List-Unsubscribe" not in read


def test_a_slack_post_says_where_it_goes_and_carries_its_key() -> None:
    body = {"payload": json.dumps({"text": "Two studies", "unfurl_links": True, "channel": "C9"})}

    arguments = message.post(Part(key="k", target="C024BE91L", body=body, reply_to="1.000002"))

    assert arguments == {
        "text": "Two studies",
        "channel": "C024BE91L",
        "thread_ts": "1.000002",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "litbot_digest", "event_payload": {"key": "k"}},
    }


@pytest.mark.parametrize(
    ("sent", "flags"),
    [(part(), []), (to_operator(), ["--transactional"])],
    ids=["digest", "to the operator"],
)
def test_an_independent_checker_finds_no_fault(
    sent: Part, flags: list[str], shared: Path, tmp_path: Path
) -> None:
    checker = shared / "tools" / "check_email.py"
    if not checker.exists():
        pytest.skip(f"no checker at {checker}")
    (tmp_path / "mail.eml").write_bytes(message.mail(sent, SETTINGS))

    done = subprocess.run(
        [sys.executable, str(checker), str(tmp_path / "mail.eml"), *flags],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
