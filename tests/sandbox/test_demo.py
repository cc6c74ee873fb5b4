"""The demo: three weeks end to end over HTTP and SMTP, and the account of what became of it all."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner

from bot.cli import app
from bot.errors import FormatError, SettingsError
from bot.formats import pubmed_xml
from bot.sandbox import Sandbox, account
from bot.sandbox.demo import MARK, Outcome, Week, empty_folder, play
from bot.sandbox.scenes import BEGAN, MONDAYS, SAMPLES, Files, Samples, indexed_by, spread
from bot.store.database import connect, reading

HEADING = re.compile(r"^([A-Z][A-Z:,' ]+) \(\d+\)", re.MULTILINE)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The bundled demo, played once."""
    return play(Samples(), tmp_path_factory.mktemp("demo") / "out", lambda _: None)


def text_of(week: Week) -> str:
    """What the email reader reads in this week."""
    parts = [mail.message.get_body(("plain",)) for mail in week.mails]
    return "\n".join(part.get_content() for part in parts if part)


def under(heading: str, week: Week) -> str:
    """What stands under one heading of this week's mail."""
    pieces = HEADING.split(text_of(week))
    return "".join(
        body for name, body in zip(pieces[1::2], pieces[2::2], strict=True) if name == heading
    )


def sample(number: int) -> str:
    """The PubMed address of a sample."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{99_000_000 + number}/"


def doi(number: int) -> str:
    """The DOI's address of a sample that PubMed does not have."""
    return f"https://doi.org/10.5555/litbot-sample.{number}"


class TestSamples:
    def test_account_explains_everything(self, outcome: Outcome) -> None:
        assert outcome.differences == []

    def test_each_study_is_told_once_and_the_confirmed_one_twice(self, outcome: Outcome) -> None:
        shown = Counter[str]()
        for week in outcome.weeks:
            shown += account.in_mails(week.mails)
        twice = {doi(10): 1, sample(10): 1}  # as a possible match, then as a real one
        # 16 and 19, an erratum and a retraction, are told as what has happened to 1 and 4; the
        # preprint 5 is shown with its article 18
        answers = [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 17, 20, 22, 23, 24]
        notices = {sample(n): 1 for n in (1, 4)}
        # 17 was told in the first week, when only its feed had it
        told = {sample(n): 1 for n in answers if n != 17} | {doi(17): 1}
        feed_only = {doi(31): 1, doi(33): 1, doi(35): 1}
        assert shown == Counter(told | twice | feed_only) + Counter(notices)

    def test_slack_and_mail_tell_the_same(self, outcome: Outcome) -> None:
        for week in outcome.weeks:
            assert account.in_slack(week.posts) == account.in_mails(week.mails)

    def test_record_that_got_its_headings_late_is_labelled(self, outcome: Outcome) -> None:
        assert sample(7) in under("INDEXED LATE", outcome.weeks[2])

    def test_possible_match_is_shown_once_more_when_pubmed_confirms_it(
        self, outcome: Outcome
    ) -> None:
        assert doi(10) in under("MAY MATCH: NO ABSTRACT IN THE FEED", outcome.weeks[0])
        assert sample(10) in under("CONFIRMED: SHOWN BEFORE AS A POSSIBLE MATCH", outcome.weeks[1])

    def test_title_that_meets_no_concept_waits_and_is_counted(self, outcome: Outcome) -> None:
        assert not any("What keeps people well" in text_of(week) for week in outcome.weeks)
        assert "UNDECIDED" in text_of(outcome.weeks[2])

    def test_refused_feed_is_named_to_readers_and_operator_and_catches_up(
        self, outcome: Outcome
    ) -> None:
        _, second, third = outcome.weeks
        assert [p for p in second.report.problems if "preprints" in p and "403" in p]
        failed = "The feed of Sample Preprints (litbot sample) was not read"
        assert failed in " ".join(text_of(second).split())
        assert failed not in " ".join(text_of(third).split())
        subjects = [
            [str(mail.message["Subject"]) for mail in week.alerts] for week in outcome.weeks
        ]
        assert subjects == [
            [],
            ["litbot: feed preprints broke"],
            ["litbot: feed preprints works again"],
        ]
        assert doi(33) in text_of(third)

    def test_hostile_title_is_shown_as_it_is_written(self, outcome: Outcome) -> None:
        title = 'Ketamine <0.5 mg/kg & psychotherapy: is *less* more? A crossover study of "low"'
        page = "".join(
            body.get_content()
            for mail in outcome.weeks[1].mails
            if (body := mail.message.get_body(("html",)))
        )
        assert title in text_of(outcome.weeks[1])
        assert title not in page
        assert "Ketamine &lt;0.5 mg/kg &amp; psychotherapy: is *less* more?" in page
        texts = json.dumps(outcome.weeks[1].posts, ensure_ascii=False)
        assert "Ketamine &lt;0.5 mg/kg &amp; psychotherapy: is ∗less∗ more?" in texts

    def test_every_message_lies_in_its_week_s_folder(self, outcome: Outcome) -> None:
        for week in outcome.weeks:
            folder = outcome.folder / f"week-{week.number}"
            for form in ("eml", "html"):
                digests = list(folder.glob(f"digest-*.{form}"))
                notices = list(folder.glob(f"notice-*.{form}"))
                assert len(digests) == 1
                assert len(notices) == len(week.mails) - 1
            posts = [json.loads(path.read_text()) for path in folder.glob("slack-*.json")]
            assert len(posts) == len(week.posts) > 0
            names = {"channel", "text", "blocks", "metadata", "unfurl_links", "unfurl_media"}
            assert {name for post in posts for name in post} == {*names, "thread_ts"}


class TestAccount:
    """The account fails when something is missing or is told twice."""

    @pytest.mark.parametrize(
        ("times", "named"),
        [
            ({"mails": 0}, "email: told, and not shown"),
            ({"mails": 2}, "email: shown too often"),
            ({"posts": 0}, "slack: told, and not shown"),
            ({"posts": 2}, "slack: shown too often"),
        ],
    )
    def test_names_what_did_not_come_or_came_twice(
        self, outcome: Outcome, times: Mapping[str, int], named: str
    ) -> None:
        engine = connect(f"sqlite:///{outcome.folder}/litbot.db")
        week = outcome.weeks[2]  # later polls change the addresses of earlier ones
        mails, posts = [*week.mails] * times.get("mails", 1), [*week.posts] * times.get("posts", 1)
        with reading(engine) as db:
            assert account.of_week(db, week.now, week.mails, week.posts) == []
            differences = account.of_week(db, week.now, mails, posts)
        engine.dispose()
        assert [named in each for each in differences] == [True]

    def test_names_a_record_that_the_store_does_not_hold(self, outcome: Outcome) -> None:
        engine = connect(f"sqlite:///{outcome.folder}/litbot.db")
        with reading(engine) as db:
            named = account.of_file(db, (SAMPLES / "pubmed.xml").read_bytes())
        engine.dispose()
        # the off-topic samples answer no query, so they are not in the store
        assert named == [
            "records of the file that the store does not account for: 99000006, 99000015, 99000021"
        ]

    @pytest.mark.parametrize(
        ("feed", "named"),
        [
            ("studies", ["feed studies: holds 4 items, 3 were reported"]),
            ("other", ["feed other: 4 items were never read: nobody asked for it"]),
        ],
    )
    def test_names_items_that_were_not_reported(
        self, outcome: Outcome, feed: str, named: list[str]
    ) -> None:
        longer = (SAMPLES / "studies-1.xml").read_bytes()
        longer = longer.replace(b"</channel>", b"<item><title>One more</title></item></channel>")
        engine = connect(f"sqlite:///{outcome.folder}/litbot.db")
        with reading(engine) as db:
            assert account.of_feeds(db, outcome.runs, {feed: longer}) == named
        engine.dispose()


class TestServing:
    def test_dates_are_spread_over_the_weeks_and_nothing_else_is_changed(self) -> None:
        xml = (SAMPLES / "pubmed.xml").read_bytes()
        before, after = records(xml), records(spread(xml, Path("some.xml")))
        days = [one.created for one in after.values()]
        assert days == sorted(days)
        assert days[0] == BEGAN.date().isoformat()
        assert days[-1] == "2026-06-14"
        assert max(Counter(days).values()) <= 2
        for pmid, record in after.items():
            assert (record.title, record.abstract, record.mesh, record.indexed) == (
                before[pmid].title,
                before[pmid].abstract,
                before[pmid].mesh,
                before[pmid].indexed,
            )

    def test_record_without_history_gets_one(self) -> None:
        xml = b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article/></MedlineCitation></PubmedArticle></PubmedArticleSet>"
        root = etree.fromstring(spread(xml, Path("some.xml")))
        assert root.findtext(".//PubMedPubDate[@PubStatus='entrez']/Day") == "25"

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (b"not XML at all", "some.xml: is not PubMed XML"),
            (b"<html><body/></html>", "some.xml: holds no PubmedArticle"),
        ],
    )
    def test_what_is_no_set_of_records_is_refused_by_name(self, body: bytes, problem: str) -> None:
        with pytest.raises(FormatError, match=re.escape(problem)):
            spread(body, Path("some.xml"))

    def test_headings_come_on_the_day_of_indexing(self) -> None:
        xml = (SAMPLES / "pubmed.xml").read_bytes()
        assert not records(indexed_by(xml, date(2026, 6, 11)))["99000007"].mesh
        assert records(indexed_by(xml, date(2026, 6, 12)))["99000007"].mesh

    def test_settings_reach_nothing_but_the_sandbox(self, tmp_path: Path) -> None:
        with Sandbox() as sandbox:
            settings = sandbox.settings(tmp_path, news_days=9)
            assert settings.news_days == 9
            assert settings.missing_for_email() == ()
            for url in (settings.eutils_url, settings.slack_api_url):
                assert url.startswith("http://127.0.0.1:")
            assert settings.allowed_private_hosts == (sandbox.journals.host,)
            sandbox.advance(MONDAYS[0])
            assert sandbox.now == MONDAYS[0]


def records(xml: bytes) -> Mapping[str, pubmed_xml.Record]:
    """The records of a set, by PMID."""
    read = pubmed_xml.read(BytesIO(xml))
    return {one.pmid: one.record for one in read if isinstance(one, pubmed_xml.Read)}


class TestFolder:
    def test_earlier_demo_is_cleared(self, tmp_path: Path) -> None:
        (tmp_path / MARK).touch()
        (tmp_path / "week-1").mkdir()
        assert empty_folder(tmp_path, keep=False) == tmp_path
        assert not tmp_path.exists()

    def test_anything_else_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").touch()
        with pytest.raises(SettingsError, match="is not empty"):
            empty_folder(tmp_path, keep=False)
        assert (tmp_path / "thesis.txt").exists()

    def test_kept_demo_stays_and_the_next_lies_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "demo").mkdir()
        (tmp_path / "demo-2").mkdir()
        assert empty_folder(tmp_path / "demo", keep=True) == tmp_path / "demo-3"


class TestCommand:
    def test_own_files_are_told_completely(self, tmp_path: Path) -> None:
        feeds = tmp_path / "feeds"
        feeds.mkdir()
        (feeds / "manifest.csv").write_text("file\nstudies.xml\n")
        (feeds / "away.xml").write_text("<html><body>Back soon</body></html>")
        (feeds / "Studies 1.xml").write_bytes((SAMPLES / "studies-1.xml").read_bytes())
        (feeds / "studies_1.rss.gz").write_bytes(
            gzip.compress((SAMPLES / "studies-2.xml").read_bytes())
        )
        command = ["demo", "--folder", str(tmp_path / "out"), "--feeds", str(feeds), "--json"]
        result = CliRunner().invoke(app, [*command, "--records", str(SAMPLES / "pubmed.xml")])
        assert result.exit_code == 0, result.output
        facts = json.loads(result.stdout)
        assert facts["differences"] == []
        assert facts["records"] == 26  # 24 of the file, and 2 that only the feeds have
        assert facts["told"] == {"slack": 26, "email": 26}
        feeds_read = {
            run["task"]
            for week in facts["weeks"]
            for run in week["runs"]
            if run["source"] == "feed"
        }
        assert feeds_read == {"studies-1", "studies-1-2"}

    def test_output_is_short_and_names_the_digests(self, tmp_path: Path) -> None:
        result = CliRunner().invoke(app, ["demo", "--folder", str(tmp_path / "out")])
        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) < 70
        assert "told exactly once" in result.stdout
        assert f"{tmp_path / 'out'}" in result.stdout

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            (["--records", "only.xml"], "give both"),
            (["--records", "absent.xml", "--feeds", "."], "absent.xml: cannot be read"),
        ],
    )
    def test_wrong_options_end_with_two_and_a_reason(
        self, options: list[str], problem: str, tmp_path: Path
    ) -> None:
        result = CliRunner().invoke(app, ["demo", "--folder", str(tmp_path / "out"), *options])
        assert result.exit_code == 2
        assert problem in result.stderr
        assert not (tmp_path / "out").exists()


def test_real_records_and_feeds_are_all_accounted_for(shared: Path, tmp_path: Path) -> None:
    """Every seventh record, and the first feed of each publisher."""
    whole = gzip.decompress((shared / "data/pubmed/records.xml.gz").read_bytes())
    root = etree.fromstring(whole, etree.XMLParser(huge_tree=True))
    for place, record in enumerate(list(root)):
        if place % 7:
            root.remove(record)
    (tmp_path / "records.xml").write_bytes(etree.tostring(root))
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    for path in (shared / "data/feeds").glob("*-1.xml*"):
        (feeds / path.name).write_bytes(path.read_bytes())
    outcome = play(Files(tmp_path / "records.xml", feeds), tmp_path / "out", lambda _: None)
    assert outcome.differences == []
    assert outcome.told == {"slack": outcome.records, "email": outcome.records}
    assert outcome.records > len(root)
