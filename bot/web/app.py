"""The web application: its pages, and the headers that every answer carries."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from bot.errors import StoreError
from bot.pipeline import Bot
from bot.web import health, unsubscribe

log = logging.getLogger(__name__)

#: An answer is a document or JSON and loads nothing; a page names its own style by its hash.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def _wall_clock() -> datetime:
    return datetime.now(UTC)


def create_app(bot: Bot, clock: Callable[[], datetime] = _wall_clock) -> FastAPI:
    """The application of one bot; it opens no port."""
    app = FastAPI(title="litbot", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health.pages(bot, clock))
    app.include_router(unsubscribe.pages(bot))

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(StoreError)
    async def unavailable(_request: Request, error: StoreError) -> Response:
        log.warning("did not answer a web request: %s", error)
        return PlainTextResponse(
            "litbot cannot reach its database. Please try again in some minutes.\n",
            status_code=503,
            headers={"Retry-After": "300"},
        )

    return app
