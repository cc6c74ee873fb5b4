"""The folder channel: writes what would be sent into files, until mail or Slack is set up.

A part has one file name, so sending it again writes the same bytes over it.  Receipts have the form
of the channel that the folder stands for, so that a second part can name the first.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

from bot.channels import message
from bot.config import Settings
from bot.errors import DeliveryError
from bot.model import ChannelName
from bot.ports import Part, Receipt

PREVIEW_SENDER = "litbot <litbot@litbot.invalid>"  # where LITBOT_MAIL_FROM is not set

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def build(settings: Settings, kind: ChannelName) -> Folder:
    """The stand-in for this channel, in LITBOT_OUTBOX_DIR."""
    return Folder(settings, kind)


class Folder:
    """Writes mails as `.eml` and `.html`, Slack messages as `.json`."""

    finds = True

    def __init__(self, settings: Settings, kind: ChannelName) -> None:
        self.name: str = kind
        self._kind = kind
        self._folder = settings.outbox_dir
        if not settings.mail_from:
            settings = settings.model_copy(update={"mail_from": PREVIEW_SENDER})
        self._settings = settings

    def send(self, part: Part) -> Receipt:
        """Write the part's files; the one that proves it comes last."""
        path = self._path(part)
        if self._kind == "slack":
            arguments = json.dumps(message.post(part), ensure_ascii=False, indent=2)
            self._write(path, arguments.encode("utf-8", "replace") + b"\n")
        else:
            content = message.mail(part, self._settings)
            page = message.page(part, self._settings).encode("utf-8", "replace")
            self._write(path.with_suffix(".html"), page)
            self._write(path, content)
        return self._receipt(part)

    def find(self, part: Part, since: datetime) -> Receipt | None:  # noqa: ARG002 the port's form
        """Whether the part's file is there."""
        return self._receipt(part) if self._path(part).is_file() else None

    def check(self) -> None:
        """See that the folder can be written to; leave nothing in it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder):
                pass
        except OSError as error:
            raise self._cannot_write(error) from error

    def close(self) -> None:
        """Nothing is held between two parts."""

    def _path(self, part: Part) -> Path:
        """A file name from the key alone; two keys never share one, on any file system."""
        readable = _NOT_IN_A_NAME.sub("-", part.key).strip("-.")[:60]
        exact = hashlib.sha256(part.key.encode("utf-8", "replace")).hexdigest()[:12]
        suffix = "json" if self._kind == "slack" else "eml"
        return self._folder / f"{readable}-{exact}.{suffix}"

    def _receipt(self, part: Part) -> Receipt:
        if self._kind == "email":
            return Receipt(id=part.values["message_id"])
        digest = hashlib.sha256(part.key.encode("utf-8", "replace")).digest()
        digits = f"{int.from_bytes(digest[:8]):020d}"
        return Receipt(id=f"1{digits[-15:-6]}.{digits[-6:]}")  # in the form of Slack's ts

    def _write(self, path: Path, content: bytes) -> None:
        """Write a whole file or none: a crash leaves the old one, or nothing, under its name."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                dir=self._folder, prefix=".", suffix=".part", delete=False
            ) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)  # so that the name, too, survives a power cut
            finally:
                os.close(folder)
        except OSError as error:
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: OSError) -> DeliveryError:
        reason = error.strerror or type(error).__name__
        return DeliveryError(
            self._kind,
            f"cannot write to {self._folder}: {reason}; check LITBOT_OUTBOX_DIR",
            service_down=True,
        )
