"""Keywords that call operations of services and judge the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from robot.api import SkipExecution, logger
from robot.api.deco import keyword, library
from robot.api.types import Secret

from assay.core import tolerance
from assay.core.credentials import IssuedCertificate
from assay.core.errors import AssayError, NoAnswer
from assay.core.reach import is_loopback, resolved
from assay.core.rows import Row
from assay.core.run import current
from assay.core.tolerance import tolerated
from assay.core.waiting import until
from assay.evidence import live
from assay.evidence.exchange import RowResult, exchange_table, exchanges_table, rows_table
from assay.evidence.expect import Unmet, expect
from assay.evidence.finding import Finder, plain
from assay.evidence.sweep import check_rows, judge
from assay.http import contracts, tables, together
from assay.http.answers import Response, pointer
from assay.http.calls import Caller
from assay.http.expectations import SUCCESS, Expectation
from assay.http.raw import RawAnswer
from assay.http.report import raw_table
from assay.http.sources import is_of_a_caller, own_address

_FLOOD = 24
Fields = Mapping[str, Any]
Headers = Mapping[str, Any]


@library(scope="GLOBAL", auto_keywords=False)
class HttpLibrary:
    """Calls operations by their names in the contract, whatever the product that answers calls them.

    A call names an operation, ``auth.logIn``, and its fields. The target's dialect says how that is spelled on the wire
    and which answers mean which problem; the contract is the dialect of a product that has none of its own. Answers come
    back in the contract's words. Credentials are ``Secret`` objects on the way in and on the way out: this library alone
    opens them, and it refuses to send a text in which one was pasted (``<secret>``) or redacted.

    Every exchange is in the log once, as a table. An answer that is not complete within 5 seconds is a failure that names
    the service, its URL and the operation; while a service stays silent, further calls wait 1 second. Calls to a service on
    this machine come from a loopback address that belongs to the test.
    """

    def __init__(self) -> None:
        self._caller = Caller()

    @keyword
    def call(
        self,
        operation: str,
        *,
        token: Secret | None = None,
        headers: Headers | None = None,
        authorization: Secret | str | None = None,
        method: str | None = None,
        certificate: IssuedCertificate | None = None,
        api_key: Secret | str | None = None,
        **fields: Any,
    ) -> Response:
        """Calls an operation and returns its answer, whatever it is.

        | =Argument=      | =Meaning= |
        | `operation`     | service and operation, as in ``auth.logIn`` |
        | `token`         | the access token to present, as the contract says a token is presented; of several steps, not with those \
that prove a client of their own |
        | `headers`       | further headers by name; values may be ``Secret``, or None for one that is not to be sent |
        | `authorization` | the whole value of the Authorization header, in the place of `token` |
        | `method`        | a method in the place of the operation's own, for what must be refused |
        | `certificate`   | a certificate of the client's own (`CertificateLibrary`); a handshake that is refused for it \
is answered as ``invalid-certificate`` |
        | `api_key`       | the API key to present, as the contract says a key is presented |
        | `fields`        | the operation's fields by the contract's names; a field that is not in the contract is sent as \
it is named |

        Returns a response with `status`, `headers`, `body`, `text`, `problem` and `seconds`.
        Fails with the service, its URL and the operation when no whole answer came within 5 seconds.
        Example: | ${response} = | `Call` | auth.logIn | email=${account.email} | password=${account.password} |
        """
        response = self._caller.call(
            operation, fields, token, headers, authorization, method, certificate, api_key
        )
        _show(response)
        return response

    def service_is_back(self) -> None:
        """Says that what was silent has been started again, so that calls of it are waited for as long as any others."""
        self._caller.trust_again()

    @keyword
    def call_until(
        self,
        operation: str,
        expected: str = "accepted",
        *,
        within: timedelta = timedelta(seconds=5),
        token: Secret | None = None,
        **fields: Any,
    ) -> Response:
        """Calls an operation again and again until it is answered as expected, and returns that answer.

        | =Argument= | =Meaning= |
        | `expected` | ``accepted``, the name of a problem, or ``/status=ready`` for a value in the body of a success |
        | `within`   | how long to try; a service that does not answer at all is tried again as well |

        Fails on its expectation with what was answered last.
        Example: | `Call Until` | auth.getReadiness | /status=ready | within=10s |
        """
        wanted = SUCCESS if expected == "accepted" else Expectation.read(expected)
        last: list[Response] = []

        def holds() -> Response | None:
            try:
                last[:] = [self._caller.call_row(operation, {**fields, "token": token})]
            except NoAnswer:
                return None
            return last[0] if wanted.holds(last[0]) else None

        until(holds, within.total_seconds(), pause=0.05)
        if not last:
            raise NoAnswer(f"{operation} was not answered within {within.total_seconds():g} s")
        _show(last[0])
        wanted.check(last[0])
        return last[0]

    @keyword
    def call_together(
        self,
        operation: str,
        times: int | None = None,
        each: Sequence[Fields] | None = None,
        **fields: Any,
    ) -> list[Response]:
        """Calls an operation several times at the same moment and returns the answers in the order of the calls.

        Give either `times`, for equal calls, or `each`, a list of dictionaries of fields, for one call each. What is in
        `fields` (`token`, `authorization` and `headers` too) belongs to all of them. The requests leave together: every
        connection is made before the first of them is sent. More than 24 are a flood (`needs:auth.floods`).
        Example: | ${responses} = | `Call Together` | auth.refreshToken | times=10 | refresh_token=${user.refresh_token} |
        """
        if (times is None) == (each is None):
            raise AssayError("Call Together takes either times= or each=")
        requests = [{**fields, **one} for one in each or [{}] * (times or 0)]
        if len(requests) < 2:
            raise AssayError(f"{len(requests)} calls are not together; give two or more")
        if len(requests) > _FLOOD:
            tolerance.require("auth.floods", f"Call Together with {len(requests)} calls, more than {_FLOOD},")
        responses = together.call(self._caller, operation, requests)
        live.count_rows(len(responses))
        steps = [step for response in responses for step in response.steps]
        logger.write(
            exchanges_table(f"{operation}, {len(responses)} calls at the same moment", steps), "INFO", True
        )
        return responses

    @tolerated("auth.floods")
    def call_during(
        self, operation: str, fields: Fields, other: str, callers: int = 3, **others: Any
    ) -> list[Response]:
        """Calls an operation once while others call another one again and again, and returns all answers, that one first.

        | =Argument= | =Meaning= |
        | `fields`   | a dictionary of the fields of the operation |
        | `other`    | the operation that is called all the time: from before the first is sent until it is answered |
        | `callers`  | how many call it, each one call after the other |
        | `others`   | the fields of the other operation |

        Example: | ${answers} = | `Call During` | auth.changePassword | ${change} | auth.logIn | email=${email} | password=${old} |
        """
        responses = together.during(self._caller, (operation, fields), (other, others), callers)
        live.count_rows(len(responses))
        steps = [step for response in responses for step in response.steps]
        logger.write(
            exchanges_table(f"{operation}, during {len(responses) - 1} calls of {other}", steps), "INFO", True
        )
        return responses

    @keyword
    def call_each_row(
        self,
        operation: str,
        rows: Sequence[Row],
        refused_as: str = "invalid-token",
        status: int | None = None,
    ) -> None:
        """Sends every row of a table and fails, naming each, when one is not answered as expected.

        | =Argument=   | =Meaning= |
        | `rows`       | 2 to 150 rows from a library; control rows (`accepted`) must succeed, all others be refused |
        | `refused_as` | the problem's name in the contract, or ``/valid=false`` for a value in the body of a success |
        | `status`     | the status of the refusals, where it matters beyond the problem |

        A table without rows or without a control row fails: it could not show anything.
        Example: | `Call Each Row` | auth.getMe | ${forgeries} | refused_as=invalid-token |
        """
        check_rows(rows)
        expected = Expectation.read(refused_as, status)

        def send(request: dict[str, Any]) -> Response:
            return self._caller.call_row(operation, request)

        results: list[RowResult] = []
        try:
            tables.run_rows(send, rows, expected, results)
        finally:
            live.count_rows(len(results))
            logger.write(rows_table(f"{operation}, each row {expected}", results), "INFO", True)
        judge(operation, results)

    @keyword
    def call_raw(
        self,
        service: str,
        *pieces: bytes | str | Secret,
        pause: timedelta = timedelta(0),
        within: timedelta = timedelta(seconds=5),
        shut: bool = False,
    ) -> RawAnswer:
        """Sends bytes to a service as they are, for requests that no client would make.

        | =Argument= | =Meaning= |
        | `service`  | the service's name, ``auth`` |
        | `pieces`   | what is sent, one piece after the other; in texts ``\\\\r\\\\n`` ends a line and ``{host}`` is host and port |
        | `pause`    | the time between pieces |
        | `within`   | how long to wait for the answer |
        | `shut`     | ends our side of the connection after the last piece |

        Returns `text`, `status` (or None when nothing came), `closed` and `seconds`. No answer is an answer here.
        Example: | ${answer} = | `Call Raw` | auth | GET / HTTP/1.1\\\\r\\\\nHost: {host}\\\\r\\\\nHost: other\\\\r\\\\n\\\\r\\\\n |
        """
        answer = self._caller.raw(service, pieces, pause.total_seconds(), within.total_seconds(), shut)
        logger.write(raw_table(service, pieces, answer), "INFO", True)
        return answer

    @keyword
    def response_field(self, response: Response, path: str) -> Any:
        """The value at a JSON pointer in an answer's body, in the contract's names: ``/user/email`` or ``user/email``.

        It is for tests where a member may be missing: `${response.body}[user]` ends such a test as an error of ours.
        Credentials come as ``Secret``. Fails on its expectation when there is no such place.
        Example: | ${token} = | `Response Field` | ${response} | access_token |
        """
        return pointer(response.body, path, f"the answer of {response.operation}")

    @keyword
    def should_succeed(self, response: Response, status: int | None = None) -> None:
        """Fails unless the answer is a success, with exactly the `status` when one is given.

        Example: | `Should Succeed` | ${response} | status=204 |
        """
        SUCCESS.check(response)
        if status is not None:
            Expectation(status=status).check(response)

    @keyword
    def should_be_refused_as(self, response: Response, problem: str, status: int | None = None) -> None:
        """Fails unless the answer is a refusal for exactly this problem of the contract.

        Any 2xx is no refusal, whatever its body says, unless the dialect names it as one.
        Example: | `Should Be Refused As` | ${response} | invalid-credentials |
        """
        Expectation(problem=problem, status=status).check(response)

    @keyword
    def should_have_header(self, response: Response, name: str, value: str | None = None) -> str:
        """Fails unless the answer has a header and returns its value; `value` is a regular expression for all of it.

        Example: | `Should Have Header` | ${response} | WWW-Authenticate | Bearer\\\\b.*error="invalid_token".* |
        """
        where = response.operation
        if name not in response.headers:
            raise Unmet(f"a header {name}", f"headers {', '.join(response.headers)}", where)
        seen = response.headers[name]
        if value is not None:
            expect(re.fullmatch(value, seen), f"header {name} to be like '{value}'", seen, where)
        return seen

    @keyword
    def answer_should_hold_no_secret(self, response: Response, **secrets: Secret | str) -> None:
        """Looks for secrets in an answer, raw, in base64, in hexadecimal and escaped; the names tell which was found.

        Example: | `Answer Should Hold No Secret` | ${response} | password=${person.password} |
        """
        if not secrets:
            raise AssayError("name at least one secret: password=${person.password}")
        named = {name.replace("_", " "): plain(value) for name, value in secrets.items()}
        headers = (f"{name}: {value}" for name, value in response.headers.items())
        held = Finder(named).names_in("\n".join([*headers, response.text]))
        expect(not held, "no secret in the answer", ", ".join(held), response.operation)

    @keyword
    def should_match_the_contract(self, response: Response) -> None:
        """Fails unless status, content type, body and required headers are what the contract says of the operation.

        What is compared is the answer in the contract's words: a dialect's own names are translated first.
        Example: | `Should Match The Contract` | ${response} |
        """
        contracts.check(self._caller.rules(response.operation), response)

    @keyword
    def own_address(self) -> str:
        """The loopback address from which the calls of this test come.

        Example: | ${address} = | `Own Address` |
        """
        return self._caller.source()

    @keyword
    def another_address(self, number: int = 1, service: str = "auth") -> str:
        """A loopback address that belongs to this test and is not its own, for `Call From`; another for each `number`.

        The test is skipped where the service is on another machine: from here it can be called from one address only.
        """
        url = current().platform.url(service)
        if not is_loopback(resolved(urlsplit(url).hostname or "")):
            raise SkipExecution(f"{service} at {url} can be called from one address only.")
        return own_address(f"{self._caller.source()}/{number}")

    @keyword
    def call_from(self, address: str, operation: str, **arguments: Any) -> Response:
        """Does what `Call` does, from `Another Address`.

        Example: | ${response} = | `Call From` | ${elsewhere} | auth.getMe | token=${user.access_token} |
        """
        with self._caller.standing_in(address):
            return self.call(operation, **arguments)

    @keyword
    def should_be_the_address_of_the_caller(self, told: str, service: str = "auth") -> None:
        """What a service tells of the caller's address is the `Own Address` of this test.

        Of a service on another machine, or behind a proxy, only this can be said: it is an address, and not 0.0.0.0 or the like.
        Example: | `Should Be The Address Of The Caller` | ${session}[ip_address] |
        """
        url = current().platform.url(service)
        direct = current().platform.way(service).proxy is None
        if direct and is_loopback(resolved(urlsplit(url).hostname or "")):
            expect(told == self.own_address(), f"the address {self.own_address()}", told, url)
        else:
            expect(is_of_a_caller(told), "the address of a caller", told, url)


def _show(response: Response) -> None:
    steps, title = response.steps, f"{response.operation} in {len(response.steps)} steps"
    shown = exchange_table(steps[0]) if len(steps) == 1 else exchanges_table(title, steps)
    logger.write(shown, "INFO", True)
