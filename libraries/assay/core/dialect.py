"""Dialects: how one product spells the operations of a service where it differs from the contract.

    # variables/dialects/somebody.yaml
    service: auth
    problems:                                  # which answers mean which problem, for every operation
      invalid-token: {status: 401}
    operations:
      logIn:                                   # an operation of the contract
        method: POST
        path: /token
        encode: form                           # json (default) or form
        fields: {email: form:username}         # where the contract's fields go: /json/pointer, query:, header:, ...
        send: {form:grant_type: password}      # what this product wants besides
        answer: {access_token: /token/access}  # where the contract's fields come from: /json/pointer, header:Name, or
                                               # field:name for what was sent or captured; what ends in token is a secret
        constants: {token_type: Bearer}        # what the contract promises and this product never says
        problems: {invalid-credentials: {status: 400, at: /error, is: invalid_grant}}
      refreshToken:
        steps: [...]                           # several requests: each as above, and `capture`, `statuses`

A step keeps what later steps need by `capture: {code: location:code}` (`/pointer`, `header:`, `cookie:`, `location:` for
a parameter of the Location header, `text:` for a regular expression with one group); `{code}` in later paths and constants
stands for it. Cookies are kept from step to step. The next step follows after a status in `statuses`, by default 200 to 399;
any other answer is the operation's answer. What a dialect leaves out is as in the contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.core import places, yamlfile
from assay.core.contract import Contract, contract, services
from assay.core.errors import TargetError, accepted
from assay.core.spelling import Capture, Place, Refusal, Spelling, Step
from assay.core.yamlfile import YamlFile

_MEDIA = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


class Dialect:
    """One product's spelling of a service's operations; of all the others the contract's."""

    def __init__(self, service: str, data: Mapping[str, Any]) -> None:
        self.service = service
        self._contract = contract(service)
        self._operations: Mapping[str, Any] = data.get("operations", {})
        self._refusals = tuple(_refusals(data.get("problems", {})))
        self._spelled: dict[str, Spelling] = {}

    @property
    def contract(self) -> Contract:
        return self._contract

    def spelling(self, name: str) -> Spelling:
        """An operation in this product's words."""
        if name not in self._spelled:
            self._spelled[name] = self._spell(name, self._contract.spelling(name))
        return self._spelled[name]

    def _spell(self, name: str, default: Spelling) -> Spelling:
        own: Mapping[str, Any] = self._operations.get(name, {})
        steps = tuple(_step(step, default.steps[0]) for step in own.get("steps", ())) or (
            (_step(own, default.steps[0]),) if own else tuple(default.steps)
        )
        return Spelling(
            default.name,
            steps,
            default.fields,
            {f"/{field.strip('/')}": place for field, place in own.get("answer", {}).items()},
            {f"/{field.strip('/')}": value for field, value in own.get("constants", {}).items()},
            (*_refusals(own.get("problems", {})), *self._refusals),
            {**_secrets(own), **default.secrets},
        )


def named(service: str, name: str, beside: Path | None = None) -> Dialect:
    """The dialect of that name, or of the file of that path; `TargetError` in one line when it is malformed."""
    return Dialect(service, checked(service, name, beside).data)


def default(service: str) -> Dialect:
    """The contract's own spelling."""
    return Dialect(service, {})


def known() -> list[str]:
    """The dialects that are in variables/dialects."""
    return sorted(path.stem for path in places.dialects().glob("*.yaml"))


def checked(service: str, name: str, beside: Path | None = None) -> YamlFile:
    """The file of a dialect, checked against schema and contract."""
    own = (beside / name) if beside else Path(name)
    path = own if name.endswith((".yaml", ".yml")) else places.dialects() / f"{name}.yaml"
    if not path.is_file():
        raise TargetError(f"unknown dialect '{name}'{accepted(name, known())}, or the path of a .yaml file")
    file = yamlfile.load(path)
    yamlfile.validate(file, yamlfile.schema("dialect"))
    if file.data["service"] not in services():
        raise file.unknown(("service",), "service", file.data["service"], services())
    if file.data["service"] != service:
        raise file.error(("service",), f"is a dialect of '{file.data['service']}', not of '{service}'")
    promised = contract(service)
    for operation, own_spelling in file.data["operations"].items():
        if operation not in promised.operations:
            raise file.unknown(("operations", operation), "operation", operation, promised.operations)
        _check_fields(file, operation, own_spelling, promised)
    return file


def _check_fields(file: YamlFile, operation: str, own: Mapping[str, Any], promised: Contract) -> None:
    where: tuple[str | int, ...] = ("operations", operation)
    if "steps" in own and (both := sorted({"method", "path", "encode", "fields", "send"} & set(own))):
        raise file.error(
            (*where, both[0]), f"'{both[0]}' and 'steps' exclude each other; accepted: it in each step"
        )
    fields = promised.spelling(operation).fields
    for place, step in [
        (where, own),
        *(((*where, "steps", n), one) for n, one in enumerate(own.get("steps", ()))),
    ]:
        for name in step.get("fields", {}):
            if name not in fields:
                raise file.unknown((*place, "fields", name), f"field of {operation}", name, fields)


def _step(own: Mapping[str, Any], default_step: Step) -> Step:
    encode = own.get("encode")
    places_of = {name: _place(text) for name, text in own.get("fields", {}).items()}
    formed = encode == "form"
    if "fields" not in own and "steps" not in own and "path" not in own:
        places_of = {name: _formed(place) if formed else place for name, place in default_step.places.items()}
    constants = tuple((_place(place), value) for place, value in own.get("send", {}).items())
    formed = formed or any(
        place.where == "form" for place in (*places_of.values(), *(place for place, _ in constants))
    )
    return Step(
        own.get("method", default_step.method),
        own.get("path", default_step.path),
        places_of,
        constants,
        {name: _capture(text) for name, text in own.get("capture", {}).items()},
        frozenset(own.get("statuses", ())),
        _MEDIA["form" if formed else "json"],
        formed or (default_step.bodied and "path" not in own),
    )


def _secrets(own: Mapping[str, Any]) -> dict[str, str]:
    """Tokens that this product gives beside those that the contract knows."""
    return {
        f"/{name.strip('/')}": name.replace("_", " ")
        for name in own.get("answer", {})
        if name.endswith("token")
    }


def _formed(place: Place) -> Place:
    return Place("form", place.name.strip("/")) if place.where == "body" else place


def _place(text: str) -> Place:
    where, colon, name = text.partition(":")
    if text.startswith("/") or not colon:
        return Place("body", text)
    return Place(where, name)  # type: ignore[arg-type]  # the schema holds the words


def _capture(text: str) -> Capture:
    where, _, name = text.partition(":")
    return Capture("body", text) if text.startswith("/") else Capture(where, name)  # type: ignore[arg-type]


def _refusals(problems: Mapping[str, Any]) -> Iterator[Refusal]:
    for problem, answers in problems.items():
        for one in answers if isinstance(answers, list) else [answers]:
            yield Refusal(problem, one.get("status"), one.get("at"), one.get("is"), one.get("matches"))
