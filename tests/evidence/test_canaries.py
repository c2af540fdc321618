"""No secret reaches anything that a run leaves, whoever runs it; and this test would notice one."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from assay.evidence.search import Leak, search
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HERE = Path(__file__).parent
SUITES = HERE / "canaries"
BLIND = "import assay.evidence.redact as module\nmodule._spans = lambda text: []\n"
DEAF = "import assay.evidence.cleaning as module\nmodule.clean_item = lambda item: None\n"


def _canaries() -> dict[str, str]:
    """A value for every kind of credential; those that may hold anything hold what escaping changes."""

    def odd(kind: str) -> str:
        return f'{kind}-{secrets.token_hex(6)} é"/<&+\\{secrets.token_hex(4)}'

    segment = secrets.token_urlsafe
    key = (
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    )
    return {
        "password": odd("pw"),
        "admin password": odd("adm"),
        "verification token": segment(24),
        "refresh token": segment(32),
        "access token": f"eyJhbGciOiJFUzI1NiJ9.{segment(120)}.{segment(64)}",
        "Authorization header": f"Bearer {segment(24)}",
        "cookie": segment(24),
        "signing key": segment(40),
        "PEM key": key.strip(),
        "private JWK": json.dumps({"kty": "OKP", "crv": "Ed25519", "d": segment(32), "x": "AA"}),
        "query string": segment(20),
        "JSON member": segment(20),
    }


def _secret_parts(canaries: dict[str, str]) -> dict[str, str]:
    """What must not be found: of structured canaries, the part that is secret."""
    parts = dict(canaries)
    parts["access token"] = canaries["access token"].split(".")[1]
    parts["Authorization header"] = canaries["Authorization header"].split()[1]
    parts["PEM key"] = canaries["PEM key"].splitlines()[1]
    parts["private JWK"] = json.loads(canaries["private JWK"])["d"]
    return parts


@dataclass
class Run:
    folder: Path
    parts: dict[str, str]
    status: int

    def leaks(self) -> list[Leak]:
        return search([self.folder], self.parts)


def _run(folder: Path, command: Sequence[str], mutation: str = "") -> Run:
    """Runs the suites in a folder that then holds everything: results, console, state."""
    canaries = _canaries()
    outside = folder / "outside"
    left = folder / "left"
    for place in (outside, left / "state"):
        place.mkdir(parents=True)
    planted = outside / "canaries.json"
    planted.touch(0o600)
    planted.write_text(json.dumps(canaries), encoding="utf-8")
    (outside / "sitecustomize.py").write_text(mutation, encoding="utf-8")
    environment = os.environ | {
        "CANARIES": str(planted),
        "ASSAY_RUN": str(left / "state"),
        "PYTHONPATH": str(outside),
        "ROBOT_SYSLOG_FILE": str(left / "syslog.txt"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TMPDIR": str(left),
    }
    with (left / "console.txt").open("wb") as console:
        status = subprocess.run(
            [*command, "--outputdir", str(left), "--xunit", "xunit.xml", str(SUITES)],
            stdout=console, stderr=subprocess.STDOUT, cwd=left, env=environment, timeout=180, check=False,
        ).returncode  # fmt: skip
    return Run(left, _secret_parts(canaries), status)


ROBOT = [sys.executable, "-m", "robot", "--pythonpath", str(SUITES)]
PABOT = [
    sys.executable, "-m", "pabot.pabot", "--command", *ROBOT, "--end-command", "--processes", "2", "--chunk",
]  # fmt: skip
RUNS = {
    "robot": ROBOT,
    "robot at TRACE": [*ROBOT, "--loglevel", "TRACE", "--debugfile", "debug.txt"],
    "pabot": [*PABOT, "--loglevel", "TRACE"],
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_leaves_no_secret(name: str, tmp_path: Path) -> None:
    run = _run(tmp_path, RUNS[name])
    left = {path.name for path in run.folder.rglob("*") if path.is_file()}
    assert {"output.xml", "log.html", "report.html", "xunit.xml", "console.txt"} <= left
    assert 5 < run.status < 50
    assert "‹password #" in (run.folder / "output.xml").read_text(encoding="utf-8")
    assert list((run.folder / "state" / "live").glob("*.jsonl"))
    leaks = run.leaks()
    assert not leaks, "\n".join(map(str, leaks))


@pytest.mark.parametrize(("what", "mutation"), [("no redaction", BLIND), ("no redaction of keywords", DEAF)])
def test_a_broken_redaction_is_noticed(what: str, mutation: str, tmp_path: Path) -> None:
    leaks = _run(tmp_path, RUNS["robot at TRACE"], mutation).leaks()
    files = {leak.file.name for leak in leaks}
    assert "output.xml" in files
    assert "log.html" in files
    if mutation == BLIND:
        assert {"report.html", "xunit.xml", "console.txt", "debug.txt"} <= files
        assert len({leak.secret for leak in leaks}) > 8
