"""What a run makes on a platform that is not Assay's own, written down as it is made, so that it can be removed even after the
run was killed.

Each run that makes something has a folder: `about.json` (which target, where), `made.jsonl` (what happened, line by line) and `key`.
What is needed to remove a thing is sealed by the key, so that the list holds no secret; the folder goes when all is removed.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from assay.core import places, yamlfile
from assay.core.errors import AssayError, accepted

GIVEN = "given"
OPEN = "the run ended before it could be removed"


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """What operations make and how it goes away again (resources/removals.yaml)."""
    found: Mapping[str, Mapping[str, Any]] = yamlfile.load(places.resources() / "removals.yaml").data
    return found


@dataclass(frozen=True)
class Made:
    """One thing: what made it, which suite, its name, what is kept of it in the clear, and why it is still there."""

    number: str
    suite: str
    by: str
    name: str
    kept: Mapping[str, Any] = field(repr=False, default_factory=dict)
    why: str = OPEN

    @property
    def rule(self) -> Mapping[str, Any]:
        """What the table says of it; a thing that a test named itself has one way, the operation for it."""
        found: Mapping[str, Any] = table().get(self.by, {"makes": "", "ways": [{"operation": self.by}]})
        return found

    def __str__(self) -> str:
        what = self.rule.get("makes") or self.by
        return f"{what} {self.name}".strip() + f" (made by {self.suite})"


def folder(run: str) -> Path:
    """Where the list of a run is kept."""
    return places.left() / run


def runs() -> list[str]:
    """The runs that left something, the oldest first."""
    found = [path.parent for path in places.left().glob("*/about.json")]
    return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime)]


def about(run: str) -> dict[str, Any]:
    """What is known of a run that left something. AssayError names the known ones."""
    try:
        found: dict[str, Any] = json.loads((folder(run) / "about.json").read_text("utf-8"))
    except (OSError, ValueError):
        known = runs()
        raise AssayError(f"no run '{run}' left anything that is known here{accepted(run, known)}") from None
    return found


class Ledger:
    """The list of one run, written by all its processes. `given` are the addresses of the target's own accounts."""

    def __init__(
        self, run: str, said: Mapping[str, Any], given: Mapping[str, str], able: frozenset[str]
    ) -> None:
        self.folder = folder(run)
        self._said, self._able = {"run": run, **said}, able
        self.given = {address.lower(): name for address, name in given.items()}
        self._lock = threading.RLock()
        self._seal: Any = None
        self._count = 0
        self._quiet = False
        self.made: dict[str, Made] = {}
        self._owners: dict[str, str] = {}

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Nothing that is called meanwhile is written down: it removes, and makes nothing that stays."""
        self._quiet, before = True, self._quiet
        try:
            yield
        finally:
            self._quiet = before

    def belongs(self, secret: str, address: str) -> None:
        """A secret is known to be somebody's, such as the token in a mail to them."""
        with self._lock:
            self._owners[secret] = address.lower()

    def before(self, operation: str, fields: Mapping[str, Any], token: str | None, suite: str) -> str:
        """Called before an operation is sent. What it needs to be known by is written down first; returns its number.

        A test that would remove one of the target's own accounts, or change it for good, is skipped before it is sent.
        """
        rule = table().get(operation, {})
        if self._quiet:
            return ""
        if (owner := self._owner(rule, fields, token)) in self.given:
            self._spare(operation, rule, self.given[owner])
        if "makes" not in rule or any(str(place).startswith("/") for place in rule["keep"].values()):
            return ""
        return self.add(operation, str(fields.get(rule["named"], "")), taken(rule, fields, {}), suite)

    def after(
        self,
        operation: str,
        fields: Mapping[str, Any],
        token: str | None,
        body: Any,
        succeeded: bool,
        number: str,
        suite: str,
    ) -> None:
        """Called with the answer. What was refused was not made; what an answer gives is kept from here on."""
        rule = table().get(operation, {})
        if self._quiet:
            return
        if not succeeded:
            if number:
                self.gone(number)
            return
        kept = taken(rule, fields, body)
        owner = self._owner(rule, fields, token)
        if "changes" in rule and owner:
            self._change(owner, kept, suite)
        elif "adds" in rule and owner:
            self._add_to(owner, rule, kept)
        elif "makes" in rule and not number:
            name = str(fields.get(rule["named"], "")) if "named" in rule else owner
            self._begin(operation, rule, name, kept, suite)
        elif "renews" in rule:
            self._renew(rule, fields, kept)
        self._ended(operation, fields, token, owner)

    def add(self, by: str, name: str, kept: Mapping[str, Any], suite: str) -> str:
        """Writes down that something is being made; returns its number."""
        with self._lock:
            self._count += 1
            number = f"{os.getpid()}-{self._count}"
            self.made[number] = Made(number, suite, by, name, dict(kept))
            self._tell(number, event="made", by=by, name=name, suite=suite, sealed=self._sealed(kept))
        return number

    def keep(self, number: str, kept: Mapping[str, Any]) -> None:
        """Keeps something newer of a thing."""
        with self._lock:
            one = self.made[number]
            self.made[number] = replace(one, kept={**one.kept, **kept})
            self._tell(number, event="kept", sealed=self._sealed(self.made[number].kept))

    def changed_password(self, address: str) -> str:
        """The password that an account of the target has instead of its own, empty where it has its own."""
        changed = [one for one in self.made.values() if one.by == GIVEN and one.name.lower() == address]
        return _plain(changed[-1].kept.get("password")) if changed else ""

    def gone(self, number: str) -> None:
        """A thing is removed, or was never made."""
        with self._lock:
            one = self.made.pop(number, None)
            if one is None:
                return
            self._tell(number, event="removed")
            if one.rule.get("makes") == "account":
                self._follow_the_account(one)

    def _follow_the_account(self, one: Made) -> None:
        """What only the owner of an account could remove went with it."""
        same = [other for other in self.made.values() if other.name.lower() == one.name.lower()]
        if any(other.rule.get("makes") == "account" for other in same):
            return  # a second sign-up of the same address was refused
        for other in same:
            if any(way.get("as") == "owner" for way in other.rule["ways"]):
                self.gone(other.number)

    def stays(self, number: str, why: str) -> None:
        """A thing could not be removed; it stays in the list for `./assay clean`."""
        with self._lock:
            self.made[number] = replace(self.made[number], why=why)
            self._tell(number, event="left", why=why)

    def _spare(self, operation: str, rule: Mapping[str, Any], name: str) -> None:
        """Skips a test that would leave one of the target's own accounts removed or with another password."""
        from robot.api import SkipExecution

        if "changes" in rule and (lacking := self._closed(GIVEN)):
            raise SkipExecution(
                f"The password of the target's account {name} could not be put back: "
                f"the target lacks {', '.join(lacking)}."
            )
        if "adds" in rule:
            raise SkipExecution(
                f"The target's account {name} is there for all tests; it is given no {rule['adds']} of its own."
            )
        ways = [way for one in table().values() if one.get("makes") == "account" for way in one["ways"]]
        if any(way["operation"] == operation and way.get("as") == "owner" for way in ways):
            raise SkipExecution(f"The target's account {name} is there for all tests; it is never removed.")

    def _owner(self, rule: Mapping[str, Any], fields: Mapping[str, Any], token: str | None) -> str:
        secret = token or _plain(fields.get(rule.get("of", rule.get("named", ""))))
        return self._owners.get(secret, "")

    def _learn(self, kept: Mapping[str, Any], owner: str) -> None:
        for value in kept.values():
            if _is_secret(value):
                self.belongs(_plain(value), owner)

    def _begin(
        self, operation: str, rule: Mapping[str, Any], name: str, kept: Mapping[str, Any], suite: str
    ) -> None:
        self._learn(kept, name)
        presented = [way["token"] for way in rule["ways"] if "token" in way]
        if presented and not set(presented) & set(kept):
            return  # a log-in that waits for a code has begun no session yet
        if not (rule.get("passing") and self._closed(operation)):
            self.add(operation, name, kept, suite)

    def _renew(self, rule: Mapping[str, Any], fields: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
        spent = _plain(fields.get(rule["named"]))
        owner = self._owners.get(spent, "")
        self._learn(kept, owner)
        for number, one in list(self.made.items()):
            if spent and _plain(one.kept.get(rule["named"])) == spent:
                self.keep(number, kept)

    def _change(self, owner: str, kept: Mapping[str, Any], suite: str) -> None:
        for number, one in list(self.made.items()):
            if one.name.lower() == owner and one.rule.get("makes") in ("account", "password"):
                self.keep(number, kept)
                return
        if owner in self.given:
            self.add(GIVEN, owner, {"email": owner, **kept}, suite)

    def _add_to(self, owner: str, rule: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
        for number, one in list(self.made.items()):
            if one.name.lower() == owner and one.rule.get("makes") == "account":
                moved = {new: one.kept[old] for new, old in rule.get("moves", {}).items() if old in one.kept}
                self.keep(number, {**kept, **moved})

    def _ended(self, operation: str, fields: Mapping[str, Any], token: str | None, owner: str) -> None:
        """What a test removed itself needs no removing."""
        for number, one in list(self.made.items()):
            for way in one.rule["ways"]:
                if way["operation"] != operation or one.by == GIVEN or "emptied" in way:
                    continue
                if _same(way, one, fields) and (
                    "token" in way
                    and token
                    and _plain(one.kept.get(way["token"])) == token
                    or way.get("as") == "owner"
                    and owner
                    and one.name.lower() == owner
                    or way.get("as", "owner") != "owner"
                ):
                    self.gone(number)

    def _closed(self, by: str) -> list[str]:
        """What the target lacks for every way, nothing where one of them is open."""
        lacking = [
            [need for need in way.get("needs", ()) if need not in self._able] for way in table()[by]["ways"]
        ]
        return [] if any(not one for one in lacking) else sorted({need for one in lacking for need in one})

    def _sealed(self, kept: Mapping[str, Any]) -> str:
        if self._seal is None:
            self._seal = _open_folder(self.folder, self._said)
        told = {
            name: {"secret": _plain(value)} if _is_secret(value) else value for name, value in kept.items()
        }
        return str(self._seal.encrypt(json.dumps(told, default=str).encode()).decode())

    def _tell(self, number: str, **told: Any) -> None:
        _write(self.folder / "made.jsonl", json.dumps({"number": number, **told}) + "\n")


def read(run: str) -> list[Made]:
    """What a run made and did not remove, the last first."""
    place = folder(run)
    found: dict[str, Made] = {}
    seal = _seal_of(place)
    with suppress(FileNotFoundError):
        for line in (place / "made.jsonl").read_text("utf-8").splitlines():
            with suppress(ValueError):  # a line that a killed process had not ended
                _follow(json.loads(line), found, seal)
    return list(reversed(found.values()))


def close(run: str) -> None:
    """Forgets a run that left nothing, with its key."""
    shutil.rmtree(folder(run), ignore_errors=True)


def _follow(told: Mapping[str, Any], found: dict[str, Made], seal: Any) -> None:
    number = told["number"]
    if told["event"] == "made":
        found[number] = Made(number, told["suite"], told["by"], told["name"], _unsealed(seal, told["sealed"]))
    elif number not in found:
        return
    elif told["event"] == "kept":
        found[number] = replace(found[number], kept=_unsealed(seal, told["sealed"]))
    elif told["event"] == "left":
        found[number] = replace(found[number], why=told["why"])
    else:
        del found[number]


def taken(rule: Mapping[str, Any], fields: Mapping[str, Any], body: Any) -> dict[str, Any]:
    """What is to be kept, from the fields of a request and its answer."""
    found = {}
    for name, place in rule.get("keep", {}).items():
        value: Any = body if place.startswith("/") else fields
        for key in place.removeprefix("/").split("/"):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            found[name] = value
    return found


def _same(way: Mapping[str, Any], one: Made, fields: Mapping[str, Any]) -> bool:
    """Whether a request names this thing and no other of its kind; secrets name nothing."""
    named = {field: one.kept.get(place) for field, place in way.get("fields", {}).items()}
    return all(
        _is_secret(value) or _plain(fields.get(field)) == _plain(value) for field, value in named.items()
    )


def _open_folder(place: Path, said: Mapping[str, Any]) -> Any:
    from cryptography.fernet import Fernet

    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        draft = place / f"key.{os.getpid()}"
        _write(draft, Fernet.generate_key().decode())
        os.link(draft, place / "key")  # the first process of the run decides
    (place / f"key.{os.getpid()}").unlink(missing_ok=True)
    if not (place / "about.json").exists():
        draft = place / f"about.{os.getpid()}"
        _write(draft, json.dumps(said))
        draft.replace(place / "about.json")
    return _seal_of(place)


def _seal_of(place: Path) -> Any:
    from cryptography.fernet import Fernet

    try:
        return Fernet((place / "key").read_bytes())
    except (OSError, ValueError):
        return None


def _unsealed(seal: Any, sealed: str) -> dict[str, Any]:
    from cryptography.fernet import InvalidToken
    from robot.api.types import Secret

    if seal is None:
        return {}
    try:
        told: dict[str, Any] = json.loads(seal.decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        return {}
    return {
        name: Secret(value["secret"]) if isinstance(value, dict) and set(value) == {"secret"} else value
        for name, value in told.items()
    }


def _is_secret(value: Any) -> bool:
    from robot.api.types import Secret  # not above: who only asks whether a run left something needs no robot

    return isinstance(value, Secret)


def _plain(value: Any) -> str:
    return "" if value is None else str(value.value if _is_secret(value) else value)


def _write(path: Path, text: str) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
