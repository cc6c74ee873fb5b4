"""The web pages: what a reader or a monitor asks of litbot.  They need no cookie and no script."""

from bot.web.app import create_app
from bot.web.server import listen, run

__all__ = ["create_app", "listen", "run"]
