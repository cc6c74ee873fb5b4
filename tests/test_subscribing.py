"""Subscribing: tokens that cannot be forged, and targets that cannot smuggle anything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import subscribing
from bot.errors import SettingsError

SECRET = "a key for tests"
ids = st.integers(min_value=0, max_value=9_999_999_999)
generations = st.integers(min_value=0, max_value=999_999)


@settings(deadline=None)  # the machine may be busy
@given(subscription=ids, generation=generations)
def test_a_token_reads_back_what_it_was_signed_for(subscription: int, generation: int) -> None:
    token = subscribing.token(SECRET, "unsubscribe", subscription, generation)

    assert subscribing.read_token(SECRET, "unsubscribe", token) == (subscription, generation)
    assert len(token) <= 40
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def test_a_token_of_one_purpose_is_refused_for_another() -> None:
    token = subscribing.token(SECRET, "confirm", 7, 1)

    assert subscribing.read_token(SECRET, "unsubscribe", token) is None


def test_a_token_signed_with_another_key_is_refused() -> None:
    token = subscribing.token("another key", "unsubscribe", 7, 1)

    assert subscribing.read_token(SECRET, "unsubscribe", token) is None


@settings(deadline=None)  # the machine may be busy
@given(position=st.integers(min_value=0, max_value=25), letter=st.sampled_from("A0-_.z"))
def test_a_token_with_one_changed_character_is_refused(position: int, letter: str) -> None:
    token = subscribing.token(SECRET, "unsubscribe", 7, 1)
    changed = token[:position] + letter + token[position + 1 :]

    read = subscribing.read_token(SECRET, "unsubscribe", changed)

    assert (read is None) == (changed != token)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token + "=",
        lambda token: "0" + token,
        lambda token: token.replace("7.", "٧.", 1),
        lambda token: token[:-1] + chr(ord(token[-1]) + 1),
        lambda token: token[:0],
        lambda token: token[:4],
        lambda token: token.upper(),
    ],
    ids=[
        "line end", "space", "padding", "leading zero", "Arabic digit", "spare bits", "empty",
        "no signature", "upper case",
    ],
)  # fmt: skip
def test_a_token_is_accepted_in_one_spelling_only(change) -> None:
    token = subscribing.token(SECRET, "unsubscribe", 7, 1)

    assert subscribing.read_token(SECRET, "unsubscribe", change(token)) is None


def test_nothing_is_signed_or_read_without_a_key() -> None:
    with pytest.raises(SettingsError, match="LITBOT_SECRET_KEY"):
        subscribing.token("", "unsubscribe", 7, 1)

    assert subscribing.read_token("", "unsubscribe", "7.1." + "A" * 22) is None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ann@clinic.org", ("email", "ann@clinic.org")),
        ("  ann@clinic.org ", ("email", "ann@clinic.org")),
        ("Ann.O'Hara+lit@Clinic.ORG", ("email", "Ann.O'Hara+lit@clinic.org")),
        ("ann@bücher.org", ("email", "ann@xn--bcher-kva.org")),
        ("ann@mail.test", ("email", "ann@mail.test")),
        ("ann@mail.invalid", ("email", "ann@mail.invalid")),
        ("ann@mail.example", ("email", "ann@mail.example")),
        ("ann@ward3.local", ("email", "ann@ward3.local")),
        ("C024BE91L", ("slack", "C024BE91L")),
        ("G01234567AB", ("slack", "G01234567AB")),
        ("D0ABCDEFGH", ("slack", "D0ABCDEFGH")),
    ],
)
def test_a_target_is_an_email_address_or_a_slack_channel_id(
    typed: str, expected: tuple[str, str]
) -> None:
    assert subscribing.target(typed) == expected


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("#cardiology", "renamed; give its id"),
        ("cardiology", "neither"),
        ("C0123", "neither"),
        ("c024be91l", "neither"),
        ("U024BE91L", "neither"),
        ("", "neither"),
        ("dür@clinic.org", "SMTPUTF8"),
        ("ann@clinic.org\nBcc: all@clinic.org", "invalid characters"),
        ("ann@clinic.org\r\nX: y", "invalid characters"),
        ("ann\x00@clinic.org", "invalid characters"),
        ("Ann <ann@clinic.org>", "display name"),
        ("<ann@clinic.org>", "angle brackets"),
        ("ann@clinic", "period"),
        ("ann@localhost", "period"),
        ("ann@relay.localhost", "special-use"),
        ("ann@[127.0.0.1]", "bracketed"),
        ("ann@clinic.org, bob@clinic.org", "invalid characters"),
        ("@clinic.org", "before the @-sign"),
    ],
)
def test_a_wrong_target_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as caught:
        subscribing.target(typed)

    assert "ann@clinic.org" not in str(caught.value)
    assert "\n" not in str(caught.value)
