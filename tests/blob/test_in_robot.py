"""The keywords as a suite calls them: arguments are converted, and no secret gets into a log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.blob.sealed import KINDS, b64


def test_a_suite_of_all_four_libraries(tmp_path: Path) -> None:
    secret = os.urandom(32)
    folders = {name: tmp_path / name.lower() for name in ("STORE", "NEW", "MANY", "LEAKS", "POOR")}
    for folder in folders.values():
        folder.mkdir(mode=0o700)
    KINDS["reference"].seal(folders["NEW"], "notes", "17", secret, b'{"title": "one"}')
    for path in folders["NEW"].rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for number in range(220):
        KINDS["reference"].seal(folders["MANY"], "notes", str(number), secret, b"{}")
        KINDS["deltadatabase"].seal(folders["POOR"], "notes", str(number), secret, b"{}")
    for path in folders["POOR"].rglob("*.meta.json"):
        text = path.read_text()
        start = text.index('"iv": "') + 7
        path.write_text(text[:start] + "d29yay0w" + text[start + 8 :])
    (folders["LEAKS"] / "service.log").write_text(
        f"level=debug key={b64(secret)} opened\nnext={secret.hex()}\n"
    )
    variables = [word for name, path in folders.items() for word in ("--variable", f"{name}:{path}")]
    command = [sys.executable, "-m", "robot", "--outputdir", str(tmp_path / "out"), *variables]
    done = subprocess.run(
        [*command, "--variable", f"PID:{os.getpid()}", str(Path(__file__).parent / "in_robot.robot")],
        capture_output=True, text=True, env={**os.environ, "STORE_KEY": secret.hex()}, check=False,
    )  # fmt: skip
    output = (tmp_path / "out" / "output.xml").read_text()
    results = {
        str(test.get("name")): test.findall("status")[-1]
        for test in ElementTree.fromstring(output).iter("test")
    }
    assert len(results) == 4, done.stdout + done.stderr
    held = [name for name, status in results.items() if status.get("status") == "PASS"]
    assert held == list(results)[:2], [status.text for status in results.values()]
    assert "none of 1 canaries, saw the data key" in str(results["A Leak Is Shown Without What Leaks"].text)
    assert "no shared first 4 bytes" in str(results["Patterned Nonces Are Shown"].text)
    for form in (secret.hex(), b64(secret), '"one"'):
        assert form not in output.replace("&quot;", '"').replace('{"title": "one"}', "")
