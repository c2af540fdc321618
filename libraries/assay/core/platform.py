"""A platform as the suite meets it: where its services are, how they speak, what of it can be observed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assay.core import places, reach, rpc, yamlfile
from assay.core.contract import Contract
from assay.core.dialect import Dialect
from assay.core.errors import AssayError, accepted
from assay.core.reach import ClientCertificate, Way
from assay.core.rpc import Rpc
from assay.core.spelling import Spelling
from assay.core.target import Target, environment


@cache
def settings() -> Mapping[str, Mapping[str, Any]]:
    """The settings that a platform can be given, by name (resources/contracts/settings.yaml and SERVICE.settings.yaml)."""
    files = [places.contracts() / "settings.yaml", *sorted(places.contracts().glob("*.settings.yaml"))]
    return {name: entry for file in files for name, entry in yamlfile.load(file).data.items()}


class Platform:
    """One platform of a target: the one that runs already, the run's shared one, or a private one.

    `ready` is what the launcher said of it (docs/writing-a-target.md), empty for a platform that Assay did not start.
    """

    def __init__(
        self,
        target: Target,
        name: str = "",
        ready: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.target = target
        self.name = name
        self._settings = settings or {}
        self.ready: Mapping[str, Any] = ready or {}
        #: Seconds that a service's clock has been set ahead, by the service's name.
        self.clocks_ahead: dict[str, float] = {}
        self._dialects: dict[str, Dialect] = {}
        self._ways: dict[str, Way] = {}

    @property
    def private(self) -> bool:
        """Whether this platform was started by one suite for itself."""
        return self.name not in ("", "shared")

    @property
    def capabilities(self) -> frozenset[str]:
        return self.target.capabilities

    def way(self, service: str) -> Way:
        """How a service is reached: whom we trust, through which proxy, with which client certificate."""
        if service not in self._ways:
            self._ways[service] = self.way_to(self.url(service), self.target.client_certificate(service))
        return self._ways[service]

    def way_to(self, url: str, certificate: ClientCertificate | None = None, ca: str | None = None) -> Way:
        """How anything else of the target is reached, such as its mail, trusting an authority of its own if it has one."""
        said = self.ready.get("ca")
        known = (str(said),) if said else self.target.authorities
        if ca:
            known = reach.authorities([ca], self.target.path.parent)
        return Way(known, self.target.proxy(url), certificate)

    @property
    def observes(self) -> Mapping[str, Any]:
        """Where what can be observed is read, by kind: mail, security_log, service_log, databases, redis."""
        return {**self.target.data.get("sources", {}), **self.ready.get("observes", {})}

    def observed(self, kind: str) -> Any:
        """Where one kind of thing is read. AssayError where the target says it can be and does not say where."""
        if kind not in self.observes:
            raise AssayError(
                f"the target {self.target.name} does not say where to read '{kind}'"
                f"{accepted(kind, self.observes)}"
            )
        found = self.observes[kind]
        return {name: environment(value, f"{kind} {name}") for name, value in found.items()}

    def service(self, name: str) -> Mapping[str, Any]:
        """What the target and the launcher say of a service, the launcher last. AssayError names the known ones."""
        told, ready = self.target.services, self.ready.get("services", {})
        if name not in {**told, **ready}:
            raise AssayError(
                f"the target {self.target.name} has no service '{name}'{accepted(name, {**told, **ready})}"
            )
        return {**told.get(name, {}), **ready.get(name, {})}

    def said_of(self, service: str, what: str) -> Any:
        """One thing that must be known of a service, such as its address for gRPC."""
        found = environment(self.service(service).get(what), f"{what} of {service}")
        if not found:
            raise AssayError(f"the target {self.target.name} does not say '{what}' of the service {service}")
        return found

    def url(self, service: str) -> str:
        """Where a service is. AssayError names the known ones."""
        return str(self.said_of(service, "url")).rstrip("/")

    def service_certificates(self, service: str) -> Mapping[str, Any]:
        """The authority that a service trusts to vouch for other services, as the target says it."""
        found: Mapping[str, Any] = self.said_of(service, "service_certificates")
        return found

    def dialect(self, service: str) -> Dialect:
        """How a service spells its operations."""
        if service not in self._dialects:
            self._dialects[service] = self.target.dialect(service)
        return self._dialects[service]

    def rpc(self, service: str) -> Rpc:
        """How a service is called over gRPC."""
        return rpc.of(service, self.target.services.get(service, {}).get("dialect"), self.target.path.parent)

    def contract(self, service: str) -> Contract:
        """What a service promises."""
        return self.dialect(service).contract

    def spelling(self, operation: str) -> Spelling:
        """An operation, by its name with its service: `auth.logIn`."""
        service, dot, name = operation.partition(".")
        if not dot:
            raise AssayError(
                f"'{operation}' names no service; accepted: SERVICE.OPERATION, for example auth.logIn"
            )
        return self.dialect(service).spelling(name)

    def accounts(self) -> list[str]:
        """The names of the accounts that the target has of its own."""
        return list({**self.target.data.get("accounts", {}), **self.ready.get("accounts", {})})

    def address_of(self, name: str) -> str:
        """The mail address of an account of the target."""
        accounts = {**self.target.data.get("accounts", {}), **self.ready.get("accounts", {})}
        return str(environment(accounts[name]["email"], f"email of the account {name}"))

    def account(self, name: str | None = None) -> dict[str, str]:
        """An account of the target, by name or the first: email and password in the clear."""
        accounts = {**self.target.data.get("accounts", {}), **self.ready.get("accounts", {})}
        name = name or next(iter(accounts), None)
        if name not in accounts:
            raise AssayError(
                f"the target {self.target.name} has no account '{name}'{accepted(name, accounts)}"
            )
        return {
            key: str(environment(value, f"{key} of the account {name}"))
            for key, value in accounts[name].items()
        }

    def secret(self, name: str) -> str:
        """A secret of the target by name, in the clear."""
        secrets = {**self.target.data.get("secrets", {}), **self.ready.get("secrets", {})}
        if name not in secrets:
            raise AssayError(f"the target {self.target.name} has no secret '{name}'{accepted(name, secrets)}")
        return str(environment(secrets[name], f"the secret {name}"))

    def setting(self, name: str) -> Any:
        """What the platform is set to: what it was started with, what the target says, what the contract says."""
        launch = self.target.launch
        known = settings()
        for said in (self._settings, launch.settings if launch else {}, self.target.data.get("settings", {})):
            if name in said:
                return said[name]
        if name not in known:
            raise AssayError(f"unknown setting '{name}'{accepted(name, known)}")
        return known[name].get("default")

    def file(self, kind: str, service: str) -> Path:
        """A file that can be observed: `security_log` or `service_log` of a service."""
        return Path(str(self.observed(kind)[service]))
