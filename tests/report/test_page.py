"""The page: one file, nothing fetched, nothing leaked, usable with thousands of tests."""

from __future__ import annotations

import errno
import json
import re
import shutil
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from assay import report
from assay.command import report as command
from assay.report import writing

from tests.report.synthetic import Made, many

MUST = ("area:auth", "JWT-01", "promise:CH-3")
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


class Outline(HTMLParser):
    """Collects what a page links to, its ids, its headings, and whether its tags close."""

    VOID = frozenset(["meta", "input", "br"])

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [value for key, value in attrs if key in ("href", "src", "action") and value]
        if identity := found.get("id"):
            self.ids.append(identity)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(made: Made) -> str:
    return report.write(made.save()).read_text("utf-8")


@pytest.fixture
def text(made: Made) -> str:
    made.add(
        "One", "FAIL", *MUST, kind="expectation", message="told", expected="401", seen="200", where="getMe"
    )
    made.add("Two", "PASS", *MUST, rows=20)
    made.add("Three", "SKIP", *MUST, message="the target lacks auth.https")
    return page(made)


def test_nothing_is_fetched(text: str) -> None:
    outline = Outline(text)
    local = re.compile(r"#|log\.html|report\.html|results\.json|proof/matrix\.html")
    assert all(local.match(link) for link in outline.links)
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", text)


def test_the_page_is_well_formed_and_its_anchors_lead_somewhere(text: str) -> None:
    outline = Outline(text)
    assert not outline.open
    assert len(set(outline.ids)) == len(outline.ids)
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)
    assert outline.headings[0] == 1
    assert all(
        after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False)
    )


def test_a_failure_shows_expected_seen_where_and_how_to_see_it_again(text: str) -> None:
    card = text.split('id="broke-1"')[1].split("</article>")[0]
    for piece in ("401", "200", "getMe", "A token without a signature is refused.", "--test One", "told"):
        assert piece in card


def test_what_a_platform_answered_is_text_not_markup(made: Made) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    made.add(f"A {evil}", "FAIL", *MUST, message=evil, expected=evil, seen=evil, where=evil)
    made.add("B", "SKIP", *MUST, message=evil)
    found = page(made)
    assert "<img" not in found
    assert "<script>alert" not in found


def test_a_secret_that_reached_the_live_results_does_not_reach_the_page(made: Made) -> None:
    made.add("One", "FAIL", *MUST, message=f"Bearer {TOKEN}", seen=f'{{"password": "hunter2-{TOKEN[:9]}"}}')
    made.add("Two", "SKIP", *MUST, message=f"no {TOKEN}")
    found = page(made)
    verdict = (made.folder / "results" / "results.json").read_text("utf-8")
    for text in (found, verdict):
        assert TOKEN not in text
        assert TOKEN.split(".")[2] not in text
        assert "hunter2" not in text


def test_the_evidence_of_a_test_is_linked(made: Made) -> None:
    made.add("One <&>", "PASS", *MUST)
    made.add("Two", "PASS", *MUST, line=99)
    state = made.save()
    (state / "results" / "output.xml").write_text(
        '<robot><suite id="s1" name="Suites"><suite id="s1-s1" name="Tokens" source="/elsewhere/tokens.robot">\n'
        '<test id="s1-s1-t1" name="One &lt;&amp;&gt;" line="10"><msg>&lt;test id="no"</msg></test>\n'
        '<test id="s1-s1-t2" name="Two" line="99"></test></suite></suite></robot>'
    )
    found = report.write(state).read_text("utf-8")
    assert 'href="log.html#s1-s1-t1"' in found
    assert 'href="log.html#s1-s1-t2"' in found


def test_the_verdict_for_machines_says_the_same(made: Made, text: str) -> None:
    found = json.loads((made.folder / "results" / "results.json").read_text("utf-8"))
    assert found["verdict"]["sentence"] == report.read(made.folder).verdict.sentence
    assert found["verdict"]["exit_status"] == 1
    assert found["counts"] == {"held": 1, "did not hold": 1, "skipped": 1}
    assert found["requirements"][0]["outcome"] == "did not hold"
    assert found["tests"][0]["replay"].startswith("./assay run")


def test_three_thousand_tests_stay_usable(home: Path, tmp_path: Path) -> None:
    state = many(tmp_path / "state", 3000, ["JWT-01", "JWT-02", "JWT-03"])
    begun = time.monotonic()
    found = report.write(state)
    assert time.monotonic() - begun < 10
    assert found.stat().st_size < 3_000_000
    assert not Outline(found.read_text("utf-8")).open


def test_on_a_full_disk_the_page_goes_elsewhere_and_no_stale_one_stays(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.add("One", "PASS", *MUST)
    state = made.save()
    old = state / "results" / writing.PAGE
    old.write_text("of another run")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(writing, "_elsewhere", lambda run: elsewhere)
    real = Path.write_text

    def full(path: Path, *arguments: str, **named: str) -> int:
        if path.is_relative_to(state):
            real(path, "half", "utf-8")
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "write_text", full)
    assert report.write(state) == elsewhere / writing.PAGE
    assert not old.exists()
    assert not list((state / "results").glob(".*"))


def test_the_page_of_a_run_can_be_made_again_when_its_state_is_gone(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.add("One", "FAIL", *MUST)
    first = report.write(made.save())
    results = tmp_path / "kept"
    first.parent.rename(results)
    shutil.rmtree(made.folder)
    (results / writing.PAGE).unlink()
    assert command.again(results) == 1
    assert "Does not hold: 1 of 1 test found a promise broken" in capsys.readouterr().out
    assert "1 of 1 test" in (results / writing.PAGE).read_text("utf-8")
    assert command.again(tmp_path) == 2


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        (3, "that were tried were noticed."),
        (2, "; 1 not tried since tests or platform last changed."),
    ],
)
def test_faults_that_nobody_tried_are_told(made: Made, tried: int, said: str) -> None:
    made.add("One", "PASS", *MUST)
    state = made.save()
    place = state / "results" / "proof"
    place.mkdir()
    totals = {"defects": 3, "judged": tried, "caught": 2}
    defects = [{"name": "auth.one", "verdict": "caught", "breaks": ["JWT-01"]}]
    (place / "matrix.json").write_text(
        json.dumps({"made": "2026-11-21T08:00:00+00:00", "defects": defects, "totals": totals})
    )
    text = " ".join(report.write(state).read_text("utf-8").split())
    assert f"<strong>2 of {tried}</strong> planted faults" in text
    assert said in text
