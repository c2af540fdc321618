"""How each operation gets into the position to be called: data of `resources/positions`, held against the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from assay.core import places, yamlfile
from assay.core.contract import Contract, contract

Make = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True)
class Field:
    """One field of an operation: its schema, where it stands and what is known of it."""

    name: str
    where: str
    schema: Mapping[str, Any]
    of: str | None = None
    odd: str = ""
    beyond: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)
    words_refused: bool = False

    @property
    def is_text(self) -> bool:
        """Whether a text may stand in it."""
        kinds = self.schema.get("type", [])
        return "string" in ([kinds] if isinstance(kinds, str) else kinds)


@dataclass(frozen=True)
class Position:
    """What one operation needs before it can be called."""

    operation: str
    method: str
    path: str
    fields: Mapping[str, Field]
    body: Mapping[str, Any] | None
    keyword: str = ""
    token: str = ""
    spends: bool = False
    needs: tuple[str, ...] = ()
    own_refusals: tuple[int, ...] = ()
    lacking: str = "missing-token"
    told_as: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether the body is one field, in which members stand that nobody can know beforehand."""
        return self.body is not None and "x-field" in self.body

    def valid(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """The request that is accepted, with its token, from what the keyword of the position made."""
        request = {name: made[one.of] for name, one in self.fields.items() if one.of}
        # Where an operation has a field `token` of its own, `token` is that field, and such ones present none.
        return {**request, "token": made[self.token]} if self.token else request


class Places:
    """The positions of one table: operations with the same keyword share what it made; one that spends it has its own."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._made: dict[str, Mapping[str, Any]] = {}

    def of(self, position: Position) -> Mapping[str, Any]:
        """What the position of an operation is made of."""
        if not position.keyword:
            return {}
        key = position.operation if position.spends else position.keyword
        if key not in self._made:
            self._made[key] = self._make(position.keyword)
        return self._made[key]


@cache
def known(service: str) -> dict[str, Position]:
    """The position of every operation of a service that tables may call."""
    told = data(service)
    agreed = contract(service)
    return {
        name: _position(agreed, name, entry or {})
        for name, entry in told["operations"].items()
        if name in agreed.operations
    }


def data(service: str) -> Mapping[str, Any]:
    """The file of the positions of a service."""
    found: Mapping[str, Any] = yamlfile.load(places.resources() / "positions" / f"{service}.yaml").data
    return found


def gaps(service: str) -> list[str]:
    """What the file of positions lacks, or has beyond the contract, in words."""
    told, agreed = data(service), contract(service)
    entries: Mapping[str, Any] = told["operations"]
    left_out: Mapping[str, str] = told.get("left_out", {})
    found = [f"{name} has no position" for name in agreed.operations if name not in {*entries, *left_out}]
    found += [
        f"the contract has no {name}" for name in [*entries, *left_out] if name not in agreed.operations
    ]
    found += [f"{name} has a position and is left out" for name in entries if name in left_out]
    for name, position in known(service).items():
        entry = entries[name] or {}
        found += [
            f"{name} has no field {one}" for one in entry.get("fields", {}) if one not in position.fields
        ]
        found += [
            f"what becomes of odd texts in {name}.{one.name} is not told"
            for one in position.fields.values()
            if one.is_text and not one.odd
        ]
        found += [
            f"{name}.{one} is required and has no valid value" for one in _required(agreed, name, position)
        ]
        if agreed.needs_token(name) != bool(position.token):
            found.append(f"{name} and its position differ on whether a token is presented")
    return found


def _required(agreed: Contract, name: str, position: Position) -> Iterator[str]:
    parameters = [agreed.resolve(one) for one in agreed.operations[name].get("parameters", ())]
    required = [one.get("x-field", one["name"]) for one in parameters if one.get("required")]
    body = position.body or {}
    required += [body["x-field"]] if "x-field" in body else body.get("required", [])
    yield from (one for one in required if position.fields[one].of is None)


def _position(agreed: Contract, name: str, entry: Mapping[str, Any]) -> Position:
    step = agreed.spelling(name).steps[0]
    operation = agreed.operations[name]
    content = agreed.resolve(operation.get("requestBody", {})).get("content", {})
    body = next((agreed.resolve(media.get("schema", {})) for media in content.values()), None)
    told: Mapping[str, Any] = entry.get("fields", {})
    fields = {}
    for parameter in (agreed.resolve(one) for one in operation.get("parameters", ())):
        named = parameter.get("x-field", parameter["name"])
        fields[named] = (parameter["in"], agreed.resolve(parameter.get("schema", {})))
    if body and "x-field" in body:
        fields[body["x-field"]] = ("body", body)
    for one, schema in (body or {}).get("properties", {}).items():
        fields.setdefault(one, ("body", agreed.resolve(schema)))
    return Position(
        f"{agreed.service}.{name}",
        step.method,
        step.path,
        {one: Field(one, where, schema, **_told(told.get(one))) for one, (where, schema) in fields.items()},
        body,
        entry.get("position", ""),
        entry.get("token", ""),
        bool(entry.get("spends")),
        tuple(entry.get("needs", ())),
        tuple(entry.get("own_refusals", ())),
        _lacking(agreed),
        frozenset(_told_as(agreed, operation)),
    )


def _lacking(agreed: Contract) -> str:
    """The problem of who presents no token: services that do not tell it from a bad one have one for both."""
    schema = agreed.document.get("components", {}).get("schemas", {}).get("Problem", {})
    types = schema.get("properties", {}).get("type", {}).get("enum", ["missing-token"])
    return "missing-token" if any(str(one).endswith("missing-token") for one in types) else "invalid-token"


def _told_as(agreed: Contract, operation: Mapping[str, Any]) -> Iterator[str]:
    """The media types of what an operation answers when it is done."""
    for status, response in operation.get("responses", {}).items():
        if str(status).startswith("2"):
            yield from agreed.resolve(response).get("content", {})


def _told(entry: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        key: value
        for key, value in (entry or {}).items()
        if key in ("of", "odd", "beyond", "kept", "words_refused")
    }
