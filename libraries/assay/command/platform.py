"""`./assay platform up|down|status`: a platform to look at, or to run single tests against while writing them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from assay.command.options import Options, UsageError
from assay.core import capabilities, places, processes
from assay.core.target import Target, load
from assay.core.waiting import gone

_PASSWORD, _SECRET = "ASSAY_UP_PASSWORD_OF_{}", "ASSAY_UP_{}"
_REACHED = ("url", "grpc", "subscription", "workers", "metrics")
_SOURCES = ("mail", "security_log", "service_log", "files", "state")  # databases are read with a password
_STOPPING = 40.0


def main(options: Options) -> int:
    """Does what is asked; 0 when it is done, or for `status` when a platform is up."""
    return {"up": _up, "down": _down, "status": _status}[options.action](options)


def _up(options: Options) -> int:
    target = load(options.target)
    if target.launch is None:
        raise UsageError(f"the target {target.name} has no launch: it runs already, or not, without Assay")
    if _running():
        raise UsageError(
            "a platform is up already: `./assay platform status` shows it, `./assay platform down` stops it"
        )
    request = {
        "target": str(target.path),
        "services": options.services or list(target.services) or ["auth"],
        "settings": {name: yaml.safe_load(value) for name, value in options.settings.items()},
        "profile": options.profile,
        "defects": options.defects,
    }
    keeper = subprocess.Popen(
        [sys.executable, "-P", "-m", "assay.command.keeping", json.dumps(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=places.root(),
    )
    try:
        answer = _answer(keeper)
    except BaseException:
        keeper.terminate()
        keeper.wait(_STOPPING)
        raise
    created = processes.look(keeper.pid)
    about = {"pid": keeper.pid, "created": created.created if created else 0, "target": target.name, **answer}
    file = _write_target(target, answer["ready"], options.profile)
    _private(_note(), json.dumps(about))
    keeper.returncode = 0  # it stays when this process ends
    _show(about)
    print(f"a run against it: ./assay run --target {file}")
    return 0


def _answer(keeper: subprocess.Popen[str]) -> dict[str, Any]:
    line = keeper.stdout.readline() if keeper.stdout else ""
    if not line:
        raise UsageError(f"the platform did not come up (exit status {keeper.wait(_STOPPING)})")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        keeper.wait(_STOPPING)
        raise UsageError(str(answer["error"]))
    return answer


def _down(options: Options) -> int:
    del options
    about = _running()
    if not about:
        print("no platform is up")
        _forget()
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(about["pid"], signal.SIGTERM)
    if not gone(Path(about["folder"]), _STOPPING):
        print(
            f"assay: not everything was stopped within {_STOPPING:.0f} s; see {about['folder']}",
            file=sys.stderr,
        )
        return 1
    _forget()
    print("the platform is down")
    return 0


def _status(options: Options) -> int:
    del options
    about = _running()
    if not about:
        print("no platform is up")
        return 1
    _show(about)
    print(f"a run against it: ./assay run --target {_target_file()}")
    return 0


def _show(about: dict[str, Any]) -> None:
    ready = about["ready"]
    print(f"the platform {about['target']} is up")
    for name, service in ready["services"].items():
        print(f"  {name:<12}{service['url']}")
    for name, place in ready.get("observes", {}).items():
        if isinstance(place, dict) and "url" in place:
            print(f"  {name:<12}{_without_password(place['url'])}")
    for name, account in ready.get("accounts", {}).items():
        print(f"  {name:<12}{account['email']}; for a run: {_export(_PASSWORD, name)}")
    for name in ready.get("secrets", {}):
        print(f"  {name:<12}for a run: {_export(_SECRET, name)}")


def _export(variable: str, name: str) -> str:
    return f"export {variable.format(name.upper())}=$(cat {_secret(name)})"


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _write_target(target: Target, ready: dict[str, Any], profile: str) -> Path:
    """A target file of the platform that is up; it cannot be controlled, since nobody starts it for the run."""
    said = {name: value for name, value in target.data.items() if name not in ("launch", "known_failures")}
    services = {
        name: {**target.services.get(name, {}), **{key: one[key] for key in _REACHED if key in one}}
        for name, one in ready["services"].items()
    }
    kept = {name: value for name, value in ready.get("observes", {}).items() if name in _SOURCES}
    for name in capabilities.KINDS:
        said[name] = [one for one in said.get(name, ()) if one.partition(".")[0] in services]
    said["controls"] = []
    observed = [name.replace("_", "-") for name in kept]
    said["observes"] = [name for name in said["observes"] if name.partition(".")[2] in observed]
    said |= {
        "name": f"{target.name}-up",
        "about": f"The platform that is up ({profile})",
        "services": services,
        "sources": kept,
        "accounts": {
            name: {"email": account["email"], "password": _from_file(_PASSWORD, name, account["password"])}
            for name, account in ready.get("accounts", {}).items()
        },
        "secrets": {
            name: _from_file(_SECRET, name, value) for name, value in ready.get("secrets", {}).items()
        },
    }
    if ready.get("ca"):
        said["ca"] = ready["ca"]
    if profile == "https" and "auth" in services and "auth.https" not in said["offers"]:
        said["offers"] = [*said["offers"], "auth.https"]
    file = _target_file()
    _private(file, yaml.safe_dump(said, sort_keys=False))
    return file


def _from_file(variable: str, name: str, value: str) -> dict[str, str]:
    """Writes a secret to a file of its own and says by which variable a run is given it."""
    _private(_secret(name), value)
    return {"env": variable.format(name.upper())}


def _running() -> dict[str, Any]:
    """What is noted of the platform that is up; empty when its process is gone."""
    try:
        about: dict[str, Any] = json.loads(_note().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    found = processes.look(int(about["pid"]))
    return about if found and found.alive and found.created == about["created"] else {}


def _forget() -> None:
    for path in (_note(), _target_file(), *places.states().glob("up-*")):
        path.unlink(missing_ok=True)


def _note() -> Path:
    return places.states() / "up.json"


def _target_file() -> Path:
    return places.states() / "up.yaml"


def _secret(account: str) -> Path:
    return places.states() / f"up-{account}"


def _private(path: Path, text: str) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
