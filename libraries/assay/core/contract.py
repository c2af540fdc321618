"""What a service promises, from its OpenAPI document: the operations by name and how they are spelled by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assay.core import places, yamlfile
from assay.core.errors import AssayError, TargetError, accepted
from assay.core.spelling import KeyHeader, Place, Spelling, Step

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_DEEP = 6


class Contract:
    """One service's contract.

    `document` is the OpenAPI document, `operations` maps each operationId to the operation as it is written there.
    """

    def __init__(self, service: str, document: Mapping[str, Any]) -> None:
        self.service = service
        self.document = document
        self.operations: dict[str, Mapping[str, Any]] = {}
        self._places: dict[str, tuple[str, str]] = {}
        for path, item in document.get("paths", {}).items():
            for method in _METHODS:
                if method in item:
                    name = str(item[method]["operationId"])
                    self.operations[name] = item[method]
                    self._places[name] = (method.upper(), path)
        self._spelled: dict[str, Spelling] = {}

    def spelling(self, name: str) -> Spelling:
        """An operation as the contract spells it. `AssayError` names the known operations for an unknown one."""
        if name not in self.operations:
            raise AssayError(f"unknown operation '{self.service}.{name}'{accepted(name, self.operations)}")
        if name not in self._spelled:
            self._spelled[name] = self._spell(name)
        return self._spelled[name]

    def resolve(self, found: Any) -> Any:
        """What a reference in the document stands for; anything else as it is."""
        while isinstance(found, Mapping) and "$ref" in found:
            place: Any = self.document
            for part in str(found["$ref"]).removeprefix("#/").split("/"):
                place = place[part]
            found = place
        return found

    @property
    def key_header(self) -> KeyHeader | None:
        """The header in which an API key is presented, where the contract knows such keys."""
        schemes = self.document.get("components", {}).get("securitySchemes", {}).values()
        names = (one["name"] for one in schemes if (one["type"], one.get("in")) == ("apiKey", "header"))
        return next(map(KeyHeader, names), None)

    def needs_token(self, name: str) -> bool:
        """Whether an operation asks for a bearer token."""
        return bool(self.operations[name].get("security", self.document.get("security")))

    def _spell(self, name: str) -> Spelling:
        operation = self.operations[name]
        method, path = self._places[name]
        given = {
            parameter.get("x-field", parameter["name"]): Place(parameter["in"], parameter["name"])
            for parameter in self._parameters(operation)
        }
        body = self._body(operation)
        schema = self.resolve(body or {})
        if "x-field" in schema:  # the whole body is one field
            given[schema["x-field"]] = Place("body", "")
        for field in schema.get("properties", {}):
            given.setdefault(field, Place("body", f"/{field}"))
        step = Step(method, path, given, bodied=body is not None)
        return Spelling(
            f"{self.service}.{name}",
            (step,),
            frozenset(given),
            secrets=dict(self._secrets(operation)),
            alone=next(iter(operation.get("x-alone", {}).items()), None),
        )

    def _parameters(self, operation: Mapping[str, Any]) -> list[Any]:
        return [self.resolve(parameter) for parameter in operation.get("parameters", ())]

    def _body(self, operation: Mapping[str, Any]) -> Any:
        content = self.resolve(operation.get("requestBody", {})).get("content", {})
        return next((media.get("schema", {}) for media in content.values()), None)

    def _secrets(self, operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for response in operation.get("responses", {}).values():
            for media in self.resolve(response).get("content", {}).values():
                yield from self._secret_places(media.get("schema", {}), "", _DEEP)

    def _secret_places(self, schema: Any, at: str, deep: int) -> Iterator[tuple[str, str]]:
        schema = self.resolve(schema)
        if not deep or not isinstance(schema, Mapping):
            return
        if schema.get("x-secret"):
            yield at, at.rsplit("/", 1)[-1].replace("_", " ")
        for name, inner in schema.get("properties", {}).items():
            yield from self._secret_places(inner, f"{at}/{name}", deep - 1)
        if "items" in schema:
            yield from self._secret_places(schema["items"], f"{at}/*", deep - 1)


def services() -> list[str]:
    """The services that there is a contract of."""
    return sorted(
        path.name.removesuffix(".openapi.yaml") for path in places.contracts().glob("*.openapi.yaml")
    )


@cache
def contract(service: str) -> Contract:
    """The contract of a service, by the service's name: `NAME.openapi.yaml`, with the parts in the folder `NAME` added."""
    path: Path = places.contracts() / f"{service}.openapi.yaml"
    if not path.is_file():
        raise TargetError(f"there is no contract of a service '{service}'{accepted(service, services())}")
    document = yamlfile.load(path).data
    for part in sorted((places.contracts() / service).glob("*.yaml")):
        _add(document, yamlfile.load(part))
    return Contract(service, document)


def _add(document: dict[str, Any], part: yamlfile.YamlFile) -> None:
    """Adds the paths and components of a part; what stands in the document already may not stand in a part too."""
    sections: dict[tuple[str, ...], Any] = {
        ("paths", path): item for path, item in part.data.get("paths", {}).items()
    }
    for kind, components in part.data.get("components", {}).items():
        sections["components", kind] = components
    for where, section in sections.items():
        held = document
        for key in where:
            held = held.setdefault(key, {})
        for name, entry in section.items():
            if name in held:
                raise part.error((*where, name), f"'{name}' stands in the contract already")
            held[name] = entry
    document["tags"] = [*document.get("tags", []), *part.data.get("tags", [])]
