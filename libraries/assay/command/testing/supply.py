"""The checks of what the project stands on: licences, known vulnerabilities, secrets in the tree."""

from __future__ import annotations

import json
import re
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from assay.command.testing.processes import python, run
from assay.command.testing.shapes import Outcome, Work, bad, fine, left_out

ALLOWED = (
    r"apache", r"bsd", r"0bsd", r"mit(?![a-z])", r"mit-0", r"mit-cmu", r"isc", r"psf", r"python software foundation",
    r"python-2\.0", r"mpl", r"mozilla public", r"zpl", r"zope", r"unlicense", r"public domain", r"postgresql",
    r"zlib", r"cc0", r"hpnd", r"historical permission",
    r"lgpl", r"lesser general public",  # used as libraries, unchanged
)  # fmt: skip
_REFUSED = re.compile(
    r"(?<!l)\bagpl|affero|(?<!lesser )(?<!library )general public license|(?<![la])gpl", re.IGNORECASE
)
_ALLOWED = re.compile("|".join(rf"(?:{one})" for one in ALLOWED), re.IGNORECASE)
_UNREACHABLE = re.compile(r"ConnectionError|ConnectTimeout|Max retries|Name or service|timed out|Temporary failure"
                          r"|ProxyError|SSLError|40[134] Client Error|ServiceError|resolve", re.IGNORECASE)  # fmt: skip
_EXCEPTIONS = "tests/lint/licences.json"
_BASELINE = "tests/lint/secrets.json"


def licences(work: Work) -> Outcome:
    """The licence of every distribution in the environment, against those that may be used."""
    explained: dict[str, str] = json.loads((work.root / _EXCEPTIONS).read_text("utf-8"))
    unclear = []
    total = 0
    for one in metadata.distributions():
        name = str(one.metadata["Name"])
        total += 1
        said = licence(one.metadata)
        if name.lower() not in explained and (not _ALLOWED.search(said) or _REFUSED.search(said)):
            unclear.append(f"{name} {one.version}: {said or 'says no licence'}")
    if unclear:
        return bad(f"{len(unclear)} licences are not allowed (see {_EXCEPTIONS})", "\n".join(sorted(unclear)))
    return fine(f"{total} distributions")


def licence(about: Any) -> str:
    """What a distribution says of its licence: the expression, else the classifiers, else the first line of prose."""
    expression = about.get("License-Expression")
    if expression:
        return str(expression)
    classified = [
        one.rpartition("::")[2].strip() for one in about.get_all("Classifier") or () if "License ::" in one
    ]
    classified = [one for one in classified if one not in ("OSI Approved", "Other/Proprietary License")]
    prose = str(about.get("License") or "").strip().splitlines()
    return "; ".join(classified) or (prose[0] if prose else "")


def vulnerabilities(work: Work) -> Outcome:
    """Known vulnerabilities of what is installed, where the source of such knowledge can be reached."""
    arguments = ["--local", "--skip-editable", "--progress-spinner", "off", "--timeout", "10"]
    ran = run(work, "pip-audit", python("-m", "pip_audit", *arguments), limit=240)
    if ran.status == 0:
        return fine("none known")
    if re.search(r"Found \d+ known vulnerabilit", ran.text):
        return bad("there are known vulnerabilities", ran.tail)
    if _UNREACHABLE.search(ran.text):
        return left_out("the source of known vulnerabilities cannot be reached from here")
    return bad(f"pip-audit failed with exit status {ran.status}", ran.tail)


def secrets(work: Work) -> Outcome:
    """Secrets in the files of the tree, apart from the test data that the baseline names."""
    found = find_secrets(work.root, tracked(work.root))
    known = set(json.loads((work.root / _BASELINE).read_text("utf-8"))["test_data"])
    unknown = sorted(place for place, mark in found.items() if mark not in known)
    if unknown:
        return bad(
            f"{len(unknown)} places look like secrets (test data belongs in {_BASELINE})", "\n".join(unknown)
        )
    stale = known - set(found.values())
    return (
        bad(f"{len(stale)} entries of {_BASELINE} are stale", "\n".join(sorted(stale)))
        if stale
        else fine("none")
    )


def tracked(root: Path) -> list[Path]:
    """The files of the tree that git knows or would add; every file where there is no git."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.relative_to(root).parts[0] != ".assay"
        ]
    return [root / name for name in listed if name and (root / name).is_file()]


def find_secrets(root: Path, files: list[Path]) -> dict[str, str]:
    """Each place that looks like a secret, with a mark that stays the same when lines move: file, kind, hash."""
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import transient_settings

    found = {}
    with transient_settings({"plugins_used": [{"name": name} for name in _DETECTORS]}):
        for path in files:
            shown = str(path.relative_to(root))
            for secret in scan_file(str(path)):
                mark = f"{shown} {secret.type} {secret.secret_hash[:12]}"
                found[f"{shown}:{secret.line_number}: {secret.type}"] = mark
    return found


_DETECTORS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector",
    "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector", "JwtTokenDetector",
    "MailchimpDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector",
    "SlackDetector", "SoftlayerDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)  # fmt: skip
