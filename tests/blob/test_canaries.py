"""Canaries are found in every form and place, across the edges of windows, and never shown."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import secrets
import subprocess
import sys
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from assay.blob import leaks
from assay.CanaryLibrary import CanaryLibrary
from assay.core.errors import AssayError
from assay.evidence import redact
from assay.evidence.expect import Unmet
from robot.api import SkipExecution, logger
from robot.api.types import Secret

VALUE = 'a "canary"/of ours with <marks> & Ökonomie'
KEY = bytes(range(100, 132))


@pytest.fixture
def library() -> CanaryLibrary:
    made = CanaryLibrary()
    made.register_canary("the note", Secret(VALUE))
    made.register_key("the master key", Secret(KEY.hex()))
    return made


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    lines: list[str] = []
    monkeypatch.setattr(logger, "info", lambda text, html=False: lines.append(str(text)))
    yield lines
    redact.forget()


def units(text: str) -> bytes:
    return "".join(f"\\u{unit:04x}" for unit in (ord(one) for one in text)).encode()


def small_percent(text: str) -> str:
    return re.sub("%..", lambda found: found.group().lower(), text)


FORMS: dict[str, Callable[[], bytes]] = {
    "raw": VALUE.encode,
    "hexadecimal": lambda: VALUE.encode().hex().encode(),
    "upper hexadecimal": lambda: VALUE.encode().hex().upper().encode(),
    "UTF-16LE": lambda: VALUE.encode("utf-16-le"),
    "UTF-16BE": lambda: VALUE.encode("utf-16-be"),
    "JSON": lambda: json.dumps(VALUE).encode(),
    "JSON with slashes": lambda: json.dumps(VALUE).replace("/", "\\/").encode(),
    "JSON, each unit escaped": lambda: units(VALUE),
    "URL": lambda: urllib.parse.quote(VALUE).encode(),
    "URL in small letters": lambda: small_percent(urllib.parse.quote(VALUE, safe="")).encode(),
    "gzip": lambda: gzip.compress(b"before " + VALUE.encode()),
    "zlib": lambda: zlib.compress(b"before " + VALUE.encode(), 9),
    "zlib, little compressed": lambda: zlib.compress(b"before " + VALUE.encode(), 1),
    "base64 in gzip in zlib": lambda: zlib.compress(gzip.compress(base64.b64encode(b"x" + VALUE.encode()))),
    "the key raw": lambda: KEY,
    "the key in hexadecimal": lambda: KEY.hex().encode(),
    "the key with colons": lambda: KEY.hex(":").encode(),
    **{f"base64 after {n}": lambda n=n: base64.b64encode(b"x" * n + VALUE.encode() + b"yy") for n in range(4)},  # type: ignore[misc]
    **{f"the key in base64url after {n}": lambda n=n: base64.urlsafe_b64encode(b"x" * n + KEY) for n in range(4)},  # type: ignore[misc]
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_found_and_not_shown(
    form: str, library: CanaryLibrary, tmp_path: Path, told: list[str]
) -> None:
    octets = os.urandom(1000) + FORMS[form]() + os.urandom(1000)
    (tmp_path / "a.bin").write_bytes(octets)
    library.canaries_should_not_be_in_bytes("clean", os.urandom(2000))
    with pytest.raises(
        Unmet, match=r"Expected none of 2 canaries, saw the (note|master key) \(.*a\.bin at byte \d+"
    ):
        library.canaries_should_not_be_in(tmp_path)
    with pytest.raises(Unmet, match="in the answer at byte"):
        library.canaries_should_not_be_in_bytes("the answer", octets)
    shown = "".join(told)
    assert "[…]" in shown and VALUE not in shown and KEY.hex() not in shown and "canary&quot;" not in shown


def test_a_finding_says_where(library: CanaryLibrary, tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.log").write_bytes(b"user=7 text=" + VALUE.encode() + b" done")
    (found,) = library.canaries_found_in(tmp_path)
    assert (found.name, found.form, found.offset) == ("the note", "raw", 12)
    assert found.place == str(tmp_path / "a" / "b.log")
    assert found.around == "user=7 tex··[…]··one"
    assert VALUE not in "".join(told)


@pytest.mark.parametrize("offset", [-300, -60, -30, -1, 0, 1, 200])
def test_a_canary_at_the_edge_of_a_window_is_found_once(
    offset: int, library: CanaryLibrary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(leaks, "WINDOW", 4096)
    at = 3 * 4096 + offset
    octets = bytearray(b"." * 20_000)
    octets[at : at + len(VALUE.encode())] = VALUE.encode()
    (tmp_path / "log").write_bytes(octets)
    (found,) = library.canaries_found_in(tmp_path / "log")
    assert found.offset == at


def test_a_compressed_member_longer_than_a_window_is_read_to_its_end(
    library: CanaryLibrary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(leaks, "WINDOW", 4096)
    monkeypatch.setattr(leaks, "_FED", 512)
    body = os.urandom(15_000).hex().encode() + VALUE.encode() + os.urandom(5000).hex().encode()
    (tmp_path / "log.gz").write_bytes(os.urandom(100) + gzip.compress(body))
    (found,) = library.canaries_found_in(tmp_path)
    assert found.form == "raw, inside gzip at byte 100" and found.offset == 30_000


def test_a_bomb_is_inflated_to_a_bound(
    library: CanaryLibrary, monkeypatch: pytest.MonkeyPatch, told: list[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(leaks, "_LARGEST", 1 << 20)
    (tmp_path / "bomb").write_bytes(zlib.compress(bytes(64 << 20)))
    library.canaries_should_not_be_in(tmp_path)
    assert "Too large to be inflated wholly" in told[-1] and "bomb at byte 0" in told[-1]


def test_two_canaries_side_by_side_are_both_masked(library: CanaryLibrary, tmp_path: Path) -> None:
    library.register_canary("the other", "0123456789abcdefgh")
    (tmp_path / "x").write_text(VALUE + "0123456789abcdefgh" + "end of it")
    found = library.canaries_found_in(tmp_path)
    assert [leak.name for leak in found] == ["the note", "the other"]
    assert all("0123" not in leak.around and "efgh" not in leak.around for leak in found)


def test_names_of_files_are_searched_too(library: CanaryLibrary, tmp_path: Path) -> None:
    (tmp_path / KEY.hex()).write_bytes(b"")
    with pytest.raises(Unmet, match="the master key .* in the name of"):
        library.canaries_should_not_be_in(tmp_path)


def test_what_may_not_be_read_is_told(
    library: CanaryLibrary, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fine").write_bytes(b"nothing here")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "closed").write_bytes(b"")
    opening = os.open

    def closed(path: str, flags: int, *rest: int) -> int:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return opening(path, flags, *rest)

    monkeypatch.setattr(os, "open", closed)
    library.canaries_should_not_be_in(tmp_path)
    assert f"Not readable: {tmp_path}/closed (Permission denied)." in told[-1]
    with pytest.raises(AssayError, match="nothing of .* could be read, so nothing is shown: Not readable"):
        library.canaries_should_not_be_in(tmp_path / "closed")


def test_processes_are_searched(library: CanaryLibrary, told: list[str]) -> None:
    code = "import sys; print('ready', flush=True); sys.stdin.read()"

    def started(*words: str, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *words]
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        assert child.stdout and child.stdout.readline() == "ready\n"
        return child

    children = [
        started(),
        started("--master-key", KEY.hex()),
        started(MASTER_KEY=base64.b64encode(KEY).decode()),
    ]
    try:
        library.canaries_should_not_be_in_processes(children[0].pid)
        with pytest.raises(Unmet, match=f"the master key .* in /proc/{children[1].pid}/cmdline"):
            library.canaries_should_not_be_in_processes(children[1].pid)
        with pytest.raises(Unmet, match=f"the master key .* in /proc/{children[2].pid}/environ"):
            library.canaries_should_not_be_in_processes(children[0].pid, children[2].pid)
    finally:
        for child in children:
            child.communicate("")
    with pytest.raises(AssayError, match=r"nothing of the processes .* could be read.*No such file"):
        library.canaries_should_not_be_in_processes(children[0].pid)


def test_a_fresh_canary_is_registered(tmp_path: Path) -> None:
    library = CanaryLibrary()
    value = library.a_fresh_canary("the note of alice")
    (tmp_path / "x").write_text(f"[{value.value}]")
    with pytest.raises(Unmet, match="the note of alice"):
        library.canaries_should_not_be_in(tmp_path)
    assert redact.redact(str(value.value)) != value.value
    library.forget_canaries()
    with pytest.raises(AssayError, match="no canary is registered"):
        library.canaries_should_not_be_in(tmp_path)


def test_what_would_be_found_by_chance_is_refused(tmp_path: Path) -> None:
    library = CanaryLibrary()
    with pytest.raises(AssayError, match="the pin is shorter than 12 bytes"):
        library.register_canary("the pin", "1234")
    with pytest.raises(AssayError, match="there is no .*nowhere to search"):
        library.register_canary("long enough", "x" * 20)
        library.canaries_should_not_be_in(tmp_path / "nowhere")


def test_a_private_key_is_found_with_other_line_ends(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    library = CanaryLibrary()
    library.register_key("the private key", Secret(pem))
    for name, text in (
        ("as is", pem),
        ("in JSON", json.dumps(pem)),
        ("one line", "".join(pem.splitlines()[1:-1])),
    ):
        (tmp_path / "leak").write_text(text)
        with pytest.raises(Unmet, match="the private key"):
            library.canaries_should_not_be_in(tmp_path)
        assert name


def test_a_thousand_canaries_are_told_apart(tmp_path: Path) -> None:
    library = CanaryLibrary()
    values = [library.a_fresh_canary(f"canary {number}") for number in range(1000)]
    (tmp_path / "x").write_text("\n".join(str(values[at].value) for at in (3, 500, 999)))
    assert [leak.name for leak in library.canaries_found_in(tmp_path)] == [
        "canary 3",
        "canary 500",
        "canary 999",
    ]
    with pytest.raises(AssayError, match="there are 1000 canaries already"):
        library.a_fresh_canary("one more")


def test_names_that_show_what_files_hold_are_told(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "0badc0de.sealed").write_bytes(b"")
    library = CanaryLibrary()
    library.names_should_not_hold(tmp_path, "notes", Secret("17"))
    (tmp_path / "files" / f"{base64.urlsafe_b64encode(b'notes/17').decode()}.sealed").write_bytes(b"")
    with pytest.raises(Unmet, match="names that show nothing of what they hold, saw files/.* holds word 1"):
        library.names_should_not_hold(tmp_path, "notes")
    with pytest.raises(AssayError, match="there must be words"):
        library.names_should_not_hold(tmp_path)


def test_what_a_process_holds_in_its_memory_is_found_until_it_is_overwritten() -> None:
    # the child makes the value itself, so that no copy of it is left by how it came
    code = (
        "import sys\nheld = bytearray(b ^ 255 for b in bytes.fromhex(sys.argv[1]))\n"
        "print('held', flush=True)\nsys.stdin.readline()\n"
        "held[:] = bytes(len(held))\nprint('wiped', flush=True)\nsys.stdin.readline()\n"
    )
    key = secrets.token_bytes(32)
    library = CanaryLibrary()
    library.register_key("a key", key.hex())
    turned = bytes(one ^ 255 for one in key).hex()
    child = subprocess.Popen(
        [sys.executable, "-c", code, turned], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin and child.stdout
    try:
        assert child.stdout.readline() == "held\n"
        library.canaries_should_be_in_memory(child.pid)
        with pytest.raises(Unmet, match="a key"):
            library.canaries_should_not_be_in_memory(child.pid)
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "wiped\n"
        library.canaries_should_not_be_in_memory(child.pid)
        with pytest.raises(SkipExecution, match="No canary is found"):
            library.canaries_should_be_in_memory(child.pid)
    finally:
        child.kill()
        child.wait()
