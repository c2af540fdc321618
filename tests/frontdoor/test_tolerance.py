"""A test that needs what the target does not tolerate sends nothing, however the suite is run."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from assay.core import capabilities

from tests.frontdoor.door import Door

TOLERATED = sorted(capabilities.known()["tolerates"])
HEAD = """*** Settings ***
Resource      {resource}
Test Tags     area:auth    AUTH-01

*** Test Cases ***
What Anybody May Do
    Call    auth.getHealth
"""
TEST = """
What Needs {need}
    [Tags]    needs:{need}
    [Setup]    Call    auth.getJwks
    Call    auth.getJwks
    [Teardown]    Call    auth.getJwks
"""


class Counting(http.server.BaseHTTPRequestHandler):
    """Answers, and counts what it is asked for."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def asked(door: Door) -> Iterator[list[str]]:
    """What a platform that runs already was asked for; its target tolerates nothing yet."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    from tests.frontdoor.door import ROOT

    suite = HEAD.replace("{resource}", str(ROOT / "resources" / "platform.resource"))
    suite += "".join(TEST.replace("{need}", need) for need in TOLERATED)
    (door.suites / "alpha.robot").write_text(suite, "utf-8")
    door.said = {"launch": None, "services": {"auth": {"url": f"http://127.0.0.1:{server.server_port}"}}}  # type: ignore[attr-defined]
    _tolerate(door)
    yield server.asked  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def _tolerate(door: Door, *tolerated: str) -> None:
    import json

    said = {"name": "small", **door.said, "offers": ["auth.password"], "tolerates": list(tolerated)}  # type: ignore[attr-defined]
    door.target.write_text(
        json.dumps({key: value for key, value in said.items() if value is not None}), "utf-8"
    )


def _run(door: Door, way: str, *options: str) -> None:
    tool = {
        "robot": ["robot", "--outputdir", str(door.folder / "plain")],
        "pabot": [
            "pabot.pabot",
            "--chunk",
            "--outputdir",
            str(door.folder / "plain"),
            "--command",
            sys.executable,
        ]
        + ["-m", "robot", "--end-command"],
    }
    if way == "run":
        door.run(*options)
    else:
        subprocess.run(
            [sys.executable, "-m", *tool[way], *options, str(door.suites)],
            env={**door.environment, "ASSAY_TARGET": str(door.target)},
            cwd=door.folder,
            capture_output=True,
            check=False,
            timeout=120,
        )


EACH_WAY = pytest.mark.parametrize("way", ["robot", "pabot", "run"])


@EACH_WAY
def test_what_is_not_tolerated_reaches_nothing(door: Door, asked: list[str], way: str) -> None:
    _run(door, way)
    assert len(asked) == 1 and "jwks" not in asked[0]


@EACH_WAY
def test_asking_for_it_by_its_tag_changes_nothing(door: Door, asked: list[str], way: str) -> None:
    _run(door, way, "--include", "needs:auth.*")
    assert asked == []


@EACH_WAY
def test_what_is_tolerated_is_done_and_nothing_else(door: Door, asked: list[str], way: str) -> None:
    _tolerate(door, TOLERATED[0])
    _run(door, way, "--include", "needs:*")
    assert len(asked) == 3
