"""The email channel: one mail to one reader, over one SMTP connection kept for a batch.

Errors are told apart by whose fault they are.  A wrong password or sender is the channel's: the
part waits, and the operator is told what to set.  A refused recipient or content is the part's,
for good (5xx) or for now (4xx).  When the connection is lost after DATA began, the mail may have
been accepted: nobody can look, so it is sent again with the same Message-ID.

One thread at a time.
"""

from __future__ import annotations

import ipaddress
import re
import smtplib
import ssl
from contextlib import suppress
from datetime import datetime
from urllib.parse import unquote, urlsplit

from bot.channels import message
from bot.config import Settings
from bot.errors import DeliveryError, SettingsError
from bot.ports import Part, Receipt

TIMEOUT = 30.0  # seconds for each answer
ACCEPT_TIMEOUT = 120.0  # for the answer to the mail itself: giving up early means sending twice
PORTS = {"smtp": 587, "smtps": 465}  # RFC 6409 and RFC 8314, where the address names none
LOGIN_CODES = (530, 534, 535, 538)  # RFC 4954 section 6

_FORM = "write smtp://user:password@host:587 or smtps://user:password@host"
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463
_ANY_ADDRESS = re.compile(r"\S*@\S*")
_UNPRINTABLE = re.compile(r"[^ -~]+")


def build(settings: Settings, _http: object) -> Email:
    """The channel for LITBOT_SMTP_URL.  Raise SettingsError when that is not such an address."""
    return Email(settings)


class Email:
    """Holds the connection to the mail server: made at the first mail, and again when lost."""

    name = "email"
    finds = False

    def __init__(self, settings: Settings) -> None:
        self.timeout = TIMEOUT
        self.accept_timeout = ACCEPT_TIMEOUT
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None
        try:
            url = urlsplit(settings.smtp_url.get_secret_value())
            port = url.port
        except ValueError:  # the cause would show the password
            raise SettingsError(f"LITBOT_SMTP_URL: not an address; {_FORM}") from None
        if url.scheme not in PORTS or not url.hostname:
            raise SettingsError(f"LITBOT_SMTP_URL: not an address; {_FORM}")
        self._tls_first = url.scheme == "smtps"
        self._host = url.hostname
        self._port = port or PORTS[url.scheme]
        self._user = unquote(url.username or "")
        self._password = unquote(url.password or "")
        if not (self._user + self._password).isascii():
            raise SettingsError("LITBOT_SMTP_URL: the login has letters that SMTP cannot carry")
        self._local = _is_loopback(self._host)

    def send(self, part: Part) -> Receipt:
        """Hand one mail over; the receipt is its Message-ID."""
        missing = self._settings.missing_for_email()
        if missing and "subscription" in part.values:
            raise _missing(missing)
        content = message.mail(part, self._settings)
        smtp = self._connection()
        began = False
        try:
            size = (f"size={len(content)}",) if smtp.has_extn("size") else ()
            _expect(smtp.mail(message.sender_address(self._settings), size), "MAIL")
            _expect(smtp.rcpt(part.target), "RCPT")
            if smtp.sock:
                smtp.sock.settimeout(self.accept_timeout)
            began = True
            _expect(smtp.data(content), "DATA")
        except smtplib.SMTPDataError as error:  # its words may hold the reader's address
            raise _refusal(error.smtp_code, error.smtp_error, "DATA") from None
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            stage = "after" if began else "before"
            raise DeliveryError(
                "email",
                f"{self._host}: {_lost(error)} {stage} the mail was handed over",
                unknown=began,
                service_down=_timed_out(error),  # each further mail would wait as long
            ) from error
        return Receipt(id=part.values["message_id"])

    def find(self, part: Part, since: datetime) -> Receipt | None:  # noqa: ARG002 the port's form
        """Nobody can look into a reader's mailbox."""
        return None

    def check(self) -> None:
        """Connect and log in, and see that no setting is missing that a digest needs."""
        self._connection()
        if missing := self._settings.missing_for_email():
            raise _missing(missing)
        message.sender_address(self._settings)

    def close(self) -> None:
        """Take leave of the server; the next mail connects again."""
        if self._smtp:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
        self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp:
            smtp.close()

    def _connection(self) -> smtplib.SMTP:
        """The connection of the mail before if it still answers, with nothing half done on it."""
        if self._smtp and self._smtp.sock:
            self._smtp.sock.settimeout(self.timeout)
            with suppress(smtplib.SMTPException, OSError):
                if self._smtp.rset()[0] == 250:
                    return self._smtp
        self._drop()
        try:
            return self._connect()
        except DeliveryError:
            self._drop()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise self._no_connection(error) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._local:  # a mail server on this machine has a certificate that it signed itself
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self._tls_first:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self.timeout, context=context
            )
        else:
            smtp = smtplib.SMTP(self._host, self._port, timeout=self.timeout)
        self._smtp = smtp
        smtp.ehlo_or_helo_if_needed()
        if not self._tls_first and smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif not self._tls_first and self._user and not self._local:
            raise self._trouble(
                "it offers no STARTTLS, and a password is never sent in the clear; use smtps://, "
                "or remove user and password from LITBOT_SMTP_URL"
            )
        if self._user:
            smtp.login(self._user, self._password)
        return smtp

    def _no_connection(self, error: Exception) -> DeliveryError:
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return _login_refused(error.smtp_code)
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._trouble(
                "its certificate is not trusted; name its authority's file in SSL_CERT_FILE"
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return self._trouble(
                "it offers no login here; use its submission port, or remove user and password "
                "from LITBOT_SMTP_URL"
            )
        if isinstance(error, smtplib.SMTPResponseException):
            return self._trouble(
                f"it refused us ({error.smtp_code}): {_without_addresses(error.smtp_error)}"
            )
        reason = getattr(error, "strerror", None) or _lost(error)
        return self._trouble(f"cannot connect: {reason}; check LITBOT_SMTP_URL")

    def _trouble(self, problem: str) -> DeliveryError:
        """What is wrong between us and the server: the part waits."""
        return DeliveryError("email", f"{self._host}:{self._port}: {problem}", service_down=True)


def _missing(names: tuple[str, ...]) -> DeliveryError:
    return DeliveryError(
        "email", f"no digest is mailed while its links have no answer; set {', '.join(names)}"
    )


def _login_refused(code: int) -> DeliveryError:
    if 400 <= code < 500:
        return DeliveryError("email", f"SMTP login refused for now ({code})", service_down=True)
    return DeliveryError(
        "email",
        f"SMTP login refused ({code}): check the password in LITBOT_SMTP_URL",
        service_down=True,
    )


def _expect(answer: tuple[int, bytes], command: str) -> None:
    """Raise DeliveryError unless the server agreed to this command."""
    code, reply = answer
    if not 200 <= code < 300:
        raise _refusal(code, reply, command)


def _refusal(code: int, reply: bytes | str, command: str) -> DeliveryError:
    """What a refusal means for the part: for good, for now, or the channel's own fault."""
    words = _without_addresses(reply)
    enhanced = _ENHANCED.search(words)
    status = f"{code} {enhanced[0]}" if enhanced else f"{code}"
    if command == "RCPT":  # these words are about the reader's address, and name it in some form
        words = ""
    said = f": {words}" if words else ""
    if code == 421:  # RFC 5321 4.2.2: it closes the connection, whatever the command
        return DeliveryError("email", f"the server closes down ({status}){said}", service_down=True)
    if code in LOGIN_CODES:
        return _login_refused(code)
    if command == "MAIL" and code != 552:  # 552 is about the size
        return DeliveryError(
            "email",
            f"sender refused ({status}): check LITBOT_MAIL_FROM and the login{said}",
            service_down=True,
        )
    if not 400 <= code < 600:
        return DeliveryError(
            "email", f"an answer that is not SMTP ({status})", unknown=command == "DATA"
        )
    if code >= 500 and enhanced and enhanced[0].startswith("5.7."):
        # A judgement of us or of the mail; it does not say that the reader's mailbox is gone.
        # Before the mail is seen it is most often the relay that is set up wrongly: try again.
        seen = command != "RCPT"
        return DeliveryError("email", f"refused by policy ({status}){said}", permanent=seen)
    what = "recipient refused" if command == "RCPT" else "mail refused"
    return DeliveryError("email", f"{what} ({status}){said}", permanent=code >= 500)


def _without_addresses(reply: bytes | str) -> str:
    """A server's words in one printable line of at most 200 characters, naming nobody."""
    words = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    return " ".join(_UNPRINTABLE.sub(" ", _ANY_ADDRESS.sub("(address)", words)).split())[:200]


def _lost(error: Exception) -> str:
    return "no answer in time" if _timed_out(error) else "the connection was lost"


def _timed_out(error: Exception) -> bool:
    # smtplib turns a time-out while reading into its own exception, and keeps it as the context
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
