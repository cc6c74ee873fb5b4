"""/unsubscribe/TOKEN: the way out of every mailed digest, for readers and for RFC 8058.

Mail scanners open every link, and some submit forms that submit themselves.  So looking changes
nothing; a page shows one button, and only its POST acts.  Mail programs send the POST themselves:
without cookie, with any body, from no origin.  The token is the permission, so nothing else is
asked for.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from bot import subscribing
from bot.model import Subscription
from bot.pipeline import Bot
from bot.store import outbox, subscriptions
from bot.store.database import reading, writing

log = logging.getLogger(__name__)

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def pages(bot: Bot) -> APIRouter:
    """The page with the button, and what the button does."""
    router = APIRouter()

    @router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
    def look(token: str) -> HTMLResponse:
        """Show one button; change nothing."""
        subscription = _subscription(bot, token)
        if subscription is None:
            return _unknown(bot)
        return _page(bot, "ask" if subscription.active else "ended", _topics(bot, subscription))

    @router.post("/unsubscribe/{token}")
    def act(token: str) -> HTMLResponse:
        """End the subscription; the body is not read."""
        subscription = _subscription(bot, token)
        if subscription is None:
            return _unknown(bot)
        with writing(bot.engine) as db:
            ended = subscriptions.end(db, subscription.id)
            outbox.cancel(db, subscription.id)
        if ended:
            log.info("subscription %d was ended by its reader", subscription.id)
        return _page(bot, "done", _topics(bot, subscription))

    return router


def _subscription(bot: Bot, token: str) -> Subscription | None:
    """Whose token it is; None when it is forged, or was revoked."""
    secret = bot.settings.secret_key.get_secret_value()
    signed = subscribing.read_token(secret, subscribing.UNSUBSCRIBING, token)
    if signed is None:
        return None
    number, generation = signed
    with reading(bot.engine) as db:
        subscription = subscriptions.get(db, number)
    if subscription is None or subscription.generation != generation:
        return None
    return subscription


def _topics(bot: Bot, subscription: Subscription) -> tuple[str, ...]:
    """What the subscription is about, in its readers' words; nothing about the reader."""
    queries = bot.queries.queries
    return tuple(queries[name].title if name in queries else name for name in subscription.queries)


def _unknown(bot: Bot) -> HTMLResponse:
    return _page(bot, "unknown", (), status=404)


def _page(bot: Bot, state: str, topics: tuple[str, ...], *, status: int = 200) -> HTMLResponse:
    """The page, which may use its own style, and send its own form, and nothing else."""
    html = bot.renderer.page("unsubscribe", state, topics)
    hashes = [hashlib.sha256(style.encode()).digest() for style in _STYLE.findall(html)]
    own = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in hashes)
    policy = (
        f"default-src 'none'; style-src {own}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, status, {"Content-Security-Policy": policy})
