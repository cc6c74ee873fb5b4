"""A local PubMed, journals, a mail server and a Slack: for the demo and for the tests."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.config import Settings
from bot.http import Http
from bot.sandbox.eutils import Eutils
from bot.sandbox.journals import Journals
from bot.sandbox.slack import SlackApi
from bot.sandbox.smtp import Mailbox


class Sandbox:
    """The four servers on loopback, with one clock; a context manager."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.pubmed = Eutils()
        self.journals = Journals()
        self.mailbox = Mailbox()
        self.slack = SlackApi(clock=self._seconds)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            for server in (self.pubmed, self.journals, self.mailbox, self.slack):
                opened.enter_context(server)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def _seconds(self) -> float:
        return self.now.timestamp()

    def advance(self, to: datetime) -> None:
        """Set the clock: PubMed shows what was created by then, Slack stamps its messages."""
        self.now = to
        self.pubmed.today = to.date()

    def settings(self, folder: Path, **overrides: object) -> Settings:
        """Settings that reach only these servers, with the database in `folder`."""
        values: dict[str, object] = {
            "database_url": f"sqlite:///{folder}/litbot.db",
            "ncbi_email": "operator@sandbox.invalid",
            "ncbi_api_key": "sandbox",  # 10 requests a second instead of 3
            "eutils_url": self.pubmed.url,
            "smtp_url": self.mailbox.url,
            "mail_from": "litbot <litbot@sandbox.invalid>",
            "postal_address": "litbot sandbox, 1 Example Street, Exampletown",
            "slack_token": self.slack.token,
            "slack_api_url": self.slack.url,
            "public_url": "https://litbot.sandbox.invalid",
            "secret_key": "sandbox",
            "operator": "operator@sandbox.invalid",
            "allowed_private_hosts": (self.journals.host,),
        }
        return Settings.model_validate(values | overrides)

    @staticmethod
    def http(settings: Settings) -> Http:
        """A session for servers that are all our own: it takes no turns and makes no pauses."""
        return Http(
            _NoTurns(),
            user_agent="litbot sandbox",
            allowed_private=settings.allowed_private_hosts,
            pause=lambda _: None,
        )


class _NoTurns:
    def wait(self, host: str, per_second: float) -> None:
        """It is always the caller's turn."""
