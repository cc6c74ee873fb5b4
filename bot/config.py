"""Settings: `LITBOT_*` from the environment and from `.env`; all problems in one error.

`LITBOT_NAME_FILE` names a file that holds the value of `LITBOT_NAME` (Docker and systemd secrets).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bot.errors import SettingsError

PREFIX = "LITBOT_"
COMMAND_LINE_ONLY = ("LITBOT_NOW",)  # an option of the command line with an environment name
PACKAGE = Path(__file__).parent


def _first_folder(name: str) -> Path:
    """The folder in the working folder, else the one that the wheel carries."""
    for folder in (Path(name), PACKAGE / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    return Path(name)


class Settings(BaseModel):
    """Everything that can be set, with its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = "sqlite:///var/litbot.db"
    queries_dir: Path = Field(default_factory=lambda: _first_folder("queries"))
    templates_dir: Path = Field(default_factory=lambda: _first_folder("templates"))
    outbox_dir: Path = Path("var/outbox")
    ncbi_email: str = ""
    ncbi_api_key: SecretStr = SecretStr("")
    eutils_url: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
    smtp_url: SecretStr = SecretStr("")  #: smtp://user:password@host:587, or smtps://
    mail_from: str = ""
    postal_address: str = ""
    slack_token: SecretStr = SecretStr("")
    slack_api_url: str = "https://slack.com/api/"
    public_url: str = ""
    secret_key: SecretStr = SecretStr("")
    operator: str = ""  #: An email address or a Slack channel id.
    heartbeat_url: SecretStr = SecretStr("")
    allowed_private_hosts: tuple[str, ...] = ()  #: host:port exceptions for feeds.
    news_days: int = Field(default=30, ge=1)  #: At a first run, records this new are news.
    waiting_days: int = Field(default=14, ge=1)  #: How long a feed record waits for PubMed.
    poll_minutes: int = Field(default=60, ge=1)
    sweep_days: int = Field(default=7, ge=1)
    log_level: str = "INFO"
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8080, ge=0, le=65535)

    @field_validator("allowed_private_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("allowed_private_hosts")
    @classmethod
    def _exact(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            name, colon, port = host.rpartition(":")
            if not colon or not name or not port.isdigit():
                raise ValueError(f"{host!r} is not host:port, e.g. feeds.example.org:8080")
        return value

    @field_validator("eutils_url", "slack_api_url", "public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and (
            urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname
        ):
            raise ValueError(f"{value!r} is not an http(s) address")
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError(f"{value!r} is not one of DEBUG, INFO, WARNING, ERROR")
        return value.upper()

    def missing_for_email(self) -> tuple[str, ...]:
        """The settings without which no digest may be mailed: its links need an answer."""
        needed = {
            "LITBOT_MAIL_FROM": self.mail_from,
            "LITBOT_PUBLIC_URL": self.public_url,
            "LITBOT_SECRET_KEY": self.secret_key.get_secret_value(),
            "LITBOT_POSTAL_ADDRESS": self.postal_address,
        }
        return tuple(name for name, value in needed.items() if not value)


def load(environ: Mapping[str, str] = os.environ, env_file: Path = Path(".env")) -> Settings:
    """Read the settings; the environment wins.  Raise SettingsError with every problem."""
    given = {
        name.removeprefix(PREFIX): value
        for source in (dotenv_values(env_file), environ)
        for name, value in source.items()
        if name.startswith(PREFIX) and value and name not in COMMAND_LINE_ONLY
    }
    values, problems = {}, []
    for name, value in given.items():
        setting, text = name.lower(), value
        if setting not in Settings.model_fields and setting.endswith("_file"):
            setting = setting.removesuffix("_file")
            try:
                text = Path(value).read_text(encoding="utf-8").strip()
            except OSError as error:
                problems.append(f"{PREFIX}{name}: cannot read {value!r}: {error.strerror}")
                continue
        if setting not in Settings.model_fields:
            near = difflib.get_close_matches(setting, Settings.model_fields, 1)
            hint = f"; did you mean {PREFIX}{near[0].upper()}" if near else ""
            problems.append(f"{PREFIX}{name}: unknown setting{hint}")
            continue
        values[setting] = text
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0]).upper()
            problems.append(f"{PREFIX}{name}: {detail['msg'].removeprefix('Value error, ')}")
    if problems:
        raise SettingsError(*problems)
    return settings
