"""The whole of it together: the reference platform as a company would let one see it, judged by the suites of the project.

Behind a front that wants a client certificate, through a proxy that wants a password, with accounts made beforehand, and mail
that is read by IMAP.
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.corporate.conftest import MAIL_PASSWORD, ROOT, mailbox
from tests.corporate.network import Authority, Listening, front, proxy
from tests.frontdoor.door import Door
from tests.reference.launched import Launched, launch, verification_token

PEOPLE = ("ann", "bob", "eve")
SUITES = ("login", "refresh", "sessions", "password_reset")
SECRETS = {
    "PROXY_PASSWORD": "of-the-proxy-1",
    "QA_KEY_PASSWORD": "of-the-key-1",
    "MAILBOX_PASSWORD": MAIL_PASSWORD,
    **{f"{name.upper()}_PASSWORD": f"of-{name}-long-enough-1" for name in PEOPLE},
}
TARGET: dict[str, Any] = {
    "name": "company",
    "offers": [
        *(
            "auth.email-verification",
            "auth.password",
            "auth.password-change",
            "auth.password-reset",
            "auth.refresh",
        ),
        *(
            "auth.logout",
            "auth.logout-all",
            "auth.sessions",
            "auth.jwt",
            "auth.jwks",
            "auth.profile",
            "auth.problems",
        ),
    ],
    "observes": ["auth.mail"],
    "ca": ["system", "authority.pem"],
    "client_certificate": {"certificate": "qa.pem", "key": "qa.key", "password": {"env": "QA_KEY_PASSWORD"}},
    "accounts": {
        name: {"email": f"qa+{name}@corp.example", "password": {"env": f"{name.upper()}_PASSWORD"}}
        for name in PEOPLE
    },
    "mail_address": "qa+{name}@corp.example",
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Launched]:
    """A platform on which the accounts are made already; one address may be mailed often, as those accounts are."""
    with launch(tmp_path, settings={"reset_mails": 1000, "session_limit": 50}) as started:
        for name in PEOPLE:
            email, password = f"qa+{name}@corp.example", SECRETS[f"{name.upper()}_PASSWORD"]
            assert started.call("POST", "/auth/signup", {"email": email, "password": password}).status == 202
            token = verification_token(started.mails(email)[0])
            assert started.call("POST", "/auth/verify-email", {"token": token}).status == 200
        yield started


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, as sockets need it."""
    made = Path(tempfile.mkdtemp(prefix="assay-company-", dir="/var/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.slow
def test_a_company_is_judged_as_anybody_else(folder: Path, platform: Launched) -> None:
    door, authority = Door(folder), Authority(folder)
    ready = platform.ready
    context = authority.server("auth.corp.test")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.ca.configure_trust(context)
    authority.client("qa", SECRETS["QA_KEY_PASSWORD"])
    letters = folder / "letters"
    letters.mkdir()
    mail = ready["observes"]["mail"]
    with (
        front(ready["services"]["auth"]["url"], context) as auth,
        mailbox(letters, authority, mail["url"], mail["key"]) as box,
        proxy("qa", SECRETS["PROXY_PASSWORD"]) as between,
    ):
        _write_target(folder, authority, auth, box, between)
        ran = _judge(door)
        said = ran.stdout + ran.stderr
    results = door.verdict
    assert ran.returncode == 0, said
    wrong = [test["id"] for test in results["tests"] if test["outcome"] not in ("held", "skipped")]
    assert not wrong, said
    held = {test["id"].split(".")[-2] for test in results["tests"] if test["outcome"] == "held"}
    assert len(held) == len(SUITES), held
    assert len([test for test in results["tests"] if test["outcome"] == "held"]) > 60, said
    assert set(auth.seen) == {"qa"}
    assert f"CONNECT auth.corp.test:{auth.port}" in between.seen
    assert f"CONNECT localhost:{box.port}" in between.seen
    assert not (door.results / "left-behind.txt").exists()
    for name in PEOPLE:
        platform.log_in(f"qa+{name}@corp.example", SECRETS[f"{name.upper()}_PASSWORD"])
    _holds_no_secret(folder)


def _write_target(
    folder: Path, authority: Authority, auth: Listening, box: Listening, between: Listening
) -> None:
    assert authority.pem.exists()
    said = {
        **TARGET,
        "services": {"auth": {"url": f"https://auth.corp.test:{auth.port}"}},
        "proxy": {"url": between.url, "user": "qa", "password": {"env": "PROXY_PASSWORD"}},
        "sources": {
            "mail": {
                "kind": "imap",
                "url": f"imaps://localhost:{box.port}",
                "user": "qa",
                "password": {"env": "MAILBOX_PASSWORD"},
                "within": 20,
            }
        },
    }
    (folder / "company.yaml").write_text(json.dumps(said), "utf-8")


def _judge(door: Door) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(
                sys.executable,
                "-P",
                "-m",
                "assay.command",
                "run",
                "--target",
                str(door.folder / "company.yaml"),
            ),
            *("--results", str(door.results)),
            *(str(ROOT / "suites" / "auth" / f"{suite}.robot") for suite in SUITES),
        ],
        env={**door.environment, **SECRETS},
        cwd=door.folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def _holds_no_secret(folder: Path) -> None:
    """Nothing that is left shows a password."""
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8", "replace")
            found = [name for name, secret in SECRETS.items() if secret in text]
            assert not found, f"{found} in {path}"
