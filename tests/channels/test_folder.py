"""The folder channel writes what would be sent: whole, once per key, under safe names."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.channels import folder, message
from bot.config import Settings
from bot.errors import DeliveryError
from bot.ports import UNSUBSCRIBE, Part

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def settings(outbox: Path, **changes: str) -> Settings:
    return Settings.model_validate({"outbox_dir": outbox, **changes})


def mail(key: str = "7:2026-11-23:1", title: str = "Two studies") -> Part:
    return Part(
        key=key,
        target="ann@ward.example",
        body={
            "subject": title,
            "text": f"{title}\nStop: {UNSUBSCRIBE}\n",
            "html": f'<html lang="en"><p>{title} <a href="{UNSUBSCRIBE}">Unsubscribe</a></p></html>',
            "list_id": "ketamine",
        },
        values={
            "message_id": "<7.1@litbot.invalid>",
            "date": "Mon, 23 Nov 2026 07:00:00 +0000",
            "boundary": "b1",
            "subscription": "7",
            "generation": "1",
        },
    )


def post(key: str = "7:2026-11-23:1", reply_to: str = "") -> Part:
    payload = {"text": "Two new studies", "blocks": [{"type": "divider"}]}
    return Part(
        key=key, target="C00GENERAL", body={"payload": json.dumps(payload)}, reply_to=reply_to
    )


def test_a_mail_is_written_as_it_would_be_sent_with_its_page(tmp_path: Path) -> None:
    written = folder.build(settings(tmp_path / "var" / "outbox"), "email")

    receipt = written.send(mail())

    files = sorted((tmp_path / "var" / "outbox").iterdir())
    assert [path.suffix for path in files] == [".eml", ".html"]
    assert b"\r\nTo: ann@ward.example\r\n" in files[0].read_bytes()
    assert message.PREVIEW in files[1].read_text()
    assert "/unsubscribe/" not in files[1].read_text()
    assert receipt.id == "<7.1@litbot.invalid>"


def test_links_are_real_once_somebody_answers_them(tmp_path: Path) -> None:
    ready = settings(tmp_path, public_url="https://lit.example", secret_key="a key for tests")

    folder.build(ready, "email").send(mail())

    [page] = tmp_path.glob("*.html")
    assert 'href="https://lit.example/unsubscribe/7.1.' in page.read_text()


def test_sending_again_writes_the_same_bytes_over_the_same_file(tmp_path: Path) -> None:
    written = folder.build(settings(tmp_path), "email")
    written.send(mail())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    written.send(mail())

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_slack_message_is_written_with_its_channel_and_thread(tmp_path: Path) -> None:
    written = folder.build(settings(tmp_path), "slack")
    parent = written.send(post("7:1"))

    written.send(post("7:2", reply_to=parent.id))

    [first, second] = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*.json"))]
    assert first["channel"] == "C00GENERAL"
    assert "thread_ts" not in first
    assert second["thread_ts"] == parent.id


def test_what_was_written_is_found_and_nothing_else(tmp_path: Path) -> None:
    written = folder.build(settings(tmp_path), "slack")
    sent = written.send(post("7:1"))

    assert written.find(post("7:1"), NOW) == sent
    assert written.find(post("7:2"), NOW) is None


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        "a\x00b",
        "a\nb",
        "",
        "é" * 300,
        "-rf",
        "CON",
        "a b;c",
    ],
)
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    outbox = tmp_path / "deep" / "outbox"

    folder.build(settings(outbox), "email").send(mail(key, title="../../evil"))

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(path.parent == outbox for path in files)
    assert all(path.name.isascii() and "evil" not in path.name for path in files)


def test_keys_that_look_alike_in_a_file_name_have_two_files(tmp_path: Path) -> None:
    written = folder.build(settings(tmp_path), "slack")

    for key in ("a:b", "a/b", "A:b"):
        written.send(post(key))

    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    written = folder.build(settings(tmp_path / "file" / "outbox"), "email")

    for attempt in (lambda: written.send(mail()), written.check):
        with pytest.raises(DeliveryError, match=r"outbox: .*check LITBOT_OUTBOX_DIR") as caught:
            attempt()
        assert not caught.value.permanent


def test_checking_leaves_nothing_behind(tmp_path: Path) -> None:
    folder.build(settings(tmp_path), "email").check()

    assert list(tmp_path.iterdir()) == []


def test_an_independent_checker_accepts_what_was_written(tmp_path: Path, shared: Path) -> None:
    checker = shared / "tools" / "check_blocks.py"
    if not checker.exists():
        pytest.skip(f"no checker at {checker}")
    written = folder.build(settings(tmp_path), "slack")
    parent = written.send(post("7:1"))
    written.send(post("7:2", reply_to=parent.id))

    done = subprocess.run(
        [sys.executable, str(checker), "--strict", *map(str, tmp_path.glob("*.json"))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
