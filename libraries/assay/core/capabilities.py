"""Capabilities: what a target offers, lets us observe, lets us control and tolerates."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Protocol

from assay.core import places, yamlfile
from assay.core.contract import services
from assay.core.errors import AssayError, accepted

KINDS = ("offers", "observes", "controls", "tolerates")
TAG, AREA = "needs:", "area:"


class Able(Protocol):
    """Anything that says which capabilities it has."""

    @property
    def capabilities(self) -> frozenset[str]: ...


@cache
def known() -> dict[str, dict[str, str]]:
    """By kind the names of all capabilities, each with its sentence (resources/capabilities.yaml)."""
    found: dict[str, dict[str, str]] = yamlfile.load(places.resources() / "capabilities.yaml").data
    return found


@cache
def names() -> frozenset[str]:
    """The names of all capabilities."""
    return frozenset(name for kind in known().values() for name in kind)


def needed(tags: Iterable[str]) -> list[str]:
    """The capabilities that a test's tags say it needs."""
    return [tag.removeprefix(TAG) for tag in map(str, tags) if tag.startswith(TAG)]


def missing(wanted: Iterable[str], platform: Able | None = None) -> list[str]:
    """Those of the capabilities that the platform lacks, by default the run's. A name nobody knows is an error.

    The names may be tags of a test, `needs:NAME`.
    """
    from assay.core import run

    names_wanted = [name.removeprefix(TAG) for name in wanted]
    for name in names_wanted:
        if name not in names():
            raise AssayError(f"unknown capability '{name}'{accepted(name, names())}")
    able = platform or run.current().target
    return [name for name in names_wanted if name not in able.capabilities]


def absent(tags: Iterable[str]) -> list[str]:
    """The services that a test's tags say it is about, `area:NAME`, and that the platform of the run does not have."""
    from assay.core import run

    about = [tag.removeprefix(AREA) for tag in map(str, tags) if tag.startswith(AREA)]
    if not (asked := [name for name in about if name in services()]):
        return []
    platform = run.current().platform
    there = {*platform.target.services, *platform.ready.get("services", {})}
    return [name for name in asked if name not in there]
