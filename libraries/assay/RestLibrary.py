"""Keywords about what holds for every operation of a service, in tables made from its contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from urllib.parse import urlsplit

from robot.api import logger
from robot.api.deco import keyword, library
from robot.libraries.BuiltIn import BuiltIn

from assay.core.errors import AssayError
from assay.core.run import current
from assay.core.tolerance import LOCKOUTS
from assay.http.answers import Response
from assay.http.calls import Caller
from assay.rest import browsers, guesses, hostile, tables
from assay.rest.cases import Case
from assay.rest.positions import Places, Position, known
from assay.rest.running import run


@library(scope="GLOBAL", auto_keywords=False)
class RestLibrary:
    """Holds every operation of a service against rules that do not depend on what it does.

    Every table is made from the contract, so that a new operation is in all of them. How an operation gets into the
    position to be called is data, ``resources/positions/SERVICE.yaml``; the keywords that make the positions have to be
    imported by the suite (``position.resource``). Operations that the target lacks are left out and named in the log.
    Each table ends with the valid requests, which must be accepted: what was refused before them did no harm.
    """

    def __init__(self) -> None:
        self._caller = Caller()

    @keyword
    def only_promised_methods_should_be_taken(self, service: str) -> None:
        """Asks every path with every method that it does not know, TRACE, CONNECT and an invented one among them.

        Each is refused as method-not-allowed with exactly the promised methods in Allow, HEAD and OPTIONS aside.
        Source: RFC 9110, 15.5.6; WSTG-CONF-06; ASVS 5.0, 4.1.4.
        Example: | `Only Promised Methods Should Be Taken` | auth |
        """
        at, positions = Places(_make), _positions(service)
        paths = tables.promised(positions, current().platform)
        self._run(
            "methods that a path does not know",
            chain(
                tables.methods(paths, at, tables.left_out(service, current().platform)),
                self._controls(positions, at),
            ),
        )

    @keyword
    def no_method_should_be_overridden(self, service: str) -> None:
        """Asks with one method and names another in X-HTTP-Method-Override and the like: the first alone counts."""
        at, positions = Places(_make), _positions(service)
        paths = tables.promised(positions, current().platform)
        self._run(
            "methods in the place of another",
            chain(
                tables.overrides(paths, at, tables.left_out(service, current().platform)),
                self._controls(positions, at),
            ),
        )

    @keyword
    def head_should_be_answered_as_get_without_content(self, service: str) -> None:
        """Asks with HEAD whatever can be asked with GET. Source: RFC 9110, 9.1 and 9.3.2."""
        at, positions = Places(_make), _readable(service)
        paths = tables.promised(positions, current().platform)
        self._run("HEAD in the place of GET", chain(tables.heads(paths, at), self._controls(positions, at)))

    @keyword
    def bodies_should_be_read_in_one_way_only(self, service: str) -> None:
        """Sends every operation with a body such as are not JSON, or are in more than one way, or are no object.

        Source: RFC 8259; RFC 7493; ASVS 5.0, 1.5.3 and 4.1.1.
        """
        self._each("bodies that are no JSON or odd JSON", _with_body(service), tables.bodies)

    @keyword
    def other_media_types_should_be_refused(self, service: str) -> None:
        """Sends every operation its valid body as something else than JSON. Source: RFC 9110, 15.5.16; ASVS 5.0, 4.1.1."""
        self._each("bodies as another kind of content", _with_body(service), tables.media)

    @keyword
    def answers_should_be_json_whatever_is_asked_for(self, service: str) -> None:
        """Asks for what is only read in forms that the service does not have. Source: RFC 9110, 12.5.1."""
        at, positions = Places(_make), _readable(service)
        self._run(
            "forms that are not there", chain(tables.accepts(positions, at), self._controls(positions, at))
        )

    @keyword
    def wrong_fields_should_be_named(self, service: str) -> None:
        """Sends each field missing, of another kind and beyond its limits: refused, with that field named and no other.

        Where an operation has several, they are also sent all wrong at once: each of them is named.
        """
        self._each("fields that are wrong", _with_body(service), tables.wrong)

    @keyword
    def limits_should_hold_to_the_character(self, service: str) -> None:
        """Sends each field the longest and shortest text that the contract allows, and one character more and less."""
        self._each("texts around the limits", _with_texts(service), hostile.boundaries)

    @keyword
    def hostile_texts_should_be_harmless(self, service: str, kind: str) -> None:
        """Sends the hostile texts of a kind in every field that takes a text, in body, path and query.

        Where the schema rules a text out, it is refused as invalid with that field named; else it is answered as the
        positions say: accepted and kept as it is, or refused by name. Never a server error, and no
        refusal repeats the text; one that asks to wait is answered two seconds after the valid request's time at most.
        Example: | `Hostile Texts Should Be Harmless` | auth | queries |
        """

        def cases(position: Position, at: Places) -> Iterator[Case]:
            return hostile.of_kind(kind, position, at)

        if kind not in hostile.kinds():
            raise AssayError(
                f"unknown kind of hostile texts '{kind}'; accepted: {', '.join(hostile.kinds())}"
            )
        self._each(f"{kind} in every text", _with_texts(service), cases)

    @keyword
    def structures_should_be_no_texts(self, service: str) -> None:
        """Sends objects and lists, such as databases take for operators, where a text is asked for."""
        self._each("structures in the place of texts", _with_texts(service), hostile.structures)

    @keyword
    def naughty_strings_should_be_harmless(
        self, service: str, seed: str, count: int = 12, operation: str = "", field: str = ""
    ) -> None:
        """Sends strings of the Big List of Naughty Strings in every text, or in one field of one operation.

        `count` are drawn for each field by the `seed`; as many as there are is all of them.
        """
        _say(seed)

        def cases(position: Position, at: Places) -> Iterator[Case]:
            return hostile.of_naughty(position, at, seed, count, field)

        chosen = [one for one in _with_texts(service) if operation in ("", one.operation)]
        self._each("strings of the big list", chosen, cases)

    @keyword
    def answers_should_carry_safe_headers(self, service: str) -> None:
        """Looks at good answers and refusals of every operation: nosniff, no frames, no referrer, no cache, no product.

        Only what anybody may read without a token may be kept in caches. Source: ASVS 5.0, 3.4.3 to 3.4.6 and 14.3.2.
        """
        at, positions = Places(_make), _positions(service)
        self._run("safe headers", chain(browsers.safe(positions, at), self._controls(positions, at)))

    @keyword
    def no_other_origin_should_be_let_in(self, service: str) -> None:
        """Asks every operation well and badly from pages of other origins: no answer allows them to read it.

        An origin is never repeated, `null` never allowed, nobody with credentials, and everybody (`*`) only what is read without any. Source: Fetch, 3.2; ASVS 5.0, 3.4.2.
        """
        at, positions = Places(_make), _positions(service)
        own = urlsplit(current().platform.url(service))
        cases = browsers.origins(positions, at, f"{own.scheme}://{own.netloc}")
        self._run("answers for pages of others", chain(cases, self._controls(positions, at)))

    @keyword
    def no_preflight_should_be_granted(self, service: str) -> None:
        """Asks, as browsers do before they send something for a page of another origin, for each method of each path."""
        at, positions = Places(_make), _positions(service)
        paths = tables.promised(positions, current().platform)
        self._run("preflights", chain(browsers.preflights(paths, at), self._controls(positions, at)))

    @keyword
    def headers_should_change_nothing(self, operation: str, headers: Mapping[str, str]) -> None:
        """Asks an operation with each of the headers: the answer stays what it is without.

        Example: | `Headers Should Change Nothing` | auth.getDiscovery | ${CLAIMS OF ANOTHER PLACE} |
        """
        service, _, name = operation.partition(".")
        position = known(service)[name]
        request = position.valid(Places(_make).of(position))
        plain = self._caller.call_row(operation, request)

        def same(answer: Response) -> str:
            alike = (answer.status, answer.document) == (plain.status, plain.document)
            return "" if alike else f"{answer.summary()}, another answer"

        rows = [
            Case(f"{key}: {value}", operation, {**request, "headers": {key: value}}, check=same)
            for key, value in headers.items()
        ]
        self._run(
            f"{operation} with headers of others", [*rows, Case("without", operation, request, control=True)]
        )

    def _each(
        self, title: str, positions: list[Position], cases: Callable[[Position, Places], Iterator[Case]]
    ) -> None:
        at = Places(_make)
        made: list[Case] = []
        for position in positions:
            made += cases(position, at)
            made += tables.controls([position], at)
        kept, unasked = guesses.left_out(made, current().platform.capabilities)
        if unasked:
            logger.info(
                f"Left out, since the target does not tolerate {LOCKOUTS}: wrong passwords of {', '.join(unasked)}"
            )
        self._run(title, kept)

    @staticmethod
    def _controls(positions: list[Position], at: Places) -> Iterator[Case]:
        return tables.controls([one for one in positions if not one.spends], at)

    def _run(self, title: str, cases: Iterable[Case]) -> None:
        run(title, list(cases), self._caller)


def _make(name: str) -> dict[str, object]:
    made: dict[str, object] = BuiltIn().run_keyword(name)
    return made


def _positions(service: str) -> list[Position]:
    capabilities = current().platform.capabilities
    there, missing = [], []
    for position in known(service).values():
        lacks = sorted(set(position.needs) - capabilities)
        if lacks:
            missing.append(f"{position.operation} (the target lacks {', '.join(lacks)})")
        else:
            there.append(position)
    if missing:
        logger.info(f"Left out: {'; '.join(missing)}")
    return there


def _with_body(service: str) -> list[Position]:
    return [one for one in _positions(service) if one.body is not None]


def _with_texts(service: str) -> list[Position]:
    return [one for one in _positions(service) if any(field.is_text for field in one.fields.values())]


def _readable(service: str) -> list[Position]:
    return [one for one in _positions(service) if one.method == "GET"]


def _say(seed: str) -> None:
    logger.info(
        f"The seed is {seed}. To see this again: robot --variable SEED:{seed} ...", also_console=False
    )
