"""litbot subscription."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_place import Litbot, answer

from bot.model import Subscription
from bot.store import outbox, subscriptions
from bot.store.database import connect, reading, writing

NOW = "2026-03-03T23:30:00+00:00"  # a Tuesday, and Wednesday already in Kolkata
MAIL = {
    "SMTP_URL": "smtp://mail.example.org",
    "MAIL_FROM": "litbot@example.org",
    "PUBLIC_URL": "https://litbot.example.org",
    "SECRET_KEY": "k" * 32,
    "POSTAL_ADDRESS": "1 Example Street",
}


def stored() -> list[Subscription]:
    engine = connect("sqlite:///var/litbot.db")
    with reading(engine) as db:
        return subscriptions.every(db, inactive=True)


def test_a_subscription_begins_at_its_first_day_on_its_own_clock(litbot: Litbot) -> None:
    result = litbot(
        "subscription", "add", "C024BE91L", "relapse", "safety", "--zone", "Asia/Kolkata",
        "--on", "thu", "--at", "08:15", "--now", NOW,
    )  # fmt: skip

    (one,) = stored()
    start = datetime(2026, 3, 3, 18, 30, tzinfo=UTC)
    assert result.exit_code == 0
    assert one.channel == "slack"
    assert one.queries == {"relapse": start, "safety": start}
    assert one.next_due == datetime(2026, 3, 5, 2, 45, tzinfo=UTC)
    assert one.quiet
    assert "weekly, Thursday 08:15 Asia/Kolkata" in result.stdout


def test_back_reaches_so_many_days_behind_the_first_day(litbot: Litbot) -> None:
    found = answer(
        litbot(
            "subscription", "add", "C024BE91L", "relapse", "--back", "30", "--now", NOW, "--json"
        )
    )

    assert found == {
        "id": 1,
        "next_due": "2026-03-09T07:00:00+00:00",
        "since": "2026-02-01T00:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["#general", "relapse"], "target: a Slack channel's name breaks"),
        (["nobody", "relapse"], "target: neither an email address nor a Slack channel"),
        (["C024BE91L", "relaps"], "queries: no saved query 'relaps'; did you mean relapse"),
        (["C024BE91L", "relapse", "--zone", "Mars/Base"], "--zone: 'Mars/Base' is not an IANA"),
        (["C024BE91L", "relapse", "--at", "25:00"], "--at: '25:00' is not a time"),
        (["C024BE91L", "relapse", "--every", "hourly"], "--every: 'hourly' is none of daily"),
        (["C024BE91L", "relapse", "--on", "someday"], "--on: 'someday' is not a weekday"),
        (["C024BE91L", "relapse", "--every", "daily", "--on", "MON"], "--on: a daily digest"),
        (["C024BE91L", "relapse", "--every", "monthly", "--on", "29"], "--on: '29' is not a day"),
        (["C024BE91L", "relapse", "--layout", "gone"], "--layout: no layout 'gone'"),
        (["C024BE91L", "relapse", "--back", "99999"], "--back: '99999' is not a number of days"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)
def test_a_wrong_wish_is_one_clear_line(litbot: Litbot, arguments: list[str], said: str) -> None:
    result = litbot("subscription", "add", *arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert len(result.stderr.splitlines()) == 1


def test_an_address_is_not_repeated_in_an_error(litbot: Litbot) -> None:
    result = litbot("subscription", "add", "ada@exa mple.org", "relapse")

    assert result.exit_code == 2
    assert "ada" not in result.stderr


@pytest.mark.parametrize("missing", ["MAIL_FROM", "PUBLIC_URL", "SECRET_KEY", "POSTAL_ADDRESS"])
def test_no_mail_is_promised_before_its_links_have_an_answer(litbot: Litbot, missing: str) -> None:
    settings = {name: value for name, value in MAIL.items() if name != missing}

    refused = litbot("subscription", "add", "ada@example.org", "relapse", **settings)
    taken = litbot("subscription", "add", "ada@example.org", "relapse", **MAIL)

    assert refused.exit_code == 2
    assert refused.stderr.endswith(f"before these are set: LITBOT_{missing}\n")
    assert taken.exit_code == 0


def test_a_folder_needs_no_settings_for_mail(litbot: Litbot) -> None:
    assert litbot("subscription", "add", "ada@example.org", "relapse").exit_code == 0


@pytest.mark.parametrize(
    ("target", "settings", "said"),
    [
        ("C024BE91L", MAIL, "set LITBOT_SLACK_TOKEN"),
        ("ada@example.org", {"SLACK_TOKEN": "xoxb-1"}, "set LITBOT_SMTP_URL"),
    ],
)
def test_a_target_that_no_channel_reaches_is_refused(
    litbot: Litbot, target: str, settings: dict[str, str], said: str
) -> None:
    result = litbot("subscription", "add", target, "relapse", **settings)

    assert result.exit_code == 2
    assert said in result.stderr


def test_the_same_subscription_is_refused_until_it_has_ended(litbot: Litbot) -> None:
    first = litbot("subscription", "add", "Ada@example.org", "relapse", "safety")
    again = litbot("subscription", "add", "ada@Example.org", "safety", "relapse")
    other = litbot("subscription", "add", "ada@example.org", "relapse")
    litbot("subscription", "remove", "1")
    later = litbot("subscription", "add", "ada@example.org", "relapse", "safety")

    assert (first.exit_code, again.exit_code, other.exit_code, later.exit_code) == (0, 2, 0, 0)
    assert "subscription 1 is the same" in again.stderr


def test_removing_ends_it_and_cancels_what_is_unsent(litbot: Litbot) -> None:
    litbot("subscription", "add", "C024BE91L", "relapse")
    engine = connect("sqlite:///var/litbot.db")
    now = datetime(2026, 3, 2, tzinfo=UTC)
    part = outbox.New("digest-1", None, 1, "slack", "C024BE91L", {"payload": "{}"}, {})
    with writing(engine) as db:
        outbox.put(db, [part], now)

    first = answer(litbot("subscription", "remove", "1", "--json"))
    again = litbot("subscription", "remove", "1")
    unknown = litbot("subscription", "remove", "2")

    assert first == {"id": 1, "ended": True, "cancelled_parts": 1}
    assert (again.exit_code, again.stdout) == (0, "subscription 1 had ended before\n")
    assert (unknown.exit_code, unknown.stderr[:28]) == (2, "there is no subscription 2; ")
    assert not stored()[0].active


def test_the_list_shows_targets_and_only_what_is_active(litbot: Litbot) -> None:
    litbot("subscription", "add", "ada@example.org", "relapse")
    litbot("subscription", "add", "C024BE91L", "safety")
    litbot("subscription", "remove", "2")

    shown = litbot("subscription", "list").stdout
    listed = answer(litbot("subscription", "list", "--json"))["subscriptions"]
    every = answer(litbot("subscription", "list", "--all", "--json"))["subscriptions"]

    assert "ada@example.org" in shown
    assert "C024BE91L" not in shown
    assert [one["target"] for one in listed] == ["ada@example.org"]
    assert [one["active"] for one in every] == [True, False]


CSV = """\
target,queries,every,on,at,zone,quiet_weeks
C024BE91L,relapse safety,weekly,FRIDAY,09:30,Europe/London,no
ada@example.org,relapse,monthly,15,,,
"""
YAML = """\
- target: C024BE91L
  queries: [relapse, safety]
  on: FRIDAY
  at: 09:30
  zone: Europe/London
  quiet_weeks: no
- target: ada@example.org
  queries: relapse
  every: monthly
  on: 15
"""


@pytest.mark.parametrize(("name", "text"), [("all.csv", CSV), ("all.yaml", YAML)])
def test_a_file_is_imported_once(litbot: Litbot, place: Path, name: str, text: str) -> None:
    (place / name).write_text(text)

    first = litbot("subscription", "import", name, "--now", NOW)
    again = answer(litbot("subscription", "import", name, "--json"))

    slack, mail = stored()
    assert first.stdout == "added 2 subscriptions; 0 were there\n"
    assert again == {"added": [], "already_there": 2}
    assert slack.next_due == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
    assert not slack.quiet
    assert list(slack.queries) == ["relapse", "safety"]
    assert mail.next_due == datetime(2026, 3, 15, 7, 0, tzinfo=UTC)
    assert mail.quiet


def test_a_line_that_stands_twice_is_imported_once(litbot: Litbot, place: Path) -> None:
    (place / "all.csv").write_text(
        "target,queries,layout\nC024BE91L,relapse,\nC024BE91L,relapse,standard\n"
    )

    assert answer(litbot("subscription", "import", "all.csv", "--json"))["added"] == [1]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "bad.csv",
            'target,queries,at\n"#room",relapse,\n\nC024BE91L,"rel\napse",25:00\nC024BE91L,x\n',
            [
                "bad.csv:2: target: a Slack channel's name",
                "bad.csv:4: queries: no saved query 'rel'",
                "bad.csv:4: queries: no saved query 'apse'",
                "bad.csv:4: at: '25:00'",
                "bad.csv:6: 2 columns, the header has 3",
            ],
        ),
        (
            "head.csv",
            "adress,querys\n",
            [
                "head.csv:1: adress: unknown key",
                "head.csv:1: querys: unknown key; did you mean queries",
                "head.csv:1: target: this column is missing",
                "head.csv:1: queries: this column is missing",
            ],
        ),
        (
            "bad.yaml",
            "- target: C024BE91L\n  querys: relapse\n- just text\n- target: x\n  queries:\n  - relapse\n  at: 7\n",
            [
                "bad.yaml:2: querys: unknown key; did you mean queries",
                "bad.yaml:1: queries: no saved query is named",
                "bad.yaml:3: must hold keys with values",
                "bad.yaml:4: target: neither an email",
                "bad.yaml:7: at: '7' is not a time",
            ],
        ),
        ("map.yaml", "target: C024BE91L\n", ["map.yaml:1: must hold a list"]),
        ("gone.csv", None, ["gone.csv: cannot be read: No such file"]),
        (
            "latin.csv",
            b"target,queries\nfran\xe7ois@example.org,relapse\n",
            ["latin.csv: is not UTF-8"],
        ),
        ("open.csv", 'target,queries\n"C024BE91L,relapse\n', ["open.csv:2: is not readable CSV"]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)
def test_every_problem_of_a_file_is_named_at_its_line_and_nothing_is_imported(
    litbot: Litbot, place: Path, name: str, text: str | bytes | None, said: list[str]
) -> None:
    if text is not None:
        (place / name).write_bytes(text.encode() if isinstance(text, str) else text)

    result = litbot("subscription", "import", name)

    lines = result.stderr.splitlines()
    assert result.exit_code == 2
    assert len(lines) == len(said)
    for start in said:
        assert any(line.startswith(start) for line in lines), (start, lines)
    assert not (place / "var" / "litbot.db").exists()
