"""What a platform is asked to be: request.json, checked before anything starts."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reference import defects
from reference.auth import settings as auth_settings
from reference.auth.settings import Settings
from reference.common import settings as any_settings
from reference.defects import Defect
from reference.launcher.errors import BadRequest
from reference.store import settings as store_settings

SERVICES = ("auth", "store")
DATA_SERVERS = ("database", "session-store", "mail")
PROFILES = ("http", "https")


@dataclass(frozen=True)
class Request:
    """A platform that can be started."""

    run: str
    services: tuple[str, ...]
    given_settings: dict[str, Any]
    settings: Settings
    store_settings: store_settings.Settings
    defects: tuple[Defect, ...] = ()
    profile: str = "http"

    @property
    def wants_store(self) -> bool:
        """Whether the store is asked for."""
        return "store" in self.services

    @property
    def wants_auth(self) -> bool:
        """Whether auth, or what it needs, is asked for."""
        return any(name != "store" for name in self.services)

    def given_to(self, known: dict[str, Any]) -> dict[str, Any]:
        """The settings that were asked for and are of one service."""
        return of(known, self.given_settings)


def read(folder: Path) -> Request:
    """The request in a folder; raises BadRequest with one line about what cannot be."""
    path = folder / "request.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadRequest(f"{path} cannot be read: {error}") from None
    if not isinstance(told, dict):
        raise BadRequest(f"{path} must hold an object")
    profile = told.get("profile") or "http"
    if profile not in PROFILES:
        raise BadRequest(f"there is no profile {profile}; known: {', '.join(PROFILES)}")
    given = told.get("settings") or {}
    if not isinstance(given, dict):
        raise BadRequest(f"{path}: settings must be an object")
    try:
        for name, value in given.items():
            any_settings.check(known_settings(), name, value)
        settings = auth_settings.parse(of(auth_settings.describe(), given))
        of_store = store_settings.parse(of(store_settings.describe(), given))
    except any_settings.SettingError as error:
        raise BadRequest(str(error)) from None
    check_trusted_keys(settings)
    return Request(
        run=str(told.get("run", "")),
        services=wanted_services(told.get("services") or list(SERVICES)),
        given_settings=given,
        settings=settings,
        store_settings=of_store,
        defects=wanted_defects(told.get("defects") or [], told.get("defects_from") or []),
        profile=profile,
    )


def known_settings() -> dict[str, dict[str, Any]]:
    """The settings of every service."""
    return {**auth_settings.describe(), **store_settings.describe()}


def of(known: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The settings that one service knows, of those that were asked for."""
    return {name: value for name, value in given.items() if name in known}


def check_trusted_keys(settings: Settings) -> None:
    """Refuses keys that could never verify."""
    if not settings.trusted_keys.get("keys"):
        return
    from reference.auth import publickeys

    try:
        publickeys.read_set(settings.trusted_keys)
    except publickeys.BadKey as error:
        raise BadRequest(f"setting trusted_keys: {error}") from None


def wanted_services(names: list[str]) -> tuple[str, ...]:
    """The services that are asked for."""
    for name in names:
        if name not in (*SERVICES, *DATA_SERVERS):
            raise BadRequest(f"there is no service {name}; known: {', '.join((*SERVICES, *DATA_SERVERS))}")
    return tuple(names)


def wanted_defects(names: list[str], files: list[str] | str) -> tuple[Defect, ...]:
    """The defects that are asked for, from this platform and from files."""
    if not names and not files:
        return ()
    try:
        known = defects.load([files] if isinstance(files, str) else files)
    except defects.DefectError as error:
        raise BadRequest(str(error)) from None
    for name in names:
        if name not in known:
            raise BadRequest(f"there is no defect {name}; the command `defects` lists them")
    return tuple(known[name] for name in names)
