"""A mail server on loopback that keeps what it accepts, and every way in which one fails."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

#: `drop` keeps the mail and breaks the connection without an answer; `lose` breaks it at the same
#: place and keeps nothing; `hang` and `hang-kept` answer nothing at that place.
Fault = Literal[
    "nouser",
    "full",
    "grey",
    "nosender",
    "closing",
    "nodata",
    "spam",
    "policy",
    "toolarge",
    "nonsense",
    "drop",
    "lose",
    "lose-early",
    "hang",
    "hang-kept",
    "hang-early",
]

AT_MAIL = {
    "nosender": "550 5.7.60 you may not send as this sender",
    "closing": "421 4.3.2 closing down, come back later",
}
AT_RCPT = {
    "nouser": "550 5.1.1 <{address}>: no user {local} here",
    "full": "452 4.2.2 <{address}>: mailbox full",
    "grey": "450 4.7.1 <{address}>: greylisted, try again later",
    "policy": "550 5.7.1 <{address}>: your address range is not welcome",
}
AT_DATA_COMMAND = {"nodata": "554 5.5.1 <{address}> is no valid recipient"}
AT_DATA = {
    "spam": "550 5.7.1 this looks like spam to {address}",
    "toolarge": "552 5.3.4 too large for us",
    "nonsense": "all is well, I think",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One mail that was accepted."""

    sender: str  #: Of the envelope.
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass(slots=True, kw_only=True)
class _Rule:
    fault: Fault
    recipient: str  #: Whole address, or empty for everybody.
    left: int  #: How many more times; negative for always.
    skip: int  #: How many mails go through first.


class Mailbox:
    """The server; a context manager.  `url` is what LITBOT_SMTP_URL should be.

    Faults come by the recipient's local part before any `+` (nouser@, full@, spam@ ...; grey@ only
    the first time), or by `fail`.  `before_accept` and `on_accept` are called with each mail just
    before and after it is kept, both before the client hears of it.
    """

    def __init__(
        self,
        *,
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        tls_first: bool = False,
        before_accept: Callable[[Received], None] | None = None,
        on_accept: Callable[[Received], None] | None = None,
    ) -> None:
        self.messages: list[Received] = []
        self.connections = 0  #: How many clients greeted us.
        self.before_accept = before_accept
        self.on_accept = on_accept
        self._login = login
        self._tls_first = tls_first
        self._rules: list[_Rule] = []
        self._greylisted: set[str] = set()
        self._lock = threading.Lock()
        self._server = _Server(
            _Desk(self),
            hostname="127.0.0.1",
            port=0,
            server_hostname="sandbox.invalid",
            ssl_context=tls if tls_first else None,
            tls_context=None if tls_first else tls,
            authenticator=self._knows if login else None,
            auth_required=bool(login),
            auth_require_tls=False,
        )

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hang_up()  # a server that stops waits for its connections to end
        self._server.stop()

    @property
    def url(self) -> str:
        """The server's address, with the login where one is asked for."""
        scheme = "smtps" if self._tls_first else "smtp"
        login = ""
        if self._login:
            user, password = self._login
            login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
        return f"{scheme}://{login}127.0.0.1:{self._server.port}"

    def fail(self, fault: Fault, *, recipient: str = "", times: int = 1, skip: int = 0) -> None:
        """Fail like this for one recipient or for everybody, `times` times (-1: always)."""
        with self._lock:
            self._rules.append(_Rule(fault=fault, recipient=recipient, left=times, skip=skip))

    def hang_up(self) -> None:
        """Break every connection, as a server does that waited for too long."""
        asyncio.run_coroutine_threadsafe(self._server.hang_up(), self._server.loop).result(10)

    def fault_at_mail(self) -> str:
        """The fault that the next MAIL command meets; empty when there is none."""
        with self._lock:
            return self._next_rule(lambda rule: rule.fault in AT_MAIL)

    def fault_for(self, address: str) -> str:
        """The fault that a mail to this address meets; a local part that names none is none."""
        with self._lock:
            fault = self._next_rule(
                lambda rule: rule.fault not in AT_MAIL and rule.recipient in ("", address)
            )
            fault = fault or address.partition("@")[0].partition("+")[0]
            if fault == "grey" and address in self._greylisted:
                return ""
            self._greylisted.add(address)
            return fault

    def keep(self, received: Received) -> None:
        """Accept one mail."""
        if self.before_accept:
            self.before_accept(received)
        with self._lock:
            self.messages.append(received)
        if self.on_accept:
            self.on_accept(received)

    def _next_rule(self, concerns: Callable[[_Rule], bool]) -> str:
        for rule in self._rules:
            if rule.left == 0 or not concerns(rule):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.left -= rule.left > 0
            return rule.fault
        return ""

    def _knows(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        user, password = given.login.decode(), given.password.decode()
        if (user, password) == self._login:
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)


class _Envelope(Envelope):
    """One mail on its way in, and the fault that it meets after RCPT."""

    fault = ""


class _Conversation(SMTP):
    """One connection."""

    def _create_envelope(self) -> _Envelope:
        return _Envelope()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 aiosmtpd's name
        """Refuse before the mail comes, where the fault says so."""
        fault = self.envelope.fault if isinstance(self.envelope, _Envelope) else ""
        if fault in AT_DATA_COMMAND and self.envelope:
            await self.push(AT_DATA_COMMAND[fault].format(address=self.envelope.rcpt_tos[0]))
        else:
            await super().smtp_DATA(arg)

    def hang_up(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


class _Server(Controller):
    """Takes a free port, and can break its connections."""

    conversations: tuple[_Conversation, ...] = ()

    def factory(self) -> _Conversation:
        conversation = _Conversation(self.handler, **self.SMTP_kwargs)
        self.conversations += (conversation,)
        return conversation

    async def hang_up(self) -> None:
        for conversation in self.conversations:
            conversation.hang_up()
        await asyncio.sleep(0)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd's own


class _Desk:
    """Answers the commands; aiosmtpd finds the methods by these names."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_EHLO(  # noqa: N802
        self,
        _conversation: _Conversation,
        session: Session,
        _envelope: _Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.mailbox.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self,
        _conversation: _Conversation,
        _session: Session,
        envelope: _Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if fault := self.mailbox.fault_at_mail():
            return AT_MAIL[fault]
        envelope.mail_from = address
        return "250 2.1.0 sender ok"

    async def handle_RCPT(  # noqa: N802
        self,
        conversation: _Conversation,
        _session: Session,
        envelope: _Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        fault = self.mailbox.fault_for(address)
        if fault in AT_RCPT:
            return AT_RCPT[fault].format(address=address, local=address.partition("@")[0])
        if fault == "lose-early":
            conversation.hang_up()
        if fault == "hang-early":
            await asyncio.Event().wait()
        envelope.fault = fault
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(  # noqa: N802
        self, conversation: _Conversation, _session: Session, envelope: _Envelope
    ) -> str:
        if envelope.fault in AT_DATA:
            return AT_DATA[envelope.fault].format(address=envelope.rcpt_tos[0])
        if envelope.fault not in ("lose", "hang"):
            assert isinstance(envelope.content, bytes)
            self.mailbox.keep(
                Received(
                    sender=envelope.mail_from or "",
                    recipients=tuple(envelope.rcpt_tos),
                    content=envelope.content,
                )
            )
        if envelope.fault in ("drop", "lose"):
            conversation.hang_up()
        if envelope.fault in ("hang", "hang-kept"):
            await asyncio.Event().wait()
        return "250 2.0.0 accepted"
