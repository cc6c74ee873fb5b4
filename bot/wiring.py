"""Build everything from settings: the one place where the parts meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot import __version__
from bot.channels import email, folder, slack
from bot.config import Settings
from bot.http import Http, ThreadLimiter
from bot.model import ChannelName
from bot.pipeline import Bot
from bot.ports import Channel, Limiter
from bot.render import Renderer
from bot.saved_queries import load
from bot.sources import feeds, pubmed
from bot.store import Engine
from bot.store.database import connect, prepare


def session(settings: Settings, limiter: Limiter | None = None) -> Http:
    """One polite session for every source; NCBI and publishers see who asks."""
    agent = f"litbot/{__version__} (literature monitoring"
    agent += f"; mailto:{settings.ncbi_email})" if settings.ncbi_email else ")"
    return Http(
        limiter or ThreadLimiter(),
        user_agent=agent,
        allowed_private=settings.allowed_private_hosts,
    )


def channels(settings: Settings, http: Http) -> dict[ChannelName, Channel]:
    """The channels that are configured; a folder for both when none is."""
    reached: dict[ChannelName, Channel] = {}
    if not settings.smtp_url.get_secret_value() and not settings.slack_token.get_secret_value():
        return {
            "email": folder.build(settings, "email"),
            "slack": folder.build(settings, "slack"),
        }
    if settings.smtp_url.get_secret_value():
        reached["email"] = email.build(settings, http)
    if settings.slack_token.get_secret_value():
        reached["slack"] = slack.build(settings, http)
    return reached


@contextmanager
def bot(
    settings: Settings, *, engine: Engine | None = None, http: Http | None = None
) -> Iterator[Bot]:
    """The bot, with its database up to date; raise BotError when something is wrong with it.

    `engine` is used instead of the configured database where nothing may be changed; `http`
    instead of a new session where the servers are our own.
    """
    queries = load(settings.queries_dir)
    if engine is None:
        engine = connect(settings.database_url)
        prepare(engine)
    http = http or session(settings)
    feed_source = feeds.build(settings, http)
    reached = channels(settings, http)
    try:
        yield Bot(
            settings=settings,
            engine=engine,
            queries=queries,
            pubmed=pubmed.build(settings, http),
            feeds=feed_source,
            channels=reached,
            renderer=Renderer(settings.templates_dir),
        )
    finally:
        feed_source.close()
        for channel in reached.values():
            channel.close()
        engine.dispose()
