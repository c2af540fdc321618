"""Keywords that hold answers against each other and against what the contract promises."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from robot.api.deco import keyword, library

from assay.contract import agreement, inside, likeness, nonsense
from assay.core.contract import contract
from assay.core.rows import Row
from assay.core.run import current
from assay.core.tolerance import tolerated
from assay.evidence.expect import Unmet, expect


@library(scope="GLOBAL", auto_keywords=False)
class ContractLibrary:
    """Judges answers of HttpLibrary: one against another, against the contract, and for what they must not tell.

    It also makes the requests that a contract rules out, one row for each rule, for `Call Each Row`.
    """

    @keyword
    def should_have_status(self, response: Any, status: int) -> None:
        """The answer has exactly this status, whatever it says."""
        expect(response.status == status, f"status {status}", response.summary(), response.operation)

    @keyword
    def should_not_succeed(self, response: Any) -> None:
        """The answer is a refusal with a name in the contract; which one is not for this test to say."""
        expect(
            not response.succeeded and response.problem,
            "a refusal with a name",
            response.summary(),
            response.operation,
        )

    @keyword
    def none_should_succeed(self, responses: Sequence[Any]) -> None:
        """Every one of several answers is a refusal with a name in the contract; the message tells those that are not."""
        if len(responses) < 2:
            raise ValueError("give two answers or more")
        odd = [
            f"{number}: {one.summary()}"
            for number, one in enumerate(responses, 1)
            if one.succeeded or not one.problem
        ]
        expect(not odd, f"all {len(responses)} calls of {responses[0].operation} to be refused by name", odd)

    @keyword
    def each_should_succeed(self, responses: Sequence[Any]) -> None:
        """Every one of several answers is a success; the message names those that are not."""
        if len(responses) < 2:
            raise ValueError("give two answers or more")
        refused = [
            f"{number}: {one.summary()}" for number, one in enumerate(responses, 1) if not one.succeeded
        ]
        expect(not refused, f"all {len(responses)} calls of {responses[0].operation} to succeed", refused)

    @keyword
    def at_most_one_should_succeed(self, responses: Sequence[Any], others: str) -> None:
        """Of several answers one is a success or none, and every other is the refusal for the problem `others`.

        Example: | `At Most One Should Succeed` | ${answers} | others=invalid-refresh-token |
        """
        if len(responses) < 2:
            raise ValueError("give two answers or more")
        where = responses[0].operation
        succeeded = sum(one.succeeded for one in responses)
        expect(succeeded <= 1, f"at most one of {len(responses)} to succeed", succeeded, where)
        odd = [
            f"{number}: {one.summary()}"
            for number, one in enumerate(responses, 1)
            if not one.succeeded and one.problem != others
        ]
        expect(not odd, f"all others to be refused as {others}", odd, where)

    @keyword
    def exactly_one_should_succeed(self, responses: Sequence[Any]) -> None:
        """Of several answers one is a success, and every other is a refusal with a name in the contract."""
        told = [one.summary() for one in responses]
        where = responses[0].operation
        expect(sum(one.succeeded for one in responses) == 1, "exactly one to succeed", told, where)
        expect(
            all(one.succeeded or one.problem for one in responses), "the others refused by name", told, where
        )

    @keyword
    def promised_by_the_contract(self, service: str, schema: str, member: str) -> Any:
        """What the contract of a service says in a member of one of its schemas, such as ``x-permissions``.

        Example: | ${roles} = | `Promised By The Contract` | auth | Role | x-permissions |
        """
        return contract(service).document["components"]["schemas"][schema][member]

    @keyword
    def each_should_succeed_or_be_refused_as(self, responses: Sequence[Any], problem: str) -> None:
        """Every one of several answers is a success or the refusal for a problem, and nothing else, such as a server error.

        Example: | `Each Should Succeed Or Be Refused As` | ${answers} | invalid-credentials |
        """
        odd = [
            f"{number}: {one.summary()}"
            for number, one in enumerate(responses, 1)
            if not one.succeeded and one.problem != problem
        ]
        expect(not odd, f"each to succeed or be refused as {problem}", odd, responses[0].operation)

    @keyword
    def should_look_alike(self, one: Any, other: Any) -> None:
        """Two answers have the same status, the same body, and the same headers with the same values.

        Only what differs from answer to answer by its nature is left out: Date, Age, ids of the request, timing and what is
        left of a quota among the headers; in problem documents the value of `instance` and of ids of the request.
        Source: ASVS 5.0, 6.3.8; WSTG-IDNT-04; RFC 9457, 3.1.5.
        """
        where = one.operation
        expect(one.status == other.status, "the same status", f"{one.summary()} and {other.summary()}", where)
        same = likeness.told_text(one) == likeness.told_text(other)
        expect(same, "the same body, to the letter", f"{one.text} and {other.text}", where)
        first, second = likeness.told_headers(one), likeness.told_headers(other)
        names = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
        differing = {name: [first.get(name), second.get(name)] for name in names}
        expect(not differing, "the same headers", differing, where)

    @keyword
    def should_not_be_cached(self, response: Any) -> None:
        """The answer is a success that forbids every cache to keep it (`Cache-Control: no-store`, RFC 9111, 5.2.2.5)."""
        expect(response.succeeded, "a success", response.summary(), response.operation)
        seen = response.headers.get("Cache-Control", "")
        words = {word.strip().lower() for word in seen.split(",")}
        expect("no-store" in words, "Cache-Control: no-store", seen or "no such header", response.operation)

    @keyword
    def should_name_the_field(self, response: Any, field: str) -> None:
        """The problem document says which field is wrong, and repeats no value that was sent.

        Values of fewer than eight characters are not looked for: they can stand in any text.
        """
        errors = response.document.get("errors", []) if isinstance(response.document, Mapping) else []
        named = [one.get("field") for one in errors if isinstance(one, Mapping)]
        expect(
            field in named, f"an error about the field {field}", named or "no field named", response.operation
        )
        repeated = [name for name, value in _sent(response).items() if value in response.text]
        expect(not repeated, "an answer that repeats nothing of what was sent", repeated, response.operation)

    @keyword
    def should_be_a_problem_document(self, response: Any) -> None:
        """The answer is a problem document: its media type, a type, a title, and the status that the answer has.

        Source: RFC 9457, sections 3 and 3.1.
        """
        where, document = response.operation, response.document
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        expect(
            kind == "application/problem+json", "Content-Type application/problem+json", kind or "none", where
        )
        if not isinstance(document, Mapping):
            raise Unmet("a problem document", response.text, where)
        for member in ("type", "title"):
            value = document.get(member)
            expect(isinstance(value, str) and value, f"a {member} in the problem document", document, where)
        expect(
            document.get("status") == response.status,
            f"status {response.status} in the document",
            document,
            where,
        )

    @keyword
    def should_tell_nothing_of_the_inside(self, response: Any) -> None:
        """The body and the headers hold no stack trace, path, query, product, version or inner address.

        Example: | `Should Tell Nothing Of The Inside` | ${readiness} |
        """
        told = "\n".join(
            [response.text, *(f"{name}: {value}" for name, value in likeness.told_headers(response).items())]
        )
        own = current().platform.url(response.operation.partition(".")[0])
        told = told.replace(own, "").replace(own.partition("://")[2], "")
        found = inside.told_in(told)
        expect(not found, "nothing of the inside of the service", found, response.operation)

    @keyword
    def served_contract_should_promise(self, response: Any, service: str, without: str = "") -> None:
        """The contract that a service hands out promises at least what the agreed one does.

        `without` is a tag of the contract whose operations this platform was not told to offer.

        For each operation: its method and path, each status, each field of request and answer with its kind, the limits
        of what a request may hold, and which fields are required. What the served document promises beyond that is its
        own affair, but for a required field of a request. Every difference is named.
        """
        document = response.document
        if not isinstance(document, Mapping):
            raise Unmet("an OpenAPI document", response.text[:80], response.operation)
        agreed = contract(service)
        compared = {name for name, one in agreed.operations.items() if without not in one.get("tags", [])}
        found = agreement.differences(agreed.document, document, compared)
        expect(
            not found,
            f"the agreed contract of {service} in the served one",
            found[:12],
            f"{len(found)} differences",
        )

    @tolerated("auth.fuzzing")
    def requests_without_sense(self, operation: str, **valid: Any) -> list[Row]:
        """Rows for requests that the contract rules out, made from the operation's own schema, and a valid one as control.

        For each field: missing (where it is required), null, a number, a truth value, a list, an object, and too long or too
        short by one where the contract has limits; and one field more than the contract knows.
        Example: | ${rows} = | `Requests Without Sense` | auth.logIn | email=${account.email} | password=${account.password} |
        """
        service, _, name = operation.partition(".")
        return nonsense.rows(contract(service).document, name, valid)

    @tolerated("auth.fuzzing")
    def bodies_that_are_no_json(self, **valid: Any) -> list[Row]:
        """Rows of bodies: a valid one cut, with a name twice, with NaN, with more after it, in UTF-16, too deep, and so on.

        `valid` are the fields of a request that is accepted: the control row.
        """
        return nonsense.bodies(valid)

    @tolerated("auth.fuzzing")
    def kinds_of_content(self, **valid: Any) -> list[Row]:
        """Rows of a valid body under media types that are not JSON; under those that are, it is the control."""
        return nonsense.kinds(valid)

    @tolerated("auth.fuzzing")
    def bodies_that_are_too_large(self, **valid: Any) -> list[Row]:
        """A valid body made larger by spaces after it, to a megabyte, which is too large in any case; as it is, it is the control.

        One row tells its length, the other comes in chunks, so that its length is known only when it is there.
        """
        return nonsense.large(valid, (1_000_000,))

    @keyword
    def bodies_around_a_limit(self, most: int, **valid: Any) -> list[Row]:
        """Rows of a valid body made larger by spaces after it: exactly at the limit as control, and one octet and more above.

        Each comes with its length told, and in chunks.
        """
        return nonsense.large(valid, (most + 1, most + 2, 2 * most), most)


def _sent(response: Any) -> dict[str, str]:
    sent = json.loads(response.steps[-1].sent_body or b"{}")
    return {name: value for name, value in sent.items() if isinstance(value, str) and len(value) >= 8}
