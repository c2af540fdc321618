"""Runs Schemathesis on a contract, in a process of its own, and counts what it judged by check."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from assay.core.errors import AssayError
from assay.core.reach import SYSTEM, Way

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
    "unsupported_method", "allow_header_conformance", "use_after_free", "ensure_resource_availability",
    "ignored_auth", "object_level_authorization", "max_response_time",
)  # fmt: skip
_CONDITIONAL = (
    "negative_data_rejection", "missing_required_header", "use_after_free", "ensure_resource_availability",
    "ignored_auth", "object_level_authorization",
)  # fmt: skip
# A body may be larger than the service takes although each of its fields is not (413). 401 stands here for no operation: who
# presents a good token is let in, for as long as it lives.
_ACCEPTED = ["2xx", 403, 404, 409, 413, 429]
_REFUSED = [400, 401, 403, 404, 405, 413, 415, 422, 429]
_SLOWEST, _PATIENCE = 5, 10
BUDGET = 180  # seconds for all
_BUNDLE = "authorities.pem"
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


@dataclass(frozen=True)
class Job:
    """What is to be tried: the document, where, with which tokens, how many cases and by which seed.

    `token` is presented to every operation but those that have one in `own_tokens`, by method and path. `refusals` are
    statuses with which an operation may refuse what its schema allows. `ending` says that the tokens live too short to last.
    """

    document: Mapping[str, Any]
    url: str
    token: str
    seed: int
    cases: int
    way: Way = field(default_factory=Way)
    own_tokens: Mapping[tuple[str, str], str] = field(default_factory=dict)
    refusals: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    ending: bool = False


@dataclass
class Outcome:
    """How often each check was made, and what it found."""

    judged: Counter[str] = field(default_factory=Counter)
    found: dict[str, list[str]] = field(default_factory=dict)
    operations: set[str] = field(default_factory=set)


def applicable(document: Mapping[str, Any]) -> set[str]:
    """The checks that can find something on the operations of a document; the others have nothing to look at.

    Nothing is said of what belongs to whom (object_level_authorization), for all requests are of one caller.
    """
    paths: Mapping[str, Any] = document.get("paths", {})
    asked = [
        (item, item[method], method, path)
        for path, item in paths.items()
        for method in _METHODS
        if method in item
    ]
    found = set(CHECKS) - set(_CONDITIONAL)
    if any(
        "requestBody" in one or one.get("parameters") or item.get("parameters") for item, one, *_ in asked
    ):
        found.add("negative_data_rejection")
    if any(one.get("security", document.get("security")) for _, one, *_ in asked):
        found |= {"ignored_auth", "missing_required_header"}
    things = {path for path in paths if path.rstrip("/").endswith("}")}
    ended = {path for _, _, method, path in asked if method == "delete" and path in things}
    read = [path for _, _, method, path in asked if method in ("get", "head", "patch")]
    if any(path == one or path.startswith(f"{one}/") for one in ended for path in read):
        found.add("use_after_free")
    made = {path for _, _, method, path in asked if method == "post"}
    if any(path.rpartition("/")[0] in made for path in things):
        found.add("ensure_resource_availability")
    return found


def seed_of(words: str) -> int:
    """A number for a seed that may be any word."""
    return int(words) if words.isdigit() else zlib.crc32(words.encode())


def only(document: Mapping[str, Any], known: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The document with these operations, by method and path, and no others."""
    wanted = {(method.lower(), path) for method, path in known}
    paths = {}
    for path, item in document.get("paths", {}).items():
        kept = {key: value for key, value in item.items() if key not in _METHODS or (key, path) in wanted}
        if any(key in _METHODS for key in kept):
            paths[path] = kept
    return {**document, "paths": paths}


def obstacle(way: Way) -> str:
    """What of a way Schemathesis cannot be told, in words; nothing where it can be told all."""
    if way.certificate and way.certificate.password:
        return "Schemathesis takes no client certificate whose key has a password, and the target has one"
    return ""


def run(job: Job) -> Outcome:
    """Lets Schemathesis try the job. AssayError when it could not; its own reports are read and removed."""
    with tempfile.TemporaryDirectory(prefix="assay-fuzz-") as name:
        folder = Path(name)
        (folder / "contract.json").write_text(json.dumps(job.document), "utf-8")
        (folder / "schemathesis.toml").write_text(_settings(job), "utf-8")
        (folder / _BUNDLE).write_text(_authorities(job.way), "utf-8")
        try:
            ran = subprocess.run(
                _command(job),
                check=False,
                cwd=folder,
                env=_surroundings(job),
                capture_output=True,
                text=True,
                timeout=BUDGET,
            )
        except subprocess.TimeoutExpired as error:
            raise AssayError(f"Schemathesis was not done within {BUDGET} s on {job.url}") from error
        reports = list(folder.glob("report/*.ndjson"))
        if ran.returncode not in (0, 1) or not reports:
            raise AssayError(f"Schemathesis ended with {ran.returncode}: {_last(ran.stderr or ran.stdout)}")
        return read(reports[0].read_text("utf-8").splitlines())


def read(lines: Iterable[str]) -> Outcome:
    """Counts checks and findings of a report in lines of JSON."""
    outcome = Outcome()
    for line in lines:
        told = json.loads(line).get("ScenarioFinished")
        if told is None:
            continue
        recorder = told["recorder"]
        for case, checks in (recorder.get("checks") or {}).items():
            outcome.operations.add(recorder["label"])
            for check in checks:
                outcome.judged[check["name"]] += 1
                if check["status"] != "success":
                    outcome.found.setdefault(check["name"], []).append(_finding(recorder, case, check))
    return outcome


def _finding(recorder: Mapping[str, Any], case: str, check: Mapping[str, Any]) -> str:
    value = recorder["cases"][case]["value"]
    failure = check.get("failure_info", {}).get("failure", {})
    message = str(failure.get("message", "")).split("\n")[0]
    sent = {key: value[key] for key in ("path_parameters", "query", "body") if value.get(key)}
    answer = (recorder.get("interactions", {}).get(case) or {}).get("response") or {}
    return (
        f"{value['method']} {value['path']} {json.dumps(sent, default=str)[:300]}: "
        f"{answer.get('status_code', 'no answer')}, {failure.get('title', '')}: {message}"
    )


def _command(job: Job) -> list[str]:
    options = [
        "--url", job.url, "--seed", str(job.seed), "--max-examples", str(job.cases), "--checks", "all",
        "--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure", "--no-color",
        "--max-response-time", str(_SLOWEST), "--request-timeout", str(_PATIENCE),
        "--suppress-health-check", "all", "--generation-database", "none", "--warnings", "off",
        "--report", "ndjson", "--report-dir", "report",
    ]  # fmt: skip
    if urlsplit(job.url).scheme == "https":
        options += ["--tls-verify", _BUNDLE]
    if shown := job.way.certificate:
        options += ["--request-cert", str(Path(shown.certificate).resolve())]
        options += ["--request-cert-key", str(Path(shown.key).resolve())] if shown.key else []
    main = "from schemathesis.cli import schemathesis; schemathesis()"
    return [sys.executable, "-c", main, "run", "contract.json", *options]


def _surroundings(job: Job) -> dict[str, str]:
    tokens = {f"ASSAY_FUZZ_TOKEN_{number}": token for number, token in enumerate(job.own_tokens.values())}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SCHEMATHESIS") and not name.lower().endswith("_proxy")
    }
    return {
        **kept,
        **_proxies(job.way),
        "SCHEMATHESIS_HOOKS": "assay.rest.fuzz_hooks",
        "ASSAY_FUZZ_TOKEN": job.token,
        **tokens,
    }


def _proxies(way: Way) -> dict[str, str]:
    # Through the surroundings and not as an argument, since a password may be in it.
    if (proxy := way.proxy) is None:
        return {}
    parts = urlsplit(proxy.url)
    user = f"{quote(proxy.user, safe='')}:{quote(proxy.password, safe='')}@" if proxy.user else ""
    url = f"{parts.scheme}://{user}{parts.netloc}"
    return {name: url for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")}


def _authorities(way: Way) -> str:
    """All certificates that are trusted on a way, as one text in PEM; the machine's where no others are named."""
    named = way.authorities or (SYSTEM,)
    texts = [Path(one).read_text("utf-8") for one in named if one != SYSTEM]
    if SYSTEM in named:
        told = ssl.get_default_verify_paths()
        files = (
            [Path(told.cafile)] if told.cafile else sorted(Path(told.capath or "/nowhere").glob("*.[0-9]"))
        )
        texts += [one.read_text("utf-8", "replace") for one in files]
    return "\n".join(texts)


def _settings(job: Job) -> str:
    """Schemathesis' own file of settings; it takes the tokens from its surroundings."""
    lines = []
    for scheme in _bearers(job.document):
        lines += [f"[auth.openapi.{scheme}]", 'bearer = "${ASSAY_FUZZ_TOKEN}"']
    accepted = [*_ACCEPTED, *([401] if job.ending else [])]
    lines += ["[checks.positive_data_acceptance]", f"expected-statuses = {json.dumps(accepted)}"]
    lines += ["[checks.negative_data_rejection]", f"expected-statuses = {json.dumps(_REFUSED)}"]
    numbers = {where: number for number, where in enumerate(job.own_tokens)}
    for method, path in {**job.own_tokens, **job.refusals}:
        lines += ["[[operations]]", f"include-name = {json.dumps(f'{method} {path}')}"]
        if (method, path) in job.refusals:
            statuses = json.dumps([*accepted, *job.refusals[method, path]])
            lines.append(f"checks.positive_data_acceptance.expected-statuses = {statuses}")
        if (method, path) in numbers:
            own = f"Bearer ${{ASSAY_FUZZ_TOKEN_{numbers[method, path]}}}"
            lines.append(f'headers = {{Authorization = "{own}"}}')
    return "\n".join(lines) + "\n"


def _bearers(document: Mapping[str, Any]) -> Iterator[str]:
    for name, scheme in document.get("components", {}).get("securitySchemes", {}).items():
        if scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "bearer":
            yield name


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines or ["it said nothing"])[-1][:300]
