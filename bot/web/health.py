"""/healthz: does litbot still do its work?  For a monitor; it says nothing of anybody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from bot.errors import StoreError
from bot.pipeline import Bot
from bot.store import summary
from bot.store.database import reading

log = logging.getLogger(__name__)

LATE = 3  # intervals without a complete poll: one may fail, two are bad luck


def pages(bot: Bot, clock: Callable[[], datetime]) -> APIRouter:
    """The page for monitors."""
    router = APIRouter()
    started = clock()
    patience = LATE * timedelta(minutes=bot.settings.poll_minutes)

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    def healthz() -> JSONResponse:
        """200 when all is well; 503 without a database, or without a complete poll for long."""
        try:
            with reading(bot.engine) as db:
                last = summary.last_complete(db)
        except StoreError as error:
            log.warning("the database did not answer: %s", error)
            return JSONResponse(
                {"status": "failing", "database": "unreachable", "last_complete_poll": None}, 503
            )
        well = max(last or started, started) > clock() - patience
        body = {
            "status": "ok" if well else "failing",
            "database": "ok",
            "last_complete_poll": last.isoformat() if last else None,
        }
        return JSONResponse(body, 200 if well else 503)

    return router
