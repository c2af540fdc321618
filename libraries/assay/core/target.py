"""Targets: where a platform runs, how to reach it, which dialect each service speaks and which capabilities it has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.core import capabilities, dialect, places, reach, yamlfile
from assay.core.contract import contract, services
from assay.core.dialect import Dialect
from assay.core.errors import AssayError, TargetError, accepted
from assay.core.reach import ClientCertificate, Proxy
from assay.core.yamlfile import YamlFile

_SOURCES = {"database": "databases", "session_store": "redis"}


@dataclass(frozen=True)
class Launch:
    """How a platform is started: the launcher's command and what it is asked for."""

    command: tuple[str, ...]
    profile: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    start_within: float | None = None
    stop_within: float | None = None


@dataclass(frozen=True)
class Target:
    """One target file, checked. `data` is what the file says."""

    name: str
    path: Path
    data: Mapping[str, Any]

    @property
    def launch(self) -> Launch | None:
        said = self.data.get("launch")
        if said is None:
            return None
        command = [self._found(said["command"][0]), *said["command"][1:]]
        return Launch(tuple(command), **{key: value for key, value in said.items() if key != "command"})

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        return dict(self.data.get("services", {}))

    @cached_property
    def capabilities(self) -> frozenset[str]:
        return frozenset(name for kind in capabilities.KINDS for name in self.data.get(kind, ()))

    @property
    def known_failures(self) -> Path | None:
        return self._path("known_failures")

    @cached_property
    def authorities(self) -> tuple[str, ...]:
        """The PEM files of the authorities that are trusted, none where it is those of the machine alone."""
        said = self.data.get("ca", ())
        return reach.authorities([said] if isinstance(said, str) else said, self.path.parent)

    def client_certificate(self, service: str) -> ClientCertificate | None:
        """What this service is shown of the client: its own where it has one, else the target's."""
        said = self.services.get(service, {}).get("client_certificate") or self.data.get("client_certificate")
        if not said:
            return None
        files = [
            str((self.path.parent / said[key]).resolve()) if key in said else None
            for key in ("certificate", "key")
        ]
        password = environment(said.get("password", ""), "the password of the client certificate")
        return ClientCertificate(str(files[0]), files[1], str(password))

    def proxy(self, url: str) -> Proxy | None:
        """The proxy through which a URL is reached."""
        said = self.data.get("proxy")
        if isinstance(said, Mapping):
            said = {key: environment(value, f"{key} of the proxy") for key, value in said.items()}
        return reach.proxy_for(url, said)

    def dialect(self, service: str) -> Dialect:
        """How the service spells its operations; the contract's way where the target names no dialect."""
        name = self.services.get(service, {}).get("dialect")
        return dialect.named(service, name, self.path.parent) if name else dialect.default(service)

    def _path(self, key: str) -> Path | None:
        said = self.data.get(key)
        return (self.path.parent / said).resolve() if said else None

    def _found(self, command: str) -> str:
        for folder in (self.path.parent, places.root()):
            if "/" in command and (folder / command).exists():
                return str((folder / command).resolve())
        return command


def known_targets() -> list[str]:
    """The targets in variables/targets, by name."""
    return sorted(path.stem for path in places.targets().glob("*.yaml"))


def load(name: str) -> Target:
    """The target of that name in variables/targets, or of the file of that path.

    Raises `TargetError` in one line, `file:line: what is wrong; accepted: ...`, for an unknown target and for whatever
    is malformed in the target, its dialects or the names of its capabilities.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else places.targets() / f"{name}.yaml"
    if not path.is_file():
        raise TargetError(
            f"unknown target '{name}'{accepted(name, known_targets())}, or the path of a .yaml file"
        )
    file = yamlfile.load(path.resolve())
    yamlfile.validate(file, yamlfile.schema("target"))
    _check_capabilities(file)
    target = Target(file.data["name"], path.resolve(), file.data)
    _check_services(file, target)
    _check_claims(file, target)
    _check_paths(file, target)
    return target


def environment(value: Any, what: str) -> Any:
    """A value of a target, read from the environment where it says `{env: NAME}`; AssayError names an unset variable."""
    if isinstance(value, Mapping) and set(value) == {"env"}:
        found = os.environ.get(value["env"])
        if not found:
            raise AssayError(
                f"the environment variable {value['env']} is not set; the target reads {what} from it"
            )
        return found
    return value


def _check_capabilities(file: YamlFile) -> None:
    for kind in capabilities.KINDS:
        for index, name in enumerate(file.data.get(kind, ())):
            if name not in capabilities.known()[kind]:
                raise file.unknown(
                    (kind, index), f"capability among {kind}", name, capabilities.known()[kind]
                )


def _check_claims(file: YamlFile, target: Target) -> None:
    """What is claimed must be possible: something to test, a launcher for platforms, a place where things are read."""
    if not file.data.get("offers"):
        where = ("offers",) if "offers" in file.data else ()
        known = ", ".join(sorted(capabilities.known()["offers"]))
        raise file.error(
            where, f"{target.name} offers nothing, so there is nothing to test; accepted: {known}"
        )
    if target.launch is not None:
        return
    for index, name in enumerate(file.data.get("controls", ())):
        if name.endswith(".private"):
            raise file.error(
                ("controls", index), f"{name} needs a launcher; accepted: it with launch: {{command: [...]}}"
            )
    for index, name in enumerate(file.data.get("observes", ())):
        source = name.partition(".")[2].replace("-", "_")
        source = _SOURCES.get(source, source)
        if source not in file.data.get("sources", {}):
            raise file.error(
                ("observes", index),
                f"{name} is claimed and nothing says where it is read; accepted: it with sources: {{{source}: ...}}",
            )


def _check_services(file: YamlFile, target: Target) -> None:
    if not target.services and target.launch is None:
        raise file.error(
            (),
            f"{target.name} names no services and no launch, so there is nothing to test; "
            "accepted: services: {auth: {url: ...}} or launch: {command: [...]}",
        )
    for name, service in target.services.items():
        if name not in services():
            raise file.unknown(("services", name), "service", name, services())
        if "url" not in service and target.launch is None:
            raise file.error(
                ("services", name), f"services.{name} lacks the key 'url'; accepted: a URL, or {{env: NAME}}"
            )
        if said := service.get("dialect"):
            try:
                dialect.checked(name, said, file.path.parent)
            except TargetError as error:
                raise error if error.file else file.error(("services", name, "dialect"), error.what) from None
        contract(name)


def _check_certificate(file: YamlFile, target: Target, where: tuple[str, ...]) -> None:
    """The files are there, and fit where no password is needed to find that out."""
    said = file.data
    for part in where:
        said = said[part]
    if not (said := said.get("client_certificate")):
        return
    for key in ("certificate", "key"):
        if key in said and not (target.path.parent / said[key]).is_file():
            raise file.error(
                (*where, "client_certificate", key), f"client_certificate.{key} names no file: {said[key]}"
            )
    if "password" not in said:
        try:
            reach.context(reach.Way(certificate=target.client_certificate(where[-1] if where else "")))
        except AssayError as error:
            raise file.error((*where, "client_certificate"), str(error)) from error


def _check_mail(file: YamlFile) -> None:
    """Fresh addresses are made in one way, and a mailbox says all that is needed to open it."""
    if "mail_address" in file.data and "mail_domain" in file.data:
        raise file.error(
            ("mail_domain",), "mail_domain and mail_address cannot both be; accepted: one of them"
        )
    mail = file.data.get("sources", {}).get("mail", {})
    imap = mail.get("kind") == "imap"
    where = ("sources", "mail")
    for key in ("user", "password") if imap else ():
        if key not in mail:
            raise file.error(where, f"sources.mail lacks the key '{key}', which kind imap needs")
    for key in ("key",) if imap else ("user", "password", "folder"):
        if key in mail:
            raise file.error(
                (*where, key), f"sources.mail.{key} is not for kind {'imap' if imap else 'outbox'}"
            )
    schemes = ("imaps://",) if imap else ("http://", "https://")
    url = mail.get("url", schemes[0])
    if isinstance(url, str) and not url.startswith(schemes):
        raise file.error(
            (*where, "url"), f"sources.mail.url cannot be '{url}'; accepted: {' or '.join(schemes)}"
        )
    if "ca" in mail:
        try:
            reach.authorities([mail["ca"]], file.path.parent)
        except AssayError as error:
            raise file.error((*where, "ca"), str(error)) from error


def _check_paths(file: YamlFile, target: Target) -> None:
    path = target.known_failures
    if path is not None and not path.is_file():
        raise file.error(("known_failures",), f"known_failures names no file: {file.data['known_failures']}")
    try:
        target.authorities  # noqa: B018  # read here, so that a mistake is told with its line
    except AssayError as error:
        raise file.error(("ca",), str(error)) from error
    for where in [(), *(("services", name) for name in target.services)]:
        _check_certificate(file, target, where)
    _check_mail(file)
    if target.launch and "/" in target.launch.command[0] and not os.access(target.launch.command[0], os.X_OK):
        raise file.error(
            ("launch", "command"), f"the launcher {target.launch.command[0]} is not there or not executable"
        )
