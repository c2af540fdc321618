"""The page in a real browser: on a phone, in the dark, by keyboard, and under axe-core, where these are at hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from assay import report
from assay.core import places
from assay.report import again, matrix
from assay.report.shapes import Outcome
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.report.synthetic import Made, many

AXE = "axe-core@4.14.1"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs Chromium and chromedriver on PATH")


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    made = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    yield made
    made.quit()


@pytest.fixture
def page(home: Path, tmp_path: Path) -> str:
    """A page with something of everything: also a flaky test, and two in quarantine, one of which was not run."""
    first = many(tmp_path / "first", 120, ["JWT-01", "JWT-02", "JWT-03"], red=0.1)
    state = tmp_path / "state"
    shutil.copytree(first, state / "results" / "attempts" / "1" / "run")
    made = Made(state, ending={"how": "finished"}, known_failures=tmp_path / "list.yaml")
    red = [test for test in report.read(first).tests if test.outcome is Outcome.BROKE][:2]
    for test in red:
        made.add(test.name, "PASS", *test.tags)
        made.tests[-1] |= {"source": test.source, "line": test.line}
    entry = {
        "requirement": red[0].requirements[0],
        "reason": "comes and goes",
        "owner": "Ada",
        "until": "2999-01-31",
    }
    listed = [{**entry, "test": red[0].name}, {**entry, "test": "Another"}]
    (tmp_path / "list.yaml").write_text(json.dumps({"quarantine": listed}))
    again.note(made.save(), ["attempts/1"])
    assert {Outcome.FLAKY, Outcome.QUARANTINED, Outcome.BROKE} <= set(report.read(state).counts)
    return report.write(state).as_uri()


def look(browser: webdriver.Chrome, page: str, width: int, scheme: str = "light") -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme_feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme_feature]})
    browser.get(page)


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's script: what AXE_CORE names, else the npm package, kept for the next time."""
    named = os.environ.get("AXE_CORE")
    if named:
        return Path(named).read_text("utf-8")
    folder = places.root() / ".assay" / "cache" / "axe"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        npm = shutil.which("npm")
        if not npm:
            pytest.skip("needs npm, or AXE_CORE naming axe.min.js")
        command = [npm, "install", "--silent", "--no-save", "--prefix", str(folder), AXE]
        subprocess.run(command, timeout=60, check=False, capture_output=True)
    if not script.is_file():
        pytest.skip("axe-core could not be had")
    return script.read_text("utf-8")


@pytest.fixture
def proof(home: Path, tmp_path: Path) -> str:
    """The page of a small matrix."""
    tests = [
        {"id": f"S.{n}", "name": n, "suite": "S", "status": "PASS", "requirements": ["JWT-01"]} for n in "abc"
    ]
    common = {
        "breaks": ["JWT-01"],
        "says": "A fault.",
        "partial": True,
        "blind": True,
        "why": "a failed",
        "hits": 3,
    }
    common |= {"seconds": 3.0, "ready_seconds": 1.0, "tests": 3, "smoke_red": [], "service": "auth"}
    common |= {"counted": "none"}
    red = [{"id": "S.a", "kind": "expectation"}, {"id": "S.b", "kind": "timeout"}]
    totals = dict.fromkeys(
        [
            "defects",
            "judged",
            "caught",
            "partial",
            "blind",
            "blind_tried",
            "blind_caught_at_first",
            "requirements",
            "requirements_proven",
            "tests",
            "tests_turned_red",
            "partial_share",
            "blind_share",
        ],
        1,
    )
    defects = [
        {"name": "auth.a", "verdict": "caught", "red": red, "caught_by": ["S.a"], **common},
        {"name": "auth.b", "verdict": "missed", "red": [], "caught_by": [], **common},
    ]
    data = {
        "made": "2026-11-21T08:00:00+00:00",
        "version": "1",
        "scope": "sample",
        "totals": totals,
        "defects": defects,
        "tests": tests,
    }
    data |= {"not_run": ["auth.c"], "unproven": ["JWT-02"], "never_red": ["S.c"]}
    path = tmp_path / "matrix.html"
    path.write_text(matrix.page(data), "utf-8")
    return path.as_uri()


@pytest.mark.parametrize("which", ["page", "proof"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser: webdriver.Chrome, axe: str, request: pytest.FixtureRequest, which: str, width: int, scheme: str
) -> None:
    look(browser, request.getfixturevalue(which), width, scheme)
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    browser.execute_script(axe)
    found: list[dict[str, Any]] = browser.execute_async_script(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(found => arguments[0](found.violations))"
    )
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


@pytest.mark.parametrize("which", ["page", "proof"])
@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_sticks_out_sideways(
    browser: webdriver.Chrome, request: pytest.FixtureRequest, which: str, width: int
) -> None:
    look(browser, request.getfixturevalue(which), width)
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_the_filter_works_by_keyboard(browser: webdriver.Chrome, page: str) -> None:
    look(browser, page, 1280)
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys("/")
    box = browser.switch_to.active_element
    assert box.get_attribute("id") == "search"
    box.send_keys("JWT-02")
    wait(browser, "return document.querySelectorAll('#areas [data-state]:not([hidden])').length === 1")
    assert "1 entry fits." in browser.find_element(By.ID, "found").text
    box.send_keys(Keys.ESCAPE, Keys.TAB, Keys.ARROW_RIGHT)
    wait(
        browser,
        "return [...document.querySelectorAll('[data-state]:not([hidden])')].every(r => r.dataset.state === 'bad')",
    )


def test_the_first_stop_skips_to_the_verdict(browser: webdriver.Chrome, page: str) -> None:
    look(browser, page, 1280)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert str(browser.switch_to.active_element.get_attribute("href")).endswith("#content")


def test_a_link_to_a_requirement_opens_it(browser: webdriver.Chrome, page: str) -> None:
    look(browser, page, 1280)
    browser.execute_script("location.hash = 'JWT-02'")
    wait(browser, "return document.getElementById('JWT-02').open")


def test_everything_is_there_without_a_script(browser: webdriver.Chrome, page: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        look(browser, page, 1280)
        assert not browser.find_element(By.ID, "find").is_displayed()
        browser.find_element(By.CSS_SELECTOR, "#JWT-02 > summary").send_keys(Keys.ENTER)
        assert browser.find_element(By.CSS_SELECTOR, "#JWT-02 .inside").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def wait(browser: webdriver.Chrome, condition: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 5, 0.05).until(lambda one: one.execute_script(condition))
