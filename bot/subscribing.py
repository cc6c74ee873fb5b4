"""Subscribing: where digests may go, and the links by which readers change their minds.

A token is `SUBSCRIPTION.GENERATION.SIGNATURE`: it carries what it is about, so no database column
holds it, and raising a subscription's generation revokes every link sent so far.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import email_validator

from bot.errors import SettingsError
from bot.model import ChannelName

UNSUBSCRIBING = "unsubscribe"  #: The purpose of the link in every digest that is mailed.

SIGNATURE_BYTES = 16  # 128 bits; 22 characters, so that a token stays within 40
_TOKEN = re.compile(r"([0-9]{1,10})\.([0-9]{1,6})\.[A-Za-z0-9_-]{22}")
_SLACK_CHANNEL = re.compile(r"[CGD][A-Z0-9]{8,20}")

# Readers inside a hospital or a sandbox have addresses that the public internet does not know.
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name
    for name in email_validator.SPECIAL_USE_DOMAIN_NAMES
    if name not in ("invalid", "local", "test")
]


def token(secret: str, purpose: str, subscription: int, generation: int) -> str:
    """Sign one purpose for one subscription: URL-safe, at most 40 characters."""
    if not secret:
        raise SettingsError("LITBOT_SECRET_KEY: not set; links in mails are signed with it")
    # The numbers stand last and hold no space, so no two purposes sign the same text.
    text = f"{purpose} {subscription} {generation}"
    digest = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)
    signature = base64.urlsafe_b64encode(digest[:SIGNATURE_BYTES]).rstrip(b"=").decode()
    return f"{subscription}.{generation}.{signature}"


def read_token(secret: str, purpose: str, token_read: str) -> tuple[int, int] | None:
    """The subscription and generation that a token was signed for; None for every other text."""
    parts = _TOKEN.fullmatch(token_read)
    if not secret or not parts:
        return None
    subscription, generation = int(parts[1]), int(parts[2])
    signed = token(secret, purpose, subscription, generation)
    return (subscription, generation) if hmac.compare_digest(signed, token_read) else None


def unsubscribe_url(public_url: str, secret: str, subscription: int, generation: int) -> str:
    """The address by which one reader ends one subscription."""
    signed = token(secret, UNSUBSCRIBING, subscription, generation)
    return f"{public_url.rstrip('/')}/unsubscribe/{signed}"


def target(text: str) -> tuple[ChannelName, str]:
    """The channel and the target that a person named: an email address or a Slack channel id.

    The domain of an address is returned in its ASCII form.  Raise SettingsError with a sentence
    for that person; it quotes characters, never the address.
    """
    text = text.strip()
    if text.startswith("#"):
        raise SettingsError(
            "target: a Slack channel's name breaks when the channel is renamed; give its id, "
            "e.g. C024BE91L (in Slack: channel details, at the bottom of About)"
        )
    if _SLACK_CHANNEL.fullmatch(text):
        return "slack", text
    if "@" not in text:
        raise SettingsError(
            "target: neither an email address nor a Slack channel id such as C024BE91L"
        )
    try:
        address = email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise SettingsError(f"target: {reason[:1].lower()}{reason[1:]}") from error
    if not address.ascii_email:
        raise SettingsError(
            "target: letters outside ASCII before the @-sign need SMTPUTF8, which many mail "
            "servers lack; give another address of the same person"
        )
    return "email", address.ascii_email
