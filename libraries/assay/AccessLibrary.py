"""Keywords about who may do what: every operation of a contract, for every kind of caller, against the contract's own statement."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from robot.api.deco import keyword, library

from assay.access import oracle
from assay.core.contract import contract
from assay.core.errors import AssayError
from assay.evidence.expect import expect

_FIELDS_OF_ACCOUNTS = {
    "id": ("user_id", "userId", "id", "sub", "account_id"),
    "email": ("email", "username", "login_hint"),
}
_HEADERS_OF_ACCOUNTS = {
    "id": ("X-User-Id", "X-User", "X-Forwarded-User", "X-Remote-User", "X-Authenticated-Userid"),
    "email": ("X-Forwarded-Email", "X-Auth-Request-Email", "X-Remote-User"),
}


@library(scope="GLOBAL", auto_keywords=False)
class AccessLibrary:
    """The oracle is what the contract says under `security`; the operations are all that the contract has.

    An operation that is added to the contract is in every table from then on; where it needs a field that no test knows a
    value for, the tables stop and name it.
    """

    @keyword
    def operations_of_the_contract(self, service: str) -> list[str]:
        """Every operation of a service, by name; those on the session of who asks come last, and after them those that end \
the account (`x-ends-account`)."""
        return [f"{service}.{name}" for name in oracle.in_order(contract(service))]

    @keyword
    def operations_on_own_session(self, service: str) -> list[str]:
        """The operations that change something for whoever is logged in, and may end the session or the account by that."""
        return [f"{service}.{name}" for name in oracle.on_own_session(contract(service))]

    @keyword
    def operations_on_own_things(self, service: str) -> list[str]:
        """The operations on one thing of whoever asks: named by an id in the path, open to everybody who is logged in.

        These are where one person could reach the things of another (OWASP API Security Top 10 2023, API1).
        """
        return [f"{service}.{name}" for name in oracle.own_things(contract(service))]

    @keyword
    def methods_that_are_not_in_the_contract(self, service: str) -> list[str]:
        """For each path an operation of it and a method that the contract does not know there, one after the other."""
        found = oracle.methods_that_are_not(contract(service))
        return [text for name, method in found for text in (f"{service}.{name}", method)]

    @keyword
    def requests_that_name(self, **known: str) -> list[dict[str, Any]]:
        """What to add to a request so that it names somebody besides, by their `id` or `email`: in one field, or in one header.

        The names are those by which services and the gateways before them name an account. Returns arguments of `Call`.
        Source: ASVS 5.0, 8.2.2; CWE-290.
        Example: | @{requests} = | `Requests That Name` | id=${bob.id} |
        """
        requests: list[dict[str, Any]] = []
        for way, value in known.items():
            requests += [{name: value} for name in _FIELDS_OF_ACCOUNTS[way]]
            requests += [{"headers": {name: value}} for name in _HEADERS_OF_ACCOUNTS[way]]
        return requests

    @keyword
    def decision_of_the_contract(
        self, operation: str, way: str | None, granted: Collection[str] | None
    ) -> str:
        """What an operation owes to a caller: `let in`, `unknown` (401) or `not allowed` (403).

        | =Argument= | =Meaning= |
        | `way`      | the name of the security scheme by which the caller comes, None for nobody |
        | `granted`  | the permissions or scopes that the credential carries; None where it is good no longer |

        Example: | ${owed} = | `Decision Of The Contract` | auth.getMe | bearer | ${permissions} |
        """
        service, _, name = operation.partition(".")
        return oracle.decision(contract(service), name, way, granted)

    @keyword
    def scopes_held_by(self, service: str, *scopes: str) -> list[str]:
        """Every scope that a key with these scopes holds, as the contract says in `x-holds` of the schema `Scope`."""
        holds = contract(service).document["components"]["schemas"]["Scope"]["x-holds"]
        return sorted({held for scope in scopes for held in holds[scope]})

    @keyword
    def with_ids_of_nothing(self, **things: Any) -> dict[str, Any]:
        """The things of a table with ids that nothing has, in the place of each one whose name ends in `_id`."""
        return {name: str(uuid.uuid4()) if name.endswith("_id") else value for name, value in things.items()}

    @keyword
    def fields_for(self, operation: str, **things: Any) -> dict[str, Any]:
        """The fields that an operation needs, out of things that a test has by the names of fields.

        A thing named `operation.field` goes before one named `field`, and is given even where it is not needed.
        A field for which there is no thing is an error of ours: whoever adds an operation says what it is to be asked with.
        Example: | &{fields} = | `Fields For` | auth.endSession | session_id=${id} |
        """
        service, _, name = operation.partition(".")
        needed = oracle.required(contract(service), name)
        missing = [field for field in needed if not {field, f"{name}.{field}"} & set(things)]
        if missing:
            raise AssayError(
                f"no value for {', '.join(missing)} of {operation}: add it to the things of the table"
            )
        own = {key.partition(".")[2]: thing for key, thing in things.items() if key.startswith(f"{name}.")}
        return {**{field: things.get(field) for field in needed}, **own}

    @keyword
    def every_answer_should_be_as_decided(self, cells: Sequence[tuple[str, str, Any]]) -> None:
        """Each answer shows the decision that was owed: 401 for `unknown`, 403 for `not allowed`, else `let in`.

        `cells` are triples of an operation, the decision and the answer. An answer that shows no decision fails: a server
        error, a redirection, 405, 429, and 404 where no id stands in the path. The message names every cell that is otherwise.
        A table in which all is owed the same decision proves nothing: an error of ours.
        """
        if len({owed for _, owed, _ in cells}) < 2:
            raise AssayError("the table owes everywhere the same decision, or holds none: it proves nothing")
        odd = list(filter(None, (_otherwise(*cell) for cell in cells)))
        expect(not odd, f"{len(cells)} decisions as the contract says", "; ".join(odd))

    @keyword
    def no_operation_should_be_unknown_to_the_contract(self, served: Any, service: str) -> None:
        """The contract that a service hands out has no operation that the agreed one lacks.

        Example: | `No Operation Should Be Unknown To The Contract` | ${answer} | auth |
        """
        paths = served.document.get("paths", {})
        offered = {
            (method.upper(), path)
            for path, item in paths.items()
            for method in item
            if method.upper() in oracle.METHODS
        }
        agreed = contract(service).document["paths"]
        known = {(method.upper(), path) for path, item in agreed.items() for method in item}
        more = sorted(f"{method} {path}" for method, path in offered - known)
        expect(
            offered and not more,
            "no operation beyond the contract's",
            more or "none at all",
            served.operation,
        )


def _otherwise(operation: str, owed: str, answer: Any) -> str:
    """What an answer shows instead of what was owed; an empty text where it shows that."""
    service, _, name = operation.partition(".")
    shown = oracle.decided(contract(service), name, answer.status, answer.problem)
    if shown == owed:
        return ""
    return f"{operation} is to be {owed}: {answer.summary()}" + ("" if shown else " shows no decision")
