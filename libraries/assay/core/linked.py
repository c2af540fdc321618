"""What a service of the private platform reaches, led through something of the suite's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from assay.core.errors import AssayError

if TYPE_CHECKING:
    from assay.core.run import Run


def behind(run: Run, service: str, what: str) -> Mapping[str, str]:
    """The addresses that a service is linked to, by name. AssayError where others use the platform, or none are told."""
    if not run.platform.private:
        raise AssayError(f"{what} are put before a private platform only: others use this one")
    found: Mapping[str, str] | None = run.platform.ready.get("links", {}).get(service)
    if not found:
        raise AssayError(f"the launcher of {run.target.name} does not say what {service} is linked to")
    return found


def lead(run: Run, service: str, addresses: Mapping[str, str]) -> None:
    """Restarts a service so that it finds what it needs at these addresses."""
    run.control(service, "link", links=dict(addresses))
    run.control(service, "restart")
