"""Reading NLM's file of MeSH descriptors."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from mesh_files import END, HEAD, branch, record, write

from bot.errors import FormatError
from bot.formats import mesh
from bot.strategy.mesh import Descriptor

SLEEP = Descriptor("Sleep & Dreams", "D900001", ("F02.830.855", "G11.561.803"))
CHECK_TAG = Descriptor("Made-up Tag", "D900002", ())


def test_name_ui_and_places_are_those_of_the_descriptor_itself(tmp_path: Path) -> None:
    assert list(mesh.read(write(tmp_path / "d.xml", [SLEEP, CHECK_TAG]))) == [SLEEP, CHECK_TAG]


def test_a_file_in_gzip_is_read_whatever_its_name(tmp_path: Path) -> None:
    plain = write(tmp_path / "d.xml", branch(300)).read_bytes()
    (tmp_path / "packed").write_bytes(gzip.compress(plain))

    assert list(mesh.read(tmp_path / "packed")) == branch(300)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no element found"),
        ("<SupplementalRecordSet></SupplementalRecordSet>", "the root is SupplementalRecordSet"),
        ("Psychotherapy;F04.754\n", "right would be NLM's descriptors as XML"),
        (HEAD + END, "holds no DescriptorRecord"),
        (HEAD + record(SLEEP), "fetch it again"),
        (HEAD + record(SLEEP)[:300], "fetch it again"),
        (HEAD + record(Descriptor("", "D900003", ())) + END, r"record 1 \(D900003\) has no name"),
        (HEAD + record(SLEEP) * 2 + END, "two records are named 'Sleep & Dreams'"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)  # fmt: skip
def test_a_file_that_is_not_whole_or_something_else_is_one_clear_error(
    content: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "d.xml").write_text(content)

    with pytest.raises(FormatError, match=said) as caught:
        list(mesh.read(tmp_path / "d.xml"))

    assert str(caught.value).startswith(str(tmp_path / "d.xml"))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_cut_off_in_gzip_or_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    packed = gzip.compress(write(tmp_path / "d.xml", branch(300)).read_bytes())
    (tmp_path / "d.gz").write_bytes(packed[: len(packed) // 2])

    for name in ("d.gz", "none.xml"):
        with pytest.raises(FormatError, match=r"cannot be read|fetch it again"):
            list(mesh.read(tmp_path / name))


def test_nothing_outside_the_file_is_read_and_no_entity_is_expanded(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    head = HEAD.replace(
        'SYSTEM "https://www.nlm.nih.gov/databases/dtd/none.dtd"',
        f'[<!ENTITY e SYSTEM "file://{tmp_path}/secret">]',
    )
    entity = record(SLEEP).replace("Sleep &amp; Dreams", "Sleep &e;")
    (tmp_path / "d.xml").write_text(head + entity + END)

    assert [one.name for one in mesh.read(tmp_path / "d.xml")] == ["Sleep"]
