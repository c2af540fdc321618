"""Keywords beneath `resources/http.resource`, for requests that a tester writes by hand and RequestsLibrary sends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from robot.api.deco import keyword, library
from robot.api.types import Secret
from robot.libraries.BuiltIn import BuiltIn

from assay.core.errors import AssayError
from assay.core.reach import host_and_port
from assay.core.run import current
from assay.evidence.expect import Unmet, expect
from assay.http.answers import Response, pointer
from assay.http.byhand import Bearer, ByHand, PlatformAdapter, answer_to, prepare
from assay.http.calls import PATIENCE
from assay.http.platform import run_id, running, service_named, source_of_the_test


@library(scope="GLOBAL", auto_keywords=False)
class ByHandLibrary:
    """Makes requests ready for RequestsLibrary, and answers ready to be judged.

    Use it through ``resources/http.resource``. It is the one place where a ``Secret`` of such a request is opened; a request
    that holds the text ``<secret>``, which is what a ``Secret`` becomes inside a text, is refused before it leaves.

    A session of RequestsLibrary is made for each service and test, by the service's name: it knows the target's address and
    authority, calls from the address that belongs to the test, and waits 5 seconds at most between two bytes of an answer.
    """

    def __init__(self) -> None:
        self._sessions: set[tuple[str, str]] = set()
        self._sender: tuple[str, Bearer | None] = ("", None)

    @keyword("As")
    def send_as(self, user: Mapping[str, Any]) -> None:
        """The requests by hand that follow in this test carry the access token of this person, who is logged in.

        Example: | `As` | ${user} |
        """
        token = user.get("access_token")
        if not isinstance(token, Secret):
            raise AssayError("whoever sends must be logged in: `A Logged In User`, or `Log In    ${account}`")
        self._sender = (running(), Bearer(token, str(user.get("email", "somebody"))))

    @keyword
    def as_nobody(self) -> None:
        """The requests by hand that follow in this test carry no access token, as at the beginning of every test."""
        self._sender = ("", None)

    @keyword
    def prepare_request(self, method: str, what: str, service: str = "auth", **given: Any) -> ByHand:
        """What RequestsLibrary needs to send a request: `alias`, `path` and `arguments`.

        | =Argument= | =Meaning= |
        | `what`     | an operation, ``auth.getMe``, whose path the target tells; or a path, ``/auth/me``, of the `service` |
        | `given`    | arguments of RequestsLibrary (`headers`, `params`, `json`, `data`, `auth`, `cookies`) and fields by their names: of the path, else of the query (GET, DELETE), else of the JSON body; values may be ``Secret`` |
        """
        test, sender = self._sender
        request = prepare(method, what, service, given, sender if test == running() else None)
        self._open_session(request.alias)
        return request

    @keyword
    def answer_to_request(self, request: ByHand, got: Any) -> Response:
        """The answer, as the keywords that judge answers take it: the contract's names, credentials as ``Secret``."""
        return answer_to(request, got)

    @keyword
    def path_of_operation(self, operation: str) -> str:
        """The path at which the target answers an operation, for a test that alters it.

        Example: | ${path} = | `Path Of Operation` | auth.getMe |
        """
        return current().platform.spelling(operation).steps[-1].path

    @keyword
    def field_should_be(self, response: Response, field: str, value: Any) -> None:
        """A field of the answer's body has exactly this value. `field` is its name, or a JSON pointer: ``user/email``.

        Example: | `Field Should Be` | ${answer} | user/is_verified | ${True} |
        """
        seen = pointer(response.body, field, f"the answer of {response.operation}")
        same = seen == value and isinstance(seen, bool) == isinstance(value, bool)
        expect(same, f"{field} to be {value!r}", repr(seen), response.operation)

    @keyword
    def field_should_match(self, response: Response, field: str, pattern: str) -> None:
        """A field of the answer's body is a text of this form, a regular expression for all of it.

        Example: | `Field Should Match` | ${answer} | id | [0-9a-f-]{36} |
        """
        seen = pointer(response.body, field, f"the answer of {response.operation}")
        expect(
            isinstance(seen, str) and re.fullmatch(pattern, seen),
            f"{field} to be like '{pattern}'",
            repr(seen),
            response.operation,
        )

    @keyword
    def field_should_be_absent(self, response: Response, field: str) -> None:
        """The answer's body has no such field.

        Example: | `Field Should Be Absent` | ${answer} | password |
        """
        try:
            seen = pointer(response.body, field)
        except Unmet:
            return
        raise Unmet(f"no '{field}' in the answer", repr(seen), response.operation)

    @keyword
    def should_lead_nowhere_else(self, response: Response) -> None:
        """The answer sends its reader to no other place: where it names one to go to, that is of the service's own origin.

        Example: | `Should Lead Nowhere Else` | ${answer} |
        """
        if (seen := response.headers.get("Location")) is None:
            return
        own = current().platform.url(re.split("[.:]", response.operation)[0])
        expect(
            _origin(urljoin(own, seen)) == _origin(own),
            f"no Location, or one at {own}",
            f"{response.status} to {seen}",
            response.operation,
        )

    @keyword
    def answer_should_not_hold(self, response: Response, text: str) -> None:
        """A text, which is no secret, stands neither in the answer's body nor in its headers.

        Example: | `Answer Should Not Hold` | ${answer} | elsewhere.assay.test |
        """
        places = {
            "body": response.text,
            **{f"header {name}": value for name, value in response.headers.items()},
        }
        held = [place for place, said in places.items() if text.lower() in said.lower()]
        expect(not held, f"no '{text}' in the answer", ", ".join(held), response.operation)

    def _open_session(self, service: str) -> None:
        where, source = service_named(service), source_of_the_test(run_id())
        key = (f"{service} {where.url}", source)
        if key in self._sessions:
            return
        sender: Any = BuiltIn().get_library_instance("RequestsLibrary")
        session = sender.create_session(service, where.url, timeout=PATIENCE)
        session.trust_env = False
        session.headers["Accept"] = "application/json"
        for scheme in ("http://", "https://"):
            session.mount(scheme, PlatformAdapter(where, source))
        self._sessions = {key} | {one for one in self._sessions if not one[0].startswith(f"{service} ")}


def _origin(url: str) -> tuple[str, str, int]:
    return urlsplit(url).scheme, *host_and_port(url)
