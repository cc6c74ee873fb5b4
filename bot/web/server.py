"""The web server: one port, answered in the main thread until a signal asks to stop."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from bot.errors import SettingsError

log = logging.getLogger(__name__)

GRACE = 5  # seconds for requests that are being answered when the server stops


def listen(host: str, port: int) -> socket.socket:
    """Open the port (0: any free one).  Raise SettingsError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"LITBOT_WEB_HOST and LITBOT_WEB_PORT: cannot listen at {host}:{port}: "
            f"{error.strerror or error}"
        ) from error


def run(app: FastAPI, listener: socket.socket, before_stop: Callable[[], bool]) -> bool:
    """Answer until SIGTERM or SIGINT; then call `before_stop`, still answering, and end.

    Returns what that returned; False when a second signal did not wait for it.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # its lines would hold the tokens of unsubscribe links
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    host, port, *_ = listener.getsockname()
    log.info("listening at http://%s:%d", f"[{host}]" if ":" in host else host, port)
    server = _Server(config, before_stop)
    server.run(sockets=[listener])
    return server.ended_well


class _Server(uvicorn.Server):
    """Uvicorn, but a signal first lets the jobs end, and is not raised once more at the end."""

    def __init__(self, config: uvicorn.Config, before_stop: Callable[[], bool]) -> None:
        super().__init__(config)
        self._before_stop = before_stop
        self._stopping = False
        self.ended_well = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Begin to stop; in uvicorn's words a signal came."""
        if self._stopping:
            self.should_exit = True
            return
        self._stopping = True
        threading.Thread(target=self._stop, name="stopping", daemon=True).start()

    def _stop(self) -> None:
        try:
            self.ended_well = self._before_stop()
        finally:
            self.should_exit = True
