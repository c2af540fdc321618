"""Keywords that make documents, names and schemas to try a store with."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from robot.api.deco import keyword, library
from robot.utils import DotDict

from assay.core import exactjson, yamlfile
from assay.core.errors import AssayError, accepted
from assay.core.listening import NotingServer
from assay.core.rows import Row
from assay.document.names import DISGUISED, FORBIDDEN, TWINS
from assay.document.texts import EXACT
from assay.evidence.expect import expect

_FOLDER = Path(__file__).parent / "document"

_NESTED = {"objects": ("object", "object"), "lists": ("list", "list"), "both": ("list", "object")}


@library(scope="TEST", auto_keywords=False)
class DocumentLibrary:
    """Makes what a store of JSON documents is tried with: rules of schemas, names that are easily mixed up, documents of any size.

    It talks to no platform.
    """

    ROBOT_LISTENER_API_VERSION = 3

    def __init__(self) -> None:
        self.ROBOT_LIBRARY_LISTENER = self
        self._servers: list[NotingServer] = []

    @keyword
    def rules_of_schemas(self, kind: str) -> list[DotDict]:
        """The rules of JSON Schema of a kind: ``keywords``, ``patterns``, ``combinations`` or ``references``.

        Each has `name`, `schema`, `good`, a document that keeps it, and `rows`: the good one as the control and every bad one.
        Source: JSON Schema draft-07, Validation.
        Example: | ${rules} = | `Rules Of Schemas` | keywords |
        """
        known = _rules()
        if kind not in known:
            raise AssayError(f"there are no rules of the kind '{kind}'{accepted(kind, known)}")
        return [
            DotDict(name=name, schema=one["schema"], good=one["good"], rows=list(_documents(one)))
            for name, one in known[kind].items()
        ]

    @keyword
    def names_that_differ(self, about: str) -> list[str]:
        """Names of entities that are all different, and easily taken for each other.

        %TWINS%
        Source: Unicode Standard Annex 15; CWE-178; CWE-706.
        Example: | ${names} = | `Names That Differ` | capitals and small letters |
        """
        if about not in TWINS:
            raise AssayError(f"there are no names about '{about}'{accepted(about, TWINS)}")
        return list(TWINS[about])

    @keyword
    def names_that_are_refused(self, field: str, control: str, **fields: Any) -> list[Row]:
        """Rows of texts that may be no name in a field, with a good name as the control.

        They lead out of a directory, have a control character, or are too long. Source: CWE-22; CWE-158.
        Example: | ${rows} = | `Names That Are Refused` | key | ${key} | schema_id=${schema} |
        """
        rows = [Row(about, {**fields, field: name}, note=about) for about, name in FORBIDDEN.items()]
        return [Row("a good name", {**fields, field: control}, accepted=True, note=control), *rows]

    @keyword
    def names_that_lead_out(self, mark: str = "escape") -> dict[str, str]:
        """Names that lead out of a directory, or would if anybody unescaped or normalised them, by what they are (CWE-22).

        What they lead to is called `mark`: one that nobody used before tells what was made now from what was made earlier.
        Example: | ${names} = | `Names That Lead Out` | ${mark} |
        """
        return {about: name.replace("escape", mark) for about, name in {**FORBIDDEN, **DISGUISED}.items()}

    @keyword
    def texts_of_documents(self) -> dict[str, str]:
        """Documents as JSON text whose every digit and letter must come back, by what they are about.

        Source: RFC 8259, sections 6 to 8.
        """
        return dict(EXACT)

    @keyword
    def texts_should_be_the_same_json(self, seen: str | bytes, written: str | bytes) -> None:
        """Fails unless two texts are the same JSON in every letter of every text and every digit of every number.

        Blanks between, the order of members and the way in which letters are escaped do not count.
        Example: | `Texts Should Be The Same JSON` | ${answer.text} | {"a": 1.10} |
        """
        expect(exactjson.same(seen, written), f"the same JSON as {_short(written)}", _short(seen))

    @keyword
    def documents_named(self, keys: Sequence[str]) -> dict[str, dict[str, str]]:
        """A document for each key, in which it stands as the `name`."""
        return {key: {"name": key} for key in keys}

    @keyword
    def documents_in_both_orders(self, keys: Sequence[str], times: int) -> list[dict[str, Any]]:
        """Fields of so many writes of the same entities, every other one of which names them in the opposite order.

        For `Call Together`: writers who wait for several entities as they are named wait for each other (CWE-833).
        Example: | ${each} = | `Documents In Both Orders` | ${keys} | ${12} |
        """
        orders = (list(keys), list(reversed(keys)))
        return [
            {"documents": {key: {"write": number} for key in orders[number % 2]}} for number in range(times)
        ]

    @keyword
    def document_of_size(self, octets: int) -> dict[str, str]:
        """A document whose JSON text has exactly so many bytes, 9 at least: ``{"a":"..."}`` of chance.

        Example: | ${document} = | `Document Of Size` | ${1048576} |
        """
        if octets < 8:
            raise AssayError(f"a document has 8 bytes at least, not {octets}")
        return {"a": secrets.token_hex(octets)[: octets - 8]}

    @keyword
    def body_that_names_an_entity_twice(self, key: str, octets: int) -> bytes:
        """A body of documents as JSON text in which one key stands at the beginning and at the end, so many octets apart.

        Source: RFC 7493, 2.3; CWE-1286. Example: | ${body} = | `Body That Names An Entity Twice` | ${key} | 100000 |
        """
        name, between = json.dumps(key), json.dumps({"text": "x" * octets})
        return f'{{{name}:{{"value":1}},"between":{between},{name}:{{"value":2}}}}'.encode()

    @keyword
    def document_nested(self, kind: str, depth: int) -> Any:
        """A document of so many containers in one another, the outermost counted: ``objects``, ``lists``, or ``both`` by turns.

        Source: CWE-674; CWE-770. Example: | ${document} = | `Document Nested` | lists | 64 |
        """
        if kind not in _NESTED:
            raise AssayError(f"there is no nesting of '{kind}'{accepted(kind, _NESTED)}")
        document: Any = 1
        for number in range(depth, 0, -1):
            document = {"in": document} if _NESTED[kind][number % 2] == "object" else [document]
        return document

    @keyword
    def length_should_be_at_most(self, text: str, characters: int) -> None:
        """Fails where a text is longer than it may be."""
        expect(len(text) <= characters, f"{characters} characters at most", f"{len(text)}")

    @keyword
    def a_server_that_notes_who_asks(self) -> NotingServer:
        """A server on this machine that serves a schema to whoever asks, and notes it; it ends with the test. It has a `url`."""
        server = NotingServer(json.dumps({"type": "object"}).encode())
        self._servers.append(server)
        if not server.works():
            raise AssayError("the server of the test does not hear anybody")
        return server

    @keyword
    def nobody_should_have_asked(self, server: NotingServer) -> None:
        """Fails where somebody asked the server, up to a quarter of a second from now."""
        seen = server.seen()
        expect(not seen, "nobody to ask for what a document refers to", "; ".join(seen), "CWE-918")

    def close(self) -> None:
        """Called by Robot when the test has ended."""
        for server in self._servers:
            server.close()
        self._servers.clear()


DocumentLibrary.names_that_differ.__doc__ = (DocumentLibrary.names_that_differ.__doc__ or "").replace(
    "%TWINS%", "About: " + ", ".join(f"``{about}``" for about in TWINS) + "."
)


@cache
def _rules() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = yamlfile.load(_FOLDER / "rules.yaml").data
    return found


def _documents(rule: Mapping[str, Any]) -> Iterator[Row]:
    bad: Sequence[Any] = rule["bad"]
    yield Row("what keeps it", {"document": rule["good"]}, accepted=True)
    yield from (Row(json.dumps(one, ensure_ascii=False), {"document": one}) for one in bad)


def _short(text: str | bytes) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return shown if len(shown) <= 200 else f"{shown[:200]}… ({len(shown)} characters)"
