"""Dialects: how one product spells the operations of a service where it differs from the contract.

    # variables/dialects/somebody.yaml
    service: auth
    problems:                                  # which answers mean which problem, for every operation
      invalid-token: {status: 401}
    api_key: {header: Authorization, before: "ApiKey "}    # where an API key is presented
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
a parameter of the Location header, `text:` and `html:` for a regular expression with one group, which in `html:` has its
character references resolved); `{code}` in later paths and constants stands for it. A name that ends in `?` need not be
found. Cookies are kept from step to step; `follow: true` follows redirects within the service. The next step follows after
a status in `statuses`, by default 200 to 399, when all is captured; any other answer is the operation's answer.

`{...}` stands for a field of the operation, a capture, `{pkce.verifier}` and `{pkce.challenge}` (RFC 7636), `{random.NAME}`
(fresh for each call) and `{secret.NAME}` (of the target). `path: "{name}"` is a captured URL; the step is left out when it
was not captured. `send: {"basic:CLIENT": "{secret.client}"}` is HTTP Basic. What a dialect leaves out is as in the contract.

Where the contract takes several documents by name, a product may take one in a request: `path: /{schema_id}/{key}` and
`fields: {documents: "body:"}`.

A constant that names a field is left out where that is not given; one at the place of the field says it in another form, as in
`send: {/expires_in: "{expires_in}s"}`. `body:` as a place is the whole body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.core import places, yamlfile
from assay.core.contract import Contract, contract, services
from assay.core.errors import TargetError, accepted
from assay.core.inventing import INVENTED, is_invented
from assay.core.spelling import SECRET, TEMPLATE, Capture, KeyHeader, Place, Refusal, Spelling, Step
from assay.core.yamlfile import Where, YamlFile

_MEDIA = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


class Dialect:
    """One product's spelling of a service's operations; of all the others the contract's."""

    def __init__(self, service: str, data: Mapping[str, Any]) -> None:
        self.service = service
        self._contract = contract(service)
        self._operations: Mapping[str, Any] = data.get("operations", {})
        self._key_header: Mapping[str, str] | None = data.get("api_key")
        self._metrics: Mapping[str, str] = data.get("metrics", {})
        self._refusals = tuple(_refusals(data.get("problems", {})))
        self._spelled: dict[str, Spelling] = {}

    @property
    def metrics(self) -> Mapping[str, str]:
        """What this product calls counters, where it does not as the contract does."""
        return self._metrics

    @property
    def contract(self) -> Contract:
        return self._contract

    @property
    def key_header(self) -> KeyHeader | None:
        """Where this product wants an API key."""
        own = self._key_header
        return KeyHeader(own["header"], own.get("before", "")) if own else self._contract.key_header

    def spelling(self, name: str) -> Spelling:
        """An operation in this product's words."""
        if name not in self._spelled:
            self._spelled[name] = self._spell(name, self._contract.spelling(name))
        return self._spelled[name]

    def _spell(self, name: str, default: Spelling) -> Spelling:
        own: Mapping[str, Any] = self._operations.get(name, {})
        one = default.steps[0]
        steps = [_step(step, one, one_of_many=True) for step in own.get("steps", ())]
        if not steps:
            steps = [_step(own, one, one_of_many=False) if own else one]
        return Spelling(
            default.name,
            tuple(steps),
            default.fields,
            {f"/{field.strip('/')}": place for field, place in own.get("answer", {}).items()},
            {f"/{field.strip('/')}": value for field, value in own.get("constants", {}).items()},
            (*_refusals(own.get("problems", {})), *self._refusals),
            {**_secrets(own), **default.secrets},
            default.alone if _takes_one(steps, default.alone) else None,
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
    where: Where = ("operations", operation)
    if "steps" in own and (both := sorted({"method", "path", "encode", "fields", "send"} & set(own))):
        raise file.error(
            (*where, both[0]), f"'{both[0]}' and 'steps' exclude each other; accepted: it in each step"
        )
    spelling = promised.spelling(operation)
    fields = spelling.fields
    for place, step in [
        (where, own),
        *(((*where, "steps", n), one) for n, one in enumerate(own.get("steps", ()))),
    ]:
        for name in step.get("fields", {}):
            if name not in fields:
                raise file.unknown((*place, "fields", name), f"field of {operation}", name, fields)
    _check_names(file, where, own, fields | {spelling.alone[1]} if spelling.alone else fields)


def _check_names(file: YamlFile, where: Where, own: Mapping[str, Any], fields: frozenset[str]) -> None:
    """Every `{name}` must be a field, captured by an earlier step, invented, or a secret of the target."""
    known = set(fields)
    for number, step in enumerate(own.get("steps", [own])):
        place = (*where, "steps", number) if "steps" in own else where
        texts = [("path", step.get("path", "")), *step.get("send", {}).items()]
        for key, text in texts:
            for name in TEMPLATE.findall(text) if isinstance(text, str) else ():
                if name not in known and not is_invented(name) and not name.startswith(SECRET):
                    at = (*place, "path") if key == "path" else (*place, "send", key)
                    raise file.unknown(
                        at, "name", "{" + name + "}", [*sorted(known), *INVENTED, "secret.NAME"]
                    )
        for captured, text in step.get("capture", {}).items():
            _check_expression(file, (*place, "capture", captured), text)
            known.add(captured.rstrip("?"))


def _check_expression(file: YamlFile, where: Where, text: str) -> None:
    kind, _, expression = text.partition(":")
    if kind not in ("text", "html"):
        return
    try:
        groups = re.compile(expression).groups
    except re.error as error:
        raise file.error(where, f"'{expression}' is not a regular expression: {error}") from error
    if groups != 1:
        raise file.error(
            where, f"'{expression}' has {groups} groups; accepted: a regular expression with one"
        )


def _takes_one(steps: list[Step], alone: tuple[str, str] | None) -> bool:
    """Whether a path says the name of the one thing that is sent."""
    return alone is not None and any(alone[1] in TEMPLATE.findall(step.path) for step in steps)


def _step(own: Mapping[str, Any], default_step: Step, one_of_many: bool) -> Step:
    """A request as the dialect spells it; of an operation that is one request, what it leaves out is the contract's."""
    placed = {name: _place(text) for name, text in own.get("fields", {}).items()}
    if not one_of_many:
        placed = {**default_step.places, **placed}
    constants = [(_place(place), value) for place, value in own.get("send", {}).items()]
    formed = own.get("encode") == "form" or any(
        place.where == "form" for place in (*placed.values(), *(place for place, _ in constants))
    )
    if formed:
        placed = {name: _formed(place) for name, place in placed.items()}
        constants = [(_formed(place), value) for place, value in constants]
    return Step(
        own.get("method", default_step.method),
        own.get("path", default_step.path),
        placed,
        tuple(constants),
        {name.rstrip("?"): _capture(name, text) for name, text in own.get("capture", {}).items()},
        frozenset(own.get("statuses", ())),
        _MEDIA["form" if formed else "json"],
        formed or (default_step.bodied and not one_of_many),
        own.get("follow", False),
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


def _capture(captured: str, text: str) -> Capture:
    where, _, name = text.partition(":")
    where, name = ("body", text) if text.startswith("/") else (where, name)
    return Capture(where, name, captured.endswith("?"))  # type: ignore[arg-type]  # the schema holds the words


def _refusals(problems: Mapping[str, Any]) -> Iterator[Refusal]:
    for problem, answers in problems.items():
        for one in answers if isinstance(answers, list) else [answers]:
            yield Refusal(problem, one.get("status"), one.get("at"), one.get("is"), one.get("matches"))
