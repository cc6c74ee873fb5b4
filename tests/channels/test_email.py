"""The email channel against a real mail server: nothing lost, and each fault told apart."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.channels import email, message
from bot.config import Settings
from bot.errors import DeliveryError, SettingsError
from bot.ports import UNSUBSCRIBE, Part
from bot.sandbox.smtp import Mailbox

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def settings(url: str, **changes: str) -> Settings:
    values = {
        "smtp_url": url,
        "mail_from": "Literature <lit@clinic.example>",
        "public_url": "https://lit.clinic.example",
        "secret_key": "a key for tests",
        "postal_address": "1 Ward Street",
    }
    return Settings.model_validate({**values, **changes})


def digest(target: str = "ann@ward.example", number: int = 1) -> Part:
    return Part(
        key=f"7:{number}",
        target=target,
        body={
            "subject": "Two studies",
            "text": f"Two studies\n.\nStop: {UNSUBSCRIBE}\n",
            "html": f'<p><a href="{UNSUBSCRIBE}">Unsubscribe</a></p>',
            "list_id": "ketamine",
        },
        values={
            "message_id": f"<7.{number}@clinic.example>",
            "date": "Mon, 23 Nov 2026 07:00:00 +0000",
            "boundary": f"b{number}",
            "subscription": "7",
            "generation": "1",
        },
    )


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


def channel(mailbox: Mailbox, **changes: str) -> email.Email:
    built = email.build(settings(mailbox.url, **changes), None)
    built.timeout = built.accept_timeout = 5.0
    return built


def test_a_mail_arrives_byte_for_byte_and_its_receipt_is_its_message_id(mailbox: Mailbox) -> None:
    receipt = channel(mailbox).send(digest())

    [received] = mailbox.messages
    assert received.content == message.mail(digest(), settings(mailbox.url))
    assert received.recipients == ("ann@ward.example",)
    assert received.sender == "lit@clinic.example"
    assert receipt.id == "<7.1@clinic.example>" == received.message["Message-ID"]


def test_a_batch_goes_over_one_connection(mailbox: Mailbox) -> None:
    sender = channel(mailbox)

    for number in range(5):
        sender.send(digest(number=number))
    sender.close()

    assert len(mailbox.messages) == 5
    assert mailbox.connections == 1


def test_a_connection_that_was_dropped_between_two_mails_is_made_again(mailbox: Mailbox) -> None:
    sender = channel(mailbox)
    sender.send(digest(number=1))

    mailbox.hang_up()
    sender.send(digest(number=2))

    assert len(mailbox.messages) == 2
    assert mailbox.connections == 2


REFUSALS = [
    ("nouser", True, "recipient refused (550 5.1.1)"),
    ("full", False, "recipient refused (452 4.2.2)"),
    ("grey", False, "recipient refused (450 4.7.1)"),
    ("policy", False, "refused by policy (550 5.7.1)"),
    ("spam", True, "refused by policy (550 5.7.1): 5.7.1 this looks like spam to (address)"),
    ("toolarge", True, "mail refused (552 5.3.4)"),
    ("nodata", True, "mail refused (554 5.5.1)"),
]


@pytest.mark.parametrize(("local", "permanent", "said"), REFUSALS)
def test_a_refusal_is_for_good_or_for_now_and_names_nobody(
    mailbox: Mailbox, local: str, permanent: bool, said: str
) -> None:
    sender = channel(mailbox)

    with pytest.raises(DeliveryError) as caught:
        sender.send(digest(f"{local}@ward.example"))
    sender.send(digest("ann@ward.example", number=2))

    assert caught.value.permanent == permanent
    assert not caught.value.unknown
    assert not caught.value.service_down
    assert said in str(caught.value)
    error: BaseException | None = caught.value
    while error:
        assert "ward.example" not in str(error)
        error = error.__cause__
    assert [received.recipients for received in mailbox.messages] == [("ann@ward.example",)]


def test_what_a_server_says_of_a_recipient_is_not_repeated(mailbox: Mailbox) -> None:
    with pytest.raises(DeliveryError) as caught:  # the server says: no user NAME here
        channel(mailbox).send(digest("nouser@ward.example"))

    assert "nouser" not in str(caught.value)


def test_a_greylisted_mail_is_accepted_at_the_second_attempt(mailbox: Mailbox) -> None:
    sender = channel(mailbox)
    with pytest.raises(DeliveryError):
        sender.send(digest("grey@ward.example"))

    sender.send(digest("grey@ward.example"))

    assert len(mailbox.messages) == 1


def test_a_refused_sender_is_the_channels_fault_not_the_parts(mailbox: Mailbox) -> None:
    mailbox.fail("nosender")

    with pytest.raises(DeliveryError, match="LITBOT_MAIL_FROM") as caught:
        channel(mailbox).send(digest())

    assert not caught.value.permanent


def test_a_server_that_closes_down_is_asked_again_later(mailbox: Mailbox) -> None:
    mailbox.fail("closing")
    sender = channel(mailbox)

    with pytest.raises(DeliveryError) as caught:
        sender.send(digest())
    sender.send(digest())

    assert not caught.value.permanent
    assert caught.value.service_down
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize(
    ("fault", "unknown", "kept"),
    [
        ("drop", True, 1),
        ("lose", True, 0),
        ("nonsense", True, 0),
        ("lose-early", False, 0),
    ],
)
def test_a_connection_lost_after_data_leaves_the_outcome_unknown(
    mailbox: Mailbox, fault: str, unknown: bool, kept: int
) -> None:
    mailbox.fail(fault)

    with pytest.raises(DeliveryError) as caught:
        channel(mailbox).send(digest())

    assert (caught.value.unknown, caught.value.permanent) == (unknown, False)
    assert len(mailbox.messages) == kept


@pytest.mark.parametrize(
    ("fault", "unknown"), [("hang", True), ("hang-kept", True), ("hang-early", False)]
)
def test_no_answer_in_time_is_told_from_a_lost_connection(
    mailbox: Mailbox, fault: str, unknown: bool
) -> None:
    mailbox.fail(fault)
    sender = channel(mailbox)
    sender.timeout = sender.accept_timeout = 0.2

    with pytest.raises(DeliveryError, match="no answer in time") as caught:
        sender.send(digest())

    assert caught.value.unknown == unknown
    assert caught.value.service_down


def test_a_retry_after_a_lost_answer_repeats_the_same_bytes(mailbox: Mailbox) -> None:
    mailbox.fail("drop")
    sender = channel(mailbox)
    with pytest.raises(DeliveryError) as caught:
        sender.send(digest())

    assert caught.value.unknown
    assert not sender.finds
    assert sender.find(digest(), datetime(2026, 11, 23, tzinfo=UTC)) is None
    sender.send(digest())

    first, second = mailbox.messages
    assert first.content == second.content


@pytest.mark.parametrize("name", ["mail_from", "public_url", "secret_key", "postal_address"])
def test_no_digest_is_mailed_while_its_links_have_no_answer(mailbox: Mailbox, name: str) -> None:
    incomplete = channel(mailbox, **{name: ""})

    with pytest.raises(DeliveryError, match=f"set LITBOT_{name.upper()}$") as caught:
        incomplete.send(digest())
    with pytest.raises(DeliveryError, match=f"LITBOT_{name.upper()}"):
        incomplete.check()

    assert not caught.value.permanent
    assert mailbox.messages == []


def test_the_operator_is_told_even_so(mailbox: Mailbox) -> None:
    told = Part(
        key="op:1",
        target="boss@clinic.example",
        body={"subject": "Source broken", "text": "It is.\n", "html": "<p>It is.</p>"},
        values={
            "message_id": "<op.1@clinic.example>",
            "date": "Mon, 23 Nov 2026 07:00:00 +0000",
            "boundary": "b",
        },
    )

    channel(mailbox, public_url="", postal_address="").send(told)

    assert len(mailbox.messages) == 1


def test_the_login_is_decoded_from_the_address() -> None:
    with Mailbox(login=("lit@clinic", "p:a/s@s%?#")) as mailbox:
        sender = channel(mailbox)
        sender.check()
        sender.send(digest())

    assert len(mailbox.messages) == 1


def test_a_wrong_password_is_named_and_the_part_waits() -> None:
    with Mailbox(login=("lit", "right")) as mailbox:
        wrong = email.build(settings(mailbox.url.replace("right", "hunter2")), None)

        for attempt in (wrong.check, lambda: wrong.send(digest())):
            with pytest.raises(
                DeliveryError, match=r"login refused \(535\): check the password in LITBOT_SMTP_URL"
            ) as caught:
                attempt()
            assert not caught.value.permanent
            assert not caught.value.unknown
            assert caught.value.service_down
            assert "hunter2" not in str(caught.value)


def test_a_missing_login_is_named() -> None:
    with Mailbox(login=("lit", "right")) as mailbox:
        bare = email.build(settings(mailbox.url.replace("lit:right@", "")), None)

        with pytest.raises(DeliveryError, match="check the password in LITBOT_SMTP_URL") as caught:
            bare.send(digest())

    assert not caught.value.permanent


def test_a_password_is_never_sent_in_the_clear_to_another_machine() -> None:
    with Mailbox(login=("lit", "right")) as mailbox:
        other = mailbox.url.replace("127.0.0.1", "0.0.0.0")

        with pytest.raises(DeliveryError, match="offers no STARTTLS") as caught:
            email.build(settings(other), None).send(digest())

    assert not caught.value.permanent
    assert mailbox.messages == []


def test_a_server_that_is_not_there_is_named(mailbox: Mailbox) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(
        DeliveryError, match=f"127.0.0.1:{port}: cannot connect: .*refused"
    ) as caught:
        email.build(settings(f"smtp://127.0.0.1:{port}"), None).check()

    assert not caught.value.permanent
    assert not caught.value.unknown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.clinic.example",
        "http://mail.clinic.example",
        "smtp://",
        "smtp://u:hunter2@host:port",
        "smtp://u:hunter2@[host",
        "smtp://ü:hunter2@host",
    ],
)
def test_a_wrong_address_of_the_server_is_a_settings_error_without_the_password(url: str) -> None:
    with pytest.raises(SettingsError, match="LITBOT_SMTP_URL") as caught:
        email.build(settings(url), None)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that signs itself, as mail servers inside hospitals have."""
    program = shutil.which("openssl")
    if not program:
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=sandbox.invalid", "-days", "2", "-keyout", path, "-out",
         path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


def encrypted(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("tls_first", [False, True], ids=["STARTTLS", "smtps"])
def test_a_connection_is_encrypted_where_that_is_offered(
    certificate: Path, tls_first: bool
) -> None:
    with Mailbox(tls=encrypted(certificate), tls_first=tls_first, login=("lit", "pw")) as mailbox:
        sender = channel(mailbox)
        sender.send(digest())
        assert isinstance(sender._smtp.sock, ssl.SSLSocket)

    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("tls_first", [False, True], ids=["STARTTLS", "smtps"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Path, tls_first: bool
) -> None:
    with Mailbox(tls=encrypted(certificate), tls_first=tls_first) as mailbox:
        other = mailbox.url.replace("127.0.0.1", "0.0.0.0")

        with pytest.raises(DeliveryError, match="SSL_CERT_FILE") as caught:
            email.build(settings(other), None).send(digest())

    assert not caught.value.permanent
    assert mailbox.messages == []
