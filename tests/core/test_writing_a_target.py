"""The examples of docs/writing-a-target.md are true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import trustme
from assay.core import capabilities, dialect, places, target

TEXT = (places.root() / "docs" / "writing-a-target.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
SERVICE = """\
#!{python}
import http.server, pathlib, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
pathlib.Path(sys.argv[1]).write_text(str(server.server_port))
server.serve_forever()
"""


def _examples(kind: str) -> list[str]:
    return [text for language, text in BLOCKS if language == "yaml" and text.startswith(f"# {kind}\n")]


def _program(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def test_every_example_is_looked_at() -> None:
    assert len(_examples("target")) == 5
    assert len(_examples("dialect")) == 2
    assert len([text for language, text in BLOCKS if language == "yaml"]) == 7


@pytest.mark.parametrize("text", _examples("target"))
def test_targets_are_accepted(text: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "staging-ca.pem"))
    (tmp_path / "authorities").mkdir()
    authority.cert_pem.write_to_path(str(tmp_path / "authorities" / "own.pem"))
    for name in ("qa.pem", "qa.key"):
        (tmp_path / name).touch()
    _program(tmp_path / "launch-platform", "#!/bin/sh\n")
    (tmp_path / "target.yaml").write_text(text.replace("dialect: ours", "dialect: ours.yaml"), "utf-8")
    (tmp_path / "ours.yaml").write_text(_examples("dialect")[0], "utf-8")
    found = target.load(str(tmp_path / "target.yaml"))
    assert found.capabilities <= capabilities.names()


@pytest.mark.parametrize("text", _examples("dialect"))
def test_dialects_are_accepted_and_spell(text: str, tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(text, "utf-8")
    spelled = dialect.named("auth", "ours.yaml", tmp_path)
    assert spelled.spelling("logIn").steps[-1].method == "POST"


def test_what_a_dialect_leaves_out_of_an_operation_is_the_contracts(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(_examples("dialect")[0], "utf-8")
    step = dialect.named("auth", "ours.yaml", tmp_path).spelling("logIn").steps[0]
    assert (step.places["email"].where, step.places["email"].name) == ("form", "username")
    assert (step.places["password"].where, step.places["password"].name) == ("form", "password")


def test_every_key_of_a_target_is_explained() -> None:
    from assay.core import yamlfile

    table = TEXT.partition("## 2.")[0]
    assert [key for key in yamlfile.schema("target")["properties"] if f"`{key}`" not in table] == []


def test_the_ready_file_is_json() -> None:
    (text,) = [text for language, text in BLOCKS if language == "json"]
    assert set(json.loads(text)) == {"services", "observes", "accounts", "ca", "links", "processes"}


def test_the_short_launcher_launches(tmp_path: Path) -> None:
    (text,) = [text for language, text in BLOCKS if language == "python"]
    launcher = _program(tmp_path / "launch", text.replace("/usr/bin/env python3", sys.executable))
    service = _program(tmp_path / "service", SERVICE.format(python=sys.executable))
    folder = tmp_path / "platform"
    folder.mkdir()
    request: dict[str, Any] = {"services": ["auth"], "settings": {}}
    (folder / "request.json").write_text(json.dumps(request))
    process = subprocess.Popen(
        [launcher, "up", "--folder", str(folder)],
        stdin=subprocess.PIPE,
        env={"OUR_SERVICE": str(service)},
    )
    ready = folder / "ready.json"
    deadline = time.monotonic() + 20
    while not ready.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    assert json.loads(ready.read_text())["services"]["auth"]["url"].startswith("http://127.0.0.1:")
    assert ready.stat().st_mode & 0o077 == 0
    assert process.stdin
    process.stdin.close()
    assert process.wait(10) == 0
