"""Which suites may be affected by what changed since a revision of git; a suite in doubt is affected."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from assay.command.options import UsageError
from assay.command.running.plan import Plan
from assay.command.running.robotoptions import RobotOptions
from assay.command.running.uses import Used, Uses
from assay.core.target import Target

_EVERYTHING = (
    *("assay", "requirements.txt", "constraints.txt", "pyproject.toml", "reference/"),
    *("resources/platform.resource", "resources/capabilities.yaml"),
    *(
        f"libraries/assay/{name}/"
        for name in ("command", "core", "evidence", "platform", "report", "supervisor")
    ),
)
_NOTHING = ("docs/", "tests/", ".ci/", "results/", "LICENSE", ".gitignore", ".gitattributes", ".editorconfig")
_READ = ("suites/", "resources/", "libraries/")
_KNOWN = (".robot", ".resource", ".py")  # what uses such a file there is seen by reading
_CONTRACTS, _CATALOGUE, _OPENAPI = "resources/contracts/", "resources/catalogue/", ".openapi.yaml"
_ID = re.compile(r"\b[A-Z][A-Z0-9]*-[0-9]+\b")
_NAMED = 3


@dataclass
class _Suites:
    """The suites of a plan: what each uses, the tags of its tests, and why it was chosen."""

    root: Path
    used: dict[Path, Used]
    tags: dict[Path, set[str]]
    why: dict[Path, list[str]] = field(default_factory=dict)

    def choose(self, suites: Iterable[Path], reason: str) -> None:
        for suite in suites:
            self.why.setdefault(suite, []).append(reason)

    def using(self, path: Path) -> list[Path]:
        return [suite for suite, used in self.used.items() if path in used.files]

    def speaking_of(self, word: str) -> list[Path]:
        """Those in which, or in whose resources and libraries, a word stands."""
        pattern = re.compile(rf"\b{re.escape(word)}\b")
        texts: dict[Path, bool] = {}
        for path in {file for used in self.used.values() for file in used.files}:
            texts[path] = path.is_file() and bool(pattern.search(path.read_text("utf-8", "replace")))
        return [suite for suite, used in self.used.items() if any(texts[file] for file in used.files)]


def select(
    planned: Plan, revision: str, root: Path, target: Target, options: RobotOptions
) -> tuple[Plan, list[str]]:
    """The part of a plan that what changed since `revision` may affect, and a line for each suite that says why.

    Raises `UsageError` where git cannot say what changed, and where nothing of the plan is affected.
    """
    commit = _commit(revision, root)
    changed = _changed(commit, root)
    since = revision if revision == commit[:10] else f"{revision} ({commit[:10]})"
    if not changed:
        raise UsageError(f"nothing is selected: nothing has changed since {since}")
    suites = _read(planned, root, [root / name for name in changed if not (root / name).exists()])
    reason = _everything(changed, root, [*options.files, *_of_target(target, root)])
    for name in changed:
        reason = reason or _one(name, suites, commit)
    if "language" in options.given:
        reason = reason or "suites in another language are not read here"
    if reason:
        return planned, [f"every suite may be affected by what changed since {since}: {reason}"]
    if not suites.why:
        raise UsageError(
            f"nothing is selected: what changed since {since} affects none of the selected suites ({_few(changed)})"
        )
    lines = [f"{len(suites.why)} of {len(suites.used)} suites may be affected by what changed since {since}:"]
    lines += [f"  {_inside(suite, root)}: {_few(why)}" for suite, why in sorted(suites.why.items())]
    return planned.only(lambda test: Path(test.source) in suites.why), lines


def _everything(changed: list[str], root: Path, own: list[Path]) -> str:
    for name in changed:
        if _under(name, _EVERYTHING):
            return name
        place = root / name
        if any(place == path or path in place.parents for path in own):
            return f"{name}, which this run was told to use"
    return ""


def _one(name: str, suites: _Suites, commit: str) -> str:
    """Chooses the suites that one changed file may affect; returns why that is everything, where it is."""
    path = suites.root / name
    if using := suites.using(path):
        for suite in using:
            suites.choose([suite], "changed" if suite == path else f"uses {name}")
        return ""
    if service := _service(name):
        suites.choose(suites.speaking_of(service), f"may use {name}")
        return ""
    if name.startswith(_CATALOGUE) and name.endswith(".yaml"):
        ids = _ids(path, name, commit, suites.root)
        tagged = [suite for suite, tags in suites.tags.items() if tags & ids]
        suites.choose(tagged, f"keeps what {name} says")
        return ""
    if _under(name, _NOTHING) or name.endswith(".md") or (_under(name, _READ) and name.endswith(_KNOWN)):
        return ""
    return f"{name}, of which nobody knows what uses it"


def _service(name: str) -> str:
    """The service whose contract, or part of a contract, a file is: auth.openapi.yaml, auth/keys.yaml."""
    if not name.startswith(_CONTRACTS):
        return ""
    parts = PurePosixPath(name.removeprefix(_CONTRACTS)).parts
    if len(parts) > 1:
        return parts[0]
    return parts[0].removesuffix(_OPENAPI) if parts[0].endswith(_OPENAPI) else ""


def _read(planned: Plan, root: Path, gone: list[Path]) -> _Suites:
    uses = Uses(root, gone)
    tags: dict[Path, set[str]] = {}
    for test in planned.tests:
        tags.setdefault(Path(test.source), set()).update(tag.removeprefix("promise:") for tag in test.tags)
    found = _Suites(root, {suite: uses.of(suite) for suite in tags}, tags)
    for suite, used in found.used.items():
        if not suite.is_relative_to(root):
            found.choose([suite], "is not in this repository")
        elif used.unknown:
            found.choose([suite], f"may use anything ({used.unknown})")
    return found


def _ids(path: Path, name: str, commit: str, root: Path) -> set[str]:
    """The ids that a catalogue has, or had."""
    now = path.read_text("utf-8", "replace") if path.is_file() else ""
    return set(_ID.findall(now + _git(root, "show", f"{commit}:./{name}", missing="")))


def _of_target(target: Target, root: Path) -> list[Path]:
    """The files and folders that make a target what it is: its own, and those of its launcher."""
    own = [path for path in (target.path, target.known_failures, *map(Path, target.authorities)) if path]
    words = [Path(word) for word in target.launch.command] if target.launch else []
    homes = [word.parent for word in words if word.is_absolute() and word.parent != root]
    return [*own, *words, *homes]


def _commit(revision: str, root: Path) -> str:
    _git(root, "rev-parse", "--show-toplevel")
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", missing="")
    if not found:
        raise UsageError(f"--changed-since: this repository has no revision '{revision}'")
    return found.strip()


def _changed(commit: str, root: Path) -> list[str]:
    """What differs from a commit, with what is not committed and what git does not know yet, relative to the root."""
    known = _git(
        root, "diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", commit, "--"
    )
    unknown = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({name for name in (known + unknown).split("\0") if name})


def _git(root: Path, *arguments: str, missing: str | None = None) -> str:
    """What git says; `missing` where it fails, else `UsageError`."""
    # Within a hook git's own variables name another repository or index than the folder.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            env=surroundings,
            check=False,
            timeout=60,
        )
    except FileNotFoundError:
        raise UsageError("--changed-since needs git, which is not on the PATH") from None
    except subprocess.TimeoutExpired:
        raise UsageError("--changed-since: git did not answer within 60 s") from None
    if answer.returncode == 0:
        return answer.stdout.decode("utf-8", "surrogateescape")
    if missing is not None:
        return missing
    said = answer.stderr.decode("utf-8", "replace").strip().splitlines()
    raise UsageError(
        f"--changed-since needs a git repository; git says: {said[0] if said else answer.returncode}"
    )


def _under(name: str, places: Iterable[str]) -> bool:
    return any(name.startswith(one) if one.endswith("/") else name == one for one in places)


def _inside(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
