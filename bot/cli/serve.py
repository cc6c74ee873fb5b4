"""litbot serve: the bot as a service."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime

from bot import schedule, web, wiring
from bot.cli import options, output


def serve(
    database: options.Database = "", now: options.Now = "", json: options.Json = False
) -> None:
    """Run until stopped: poll, compose and deliver when it is time, and answer web requests.

    Polls every LITBOT_POLL_MINUTES, sends what is due every minute, and listens at
    LITBOT_WEB_HOST and LITBOT_WEB_PORT for /healthz and /unsubscribe.  Writes to the database,
    sends mails and Slack messages, calls LITBOT_HEARTBEAT_URL.  SIGTERM or Ctrl-C ends it cleanly.
    With --now its clock starts at that time and goes on.
    """
    settings = options.settings(database)
    ahead = options.clock(now) - datetime.now(UTC)

    def clock() -> datetime:
        return datetime.now(UTC) + ahead

    with (
        wiring.bot(settings) as bot,
        web.listen(settings.web_host, settings.web_port) as listener,
    ):
        app = web.create_app(bot, clock)
        running = schedule.start(bot, wiring.session(settings), clock)
        if not web.run(app, listener, lambda: schedule.stop(running)):
            # A thread that does not end would keep the process; its work is done again later.
            logging.shutdown()
            os._exit(1)
    if json:
        output.as_json({"stopped": True})
