"""litbot doctor, against a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli_place import Litbot, answer, write_query

from bot.sandbox import Sandbox
from bot.sandbox.eutils import ALWAYS, Fault

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>J</title>
<item><title>A made-up study of ketamine</title><link>https://example.org/1</link>
<guid>https://example.org/1</guid></item></channel></rss>"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        opened.advance(datetime(2026, 10, 26, tzinfo=UTC))
        yield opened


@pytest.fixture
def settings(sandbox: Sandbox, place: Path) -> dict[str, str]:
    """Everything set up, and one feed that answers."""
    sandbox.journals.put("/j.xml", FEED)
    (place / "queries" / "journals.yaml").write_text(
        f"j: {{title: J, feed: '{sandbox.journals.url('/j.xml')}', groups: [all-of-them], "
        "confirmed: true}\n"
    )
    return {
        "EUTILS_URL": sandbox.pubmed.url,
        "NCBI_EMAIL": "operator@example.org",
        "SMTP_URL": sandbox.mailbox.url,
        "MAIL_FROM": "litbot@example.org",
        "POSTAL_ADDRESS": "1 Example Street",
        "PUBLIC_URL": "https://litbot.example.org",
        "SECRET_KEY": "k" * 64,
        "SLACK_TOKEN": sandbox.slack.token,
        "SLACK_API_URL": sandbox.slack.url,
        "OPERATOR": "operator@example.org",
        "HEARTBEAT_URL": "https://example.org/ping",
        "ALLOWED_PRIVATE_HOSTS": sandbox.journals.host,
    }


def checks(litbot: Litbot, settings: dict[str, str], state: str) -> dict[str, dict[str, Any]]:
    """What it found of this state, by subject."""
    found = answer(litbot("doctor", "--json", **settings))
    return {one["subject"]: one for one in found["checks"] if one["state"] == state}


def test_a_good_set_up_has_no_failure_and_changes_nothing(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox, place: Path
) -> None:
    result = litbot("doctor", **settings)

    assert result.exit_code == 0, result.stdout
    assert "FAIL: " not in result.stdout
    for subject in ("queries", "database", "NCBI", "feeds", "mail", "Slack", "operator"):
        assert f"ok: {subject}: " in result.stdout
    assert not (place / "var").exists()
    assert list(sandbox.mailbox.messages) == []


@pytest.mark.parametrize(
    ("changed", "subject", "said"),
    [
        ({"SMTP_URL": "smtp://127.0.0.1:1"}, "mail", "127.0.0.1"),
        ({"SLACK_TOKEN": "wrong"}, "Slack", "invalid_auth"),
        ({"PUBLIC_URL": ""}, "links in mails", "no digest is mailed"),
        ({"OPERATOR": "#general"}, "operator", "a Slack channel's name"),
        ({"SMPT_URL": "x"}, "settings", "did you mean LITBOT_SMTP_URL"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "database", "postgresql"),
        ({"QUERIES_DIR": "nowhere"}, "queries", "cannot be read"),
        ({"ALLOWED_PRIVATE_HOSTS": ""}, "feed j", "is not a public address"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_does_not_work_is_named_with_how_to_mend_it(
    litbot: Litbot, settings: dict[str, str], changed: dict[str, str], subject: str, said: str
) -> None:
    result = litbot("doctor", **(settings | changed))
    failed = checks(litbot, settings | changed, "FAIL")

    assert result.exit_code == 1
    assert said in failed[subject]["finding"] + failed[subject]["fix"]
    assert failed[subject]["fix"]
    assert f"{subject}: " in result.stderr


def test_ncbi_that_does_not_answer_is_a_failure(
    litbot: Litbot, settings: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.pubmed.fail(Fault(endpoint="esearch", shape="html", times=ALWAYS))

    assert "NCBI" in checks(litbot, settings, "FAIL")


def test_an_owner_who_cannot_be_told_is_a_failure(
    litbot: Litbot, settings: dict[str, str], place: Path
) -> None:
    path = write_query(place / "queries", "relapse")
    path.write_text(path.read_text().replace("librarian@example.org", '"#general"'))

    assert "owner of relapse" in checks(litbot, settings, "FAIL")


def test_what_may_be_better_is_a_warning(litbot: Litbot) -> None:
    settings = {"EUTILS_URL": "http://127.0.0.1:1/", "ALLOWED_PRIVATE_HOSTS": "10.0.0.1:80"}

    warned = checks(litbot, settings, "warn")

    assert {"NCBI", "channels", "operator", "subscriptions", "private host", "heartbeat"} <= set(
        warned
    )
    assert all(one["fix"] for one in warned.values())


def test_a_secret_is_not_shown(litbot: Litbot, settings: dict[str, str]) -> None:
    secrets = {"SMTP_URL": "smtp://user:hunter2@127.0.0.1:1", "SECRET_KEY": "swordfish"}

    result = litbot("doctor", **(settings | secrets))

    assert "hunter2" not in result.output
    assert "swordfish" not in result.output
    assert settings["SLACK_TOKEN"] not in result.output
