"""Who may do what, by the contract alone: which decision each operation owes to each caller."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from assay.core.contract import Contract
from assay.core.errors import AssayError

LET_IN, UNKNOWN, NOT_ALLOWED = "let in", "unknown", "not allowed"
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")
_ABOUT_ACCESS = frozenset(
    {"missing-token", "invalid-token", "invalid-api-key", "invalid-certificate", "insufficient-scope"}
)
_BEFORE_ANY_DECISION = frozenset({405, 429})
_ENDS_ACCOUNT = "x-ends-account"


def security(contract: Contract, operation: str) -> dict[str, list[str]]:
    """The ways in which an operation lets callers in, with what each needs; empty where anybody is let in."""
    if operation not in contract.operations:
        raise AssayError(f"the contract of {contract.service} knows no operation {operation}")
    stated = contract.operations[operation].get("security", contract.document.get("security", []))
    return {way: needed for one in stated for way, needed in one.items()}


def decision(contract: Contract, operation: str, way: str | None, granted: Collection[str] | None) -> str:
    """What an operation owes to a caller who comes by a way of the contract, or by none, with what is granted.

    `granted` is None for a credential that is good no longer.
    """
    ways = security(contract, operation)
    if not ways:
        return LET_IN
    if way not in ways or granted is None:
        return UNKNOWN
    return LET_IN if set(ways[way]) <= set(granted) else NOT_ALLOWED


def decided(contract: Contract, operation: str, status: int, problem: str | None = None) -> str | None:
    """The decision that an answer of an operation shows; None where it shows none.

    A refusal with 401 or 403 that has a name of its own (`wrong-code`) is about what was asked, by somebody who was let in.
    That nothing was found shows it only where a thing is named in the path: elsewhere nobody may have been there to decide.
    Server errors, redirections, methods that are not known and too many requests come before any decision.
    """
    if not 200 <= status < 300 and not 400 <= status < 500 or status in _BEFORE_ANY_DECISION:
        return None
    if status == 404:
        return LET_IN if fields_in(contract, operation, "path") else None
    about_access = problem is None or problem in _ABOUT_ACCESS
    return {401: UNKNOWN, 403: NOT_ALLOWED}.get(status, LET_IN) if about_access else LET_IN


def in_order(contract: Contract) -> list[str]:
    """Every operation of the contract; those on the session of who asks come after the others, the end of the account last."""
    later = set(on_own_session(contract))
    return sorted(
        contract.operations, key=lambda name: (_ENDS_ACCOUNT in contract.operations[name], name in later)
    )


def on_own_session(contract: Contract) -> list[str]:
    """The operations that change something and need no more than being logged in: they may end the session of who asks."""
    reading = {item["get"]["operationId"] for item in contract.document["paths"].values() if "get" in item}
    return [
        name
        for name in contract.operations
        if security(contract, name).get("bearer") == [] and name not in reading
    ]


def own_things(contract: Contract) -> list[str]:
    """The operations on one thing of who asks: it is named in the path, and no permission beyond being logged in is needed."""
    return [
        name
        for name in contract.operations
        if security(contract, name).get("bearer") == [] and fields_in(contract, name, "path")
    ]


def methods_that_are_not(contract: Contract) -> Iterator[tuple[str, str]]:
    """An operation of each path, with each method that the contract does not know for that path."""
    for item in contract.document["paths"].values():
        known = {method.upper(): one["operationId"] for method, one in item.items() if "operationId" in one}
        yield from ((next(iter(known.values())), method) for method in METHODS if method not in known)


def fields_in(contract: Contract, operation: str, where: str) -> list[str]:
    """The parameters of an operation that stand in the path, or in another place."""
    parameters = [contract.resolve(one) for one in contract.operations[operation].get("parameters", ())]
    return [one["name"] for one in parameters if one["in"] == where]


def required(contract: Contract, operation: str) -> list[str]:
    """The fields without which an operation cannot be asked."""
    found = contract.operations[operation]
    parameters = [contract.resolve(one) for one in found.get("parameters", ())]
    content = contract.resolve(found.get("requestBody", {})).get("content", {})
    schemas: list[Mapping[str, Any]] = [contract.resolve(one.get("schema", {})) for one in content.values()]
    names = [one["name"] for one in parameters if one.get("required")]
    return [*names, *(name for schema in schemas[:1] for name in schema.get("required", []))]
