"""The sandbox's mail server speaks as the client expects, and fails in every way it is asked to."""

from __future__ import annotations

import smtplib
from urllib.parse import urlsplit

import pytest

from bot.sandbox.smtp import Mailbox

MAIL = b"From: a@lit.example\r\nSubject: seven\r\n\r\nBody\r\n"


def client(mailbox: Mailbox) -> smtplib.SMTP:
    url = urlsplit(mailbox.url)
    return smtplib.SMTP(url.hostname or "", url.port or 0, timeout=5)


def test_it_keeps_what_it_accepts() -> None:
    with Mailbox() as mailbox, client(mailbox) as smtp:
        smtp.sendmail("a@lit.example", ["ann@clinic.example"], MAIL)

    [received] = mailbox.messages
    assert received.sender == "a@lit.example"
    assert received.recipients == ("ann@clinic.example",)
    assert received.content == MAIL
    assert received.message["Subject"] == "seven"


@pytest.mark.parametrize(
    ("local", "code"),
    [("nouser", 550), ("full", 452), ("grey", 450), ("policy", 550)],
)
def test_recipients_are_refused_by_their_local_part(local: str, code: int) -> None:
    with Mailbox() as mailbox, client(mailbox) as smtp:
        smtp.ehlo()
        smtp.mail("a@lit.example")
        assert smtp.rcpt(f"{local}+tag@clinic.example")[0] == code

    assert mailbox.messages == []


def test_a_greylisted_recipient_is_accepted_the_second_time() -> None:
    with Mailbox() as mailbox, client(mailbox) as smtp:
        smtp.ehlo()
        smtp.mail("a@lit.example")
        codes = [smtp.rcpt("grey@clinic.example")[0] for _ in range(2)]

    assert codes == [450, 250]


def test_a_rule_skips_and_counts() -> None:
    with Mailbox() as mailbox, client(mailbox) as smtp:
        mailbox.fail("full", skip=1, times=2)
        smtp.ehlo()
        smtp.mail("a@lit.example")
        codes = [smtp.rcpt("ann@clinic.example")[0] for _ in range(4)]

    assert codes == [250, 452, 452, 250]


def test_the_hooks_see_a_mail_just_before_and_just_after_it_is_kept() -> None:
    seen = []
    with Mailbox() as mailbox, client(mailbox) as smtp:
        mailbox.before_accept = lambda _received: seen.append(len(mailbox.messages))
        mailbox.on_accept = lambda _received: seen.append(len(mailbox.messages))
        smtp.sendmail("a@lit.example", ["ann@clinic.example"], MAIL)

    assert seen == [0, 1]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_login_is_asked_for_when_there_is_one() -> None:
    with Mailbox(login=("lit", "se/cret@1")) as mailbox, client(mailbox) as smtp:
        assert mailbox.url.startswith("smtp://lit:se%2Fcret%401@127.0.0.1:")
        smtp.ehlo()
        assert smtp.mail("a@lit.example")[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login("lit", "wrong")
        smtp.login("lit", "se/cret@1")
        assert smtp.mail("a@lit.example")[0] == 250
