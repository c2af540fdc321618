"""Keywords about requests that nobody thought of, drawn from the contract by Schemathesis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from robot.api import SkipExecution, logger
from robot.api.deco import keyword, library
from robot.api.types import Secret
from robot.libraries.BuiltIn import BuiltIn

from assay.core.contract import contract
from assay.core.errors import AssayError
from assay.core.run import current
from assay.core.tolerance import LOCKOUTS
from assay.evidence import live
from assay.evidence.exchange import RowResult, rows_table
from assay.evidence.expect import Unmet, told
from assay.evidence.opening import unwrap
from assay.http.answers import Response
from assay.http.calls import Caller
from assay.rest import drawing, fuzzing, guesses
from assay.rest.positions import Places, Position, known

_SHOWN = 5


@library(scope="GLOBAL", auto_keywords=False)
class FuzzLibrary:
    """Lets Schemathesis draw requests from a contract, good and bad ones, and judges the answers check by check.

    A platform that speaks a dialect is judged by the OpenAPI document that it publishes, any other by the agreed contract.
    Only operations with a position (`resources/positions`) that the target has are called.
    """

    def __init__(self) -> None:
        self._caller = Caller()

    @keyword
    def operations_should_pass_schemathesis(self, service: str, seed: str, cases: int = 2) -> None:
        """Makes a table of Schemathesis' checks: how often each was made and what it found.

        | =Argument= | =Meaning= |
        | `seed`     | what the requests are drawn by; the same seed draws the same, and the log has a line to do so |
        | `cases`    | how many requests are drawn for each operation beside those that its schema gives by themselves |

        Fails with the checks that found something; the table shows each request in its simplest form.
        Example: | `Operations Should Pass Schemathesis` | auth | ${SEED} |
        """
        logger.info(
            f"The seed is {seed}. To see this again: robot --variable SEED:{seed} --test '{_test()}' suites/"
        )
        if obstacle := fuzzing.obstacle(current().platform.way(service)):
            raise SkipExecution(obstacle)
        job = self._job(service, seed, cases)
        outcome = fuzzing.run(job)
        results = list(_results(outcome, fuzzing.applicable(job.document)))
        _show(
            f"Schemathesis on {len(outcome.operations)} operations of {service}, seed {seed}", results, seed
        )

    @keyword
    def bodies_that_the_schema_rules_out_should_be_refused(
        self, service: str, seed: str, count: int = 20
    ) -> None:
        """Draws bodies by Hypothesis for each operation, keeps those that its schema rules out, and sends them.

        Each is refused as invalid, and every field that the refusal names is one that the schema rules out. The table
        shows what broke in the simplest form that still breaks; `count` bodies are drawn for each operation.
        Example: | `Bodies That The Schema Rules Out Should Be Refused` | auth | ${SEED} |
        """
        logger.info(
            f"The seed is {seed}. To see this again: robot --variable SEED:{seed} --test '{_test()}' suites/"
        )
        at, results = Places(_make), []
        for position in _there(service):
            if position.body is not None:
                drawn = self._drawn(position, at, service, fuzzing.seed_of(seed), count)
                seen = f"{drawn.complaint} for {drawn.body}" if drawn.complaint else "all refused"
                sent = f"{drawn.sent} bodies"
                held = bool(drawn.sent) and not drawn.complaint
                results.append(RowResult(position.operation, sent, "each refused", told(seen), held))
        _show(f"bodies of {service} that the schemas rule out, seed {seed}", results, seed)

    def _drawn(self, position: Position, at: Places, service: str, seed: int, count: int) -> drawing.Drawn:
        agreed = contract(service)
        schema = {**(position.body or {}), "components": agreed.document.get("components", {})}

        def send(operation: str, request: Mapping[str, Any]) -> Response:
            return self._caller.call_row(operation, request)

        rules = self._caller.rules(position.operation)
        return drawing.ruled_out(position, at, rules, schema, send, seed, count)

    def _job(self, service: str, seed: str, cases: int) -> fuzzing.Job:
        platform = current().platform
        there = _without_guesses(_there(service))
        at = Places(_make)
        spelled = {_address(one): one for one in there if len(platform.spelling(one.operation).steps) == 1}
        user = next((one for one in there if one.token and not one.spends), None)
        document = fuzzing.only(self._document(service), spelled)
        if not document["paths"]:
            raise AssayError(
                f"the OpenAPI document of {service} has none of the operations that the target names"
            )
        lifetime = int(at.of(user).get("expires_in") or fuzzing.BUDGET) if user else fuzzing.BUDGET
        if lifetime < fuzzing.BUDGET:
            logger.info(f"Tokens live {lifetime} s: one that is refused may have ended, and is no finding.")
        return fuzzing.Job(
            document,
            platform.url(service),
            _token(user, at) if user else "",
            fuzzing.seed_of(seed),
            cases,
            platform.way(service),
            {where: _token(one, at) for where, one in spelled.items() if one.token and one.spends},
            {where: refusals for where, one in spelled.items() if (refusals := _refusals(one))},
            lifetime < fuzzing.BUDGET,
        )

    def _document(self, service: str) -> Mapping[str, Any]:
        if not current().platform.target.services.get(service, {}).get("dialect"):
            return contract(service).document
        answer = self._caller.call(f"{service}.getContract", {})
        if not answer.succeeded or not isinstance(answer.document, Mapping):
            raise Unmet("an OpenAPI document", answer.summary(), f"{service}.getContract")
        return answer.document


def _there(service: str) -> list[Position]:
    capabilities = current().platform.capabilities
    return [one for one in known(service).values() if not set(one.needs) - capabilities]


def _without_guesses(there: Sequence[Position]) -> list[Position]:
    tolerated = current().platform.capabilities
    if unasked := [one.operation for one in there if guesses.guesses(one, tolerated)]:
        logger.info(f"Left out, since the target does not tolerate {LOCKOUTS}: {', '.join(unasked)}")
    return [one for one in there if not guesses.guesses(one, tolerated)]


def _show(title: str, results: Sequence[RowResult], seed: str) -> None:
    live.count_rows(len(results))
    logger.write(rows_table(title, results), "INFO", True)
    if broken := [result for result in results if not result.held]:
        listed = "; ".join(f"{result.name}: {result.seen}" for result in broken)
        raise Unmet(f"nothing found by {title}", listed, f"seed {seed}", [result.name for result in broken])


def _results(outcome: fuzzing.Outcome, applicable: set[str]) -> Iterator[RowResult]:
    # A check that was never made shows nothing, and must not look as if it did; that is no fault of the platform.
    if missing := sorted(one for one in applicable if not outcome.judged[one]):
        raise AssayError(f"Schemathesis never made checks that the operations ask for: {', '.join(missing)}")
    for name in fuzzing.CHECKS:
        if name not in applicable and not outcome.found.get(name):
            yield RowResult(name, "no cases", "nothing found", "not applicable to these operations", True)
            continue
        found = outcome.found.get(name, [])
        count = outcome.judged[name]
        yield RowResult(name, f"{count} cases", "nothing found", _summary(found), not found)


def _summary(found: Sequence[str]) -> str:
    """How much was found of which operation, and the first of each of some."""
    if not found:
        return "nothing found"
    first = {_operation(one): one for one in reversed(found)}
    counts = Counter(_operation(one) for one in found)
    of = ", ".join(f"{operation} ({count})" for operation, count in counts.items())
    return "\n".join([f"{len(found)} found: {of}", *(told(first[one]) for one in list(counts)[:_SHOWN])])


def _operation(finding: str) -> str:
    return " ".join(finding.split(" ", 2)[:2])


def _address(position: Position) -> tuple[str, str]:
    step = current().platform.spelling(position.operation).steps[-1]
    return step.method, step.path


def _refusals(position: Position) -> tuple[int, ...]:
    """The statuses with which an operation may refuse what its schema allows, its target's own for wrong values among them."""
    wrong = {field.odd for field in position.fields.values()}
    spelled = current().platform.spelling(position.operation).refusals
    return (*position.own_refusals, *(one.status for one in spelled if one.status and one.problem in wrong))


def _token(position: Position, at: Places) -> str:
    found = at.of(position)[position.token]
    return str(unwrap(found, "access token") if isinstance(found, Secret) else found)


def _make(name: str) -> Mapping[str, Any]:
    made: Mapping[str, Any] = BuiltIn().run_keyword(name)
    return made


def _test() -> str:
    return str(BuiltIn().get_variable_value("${TEST NAME}", "*"))
