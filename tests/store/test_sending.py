"""A product that takes one document in a request over REST, with its key in the path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from assay.core import dialect
from assay.core.errors import AssayError, TargetError
from assay.http import calls
from assay.http.operations import Operation, Rules, Service
from assay.store import sending
from assay.store.sending import Sender

from tests.http.doubles import Handler, Server, serving

SPELLED = """
service: store
operations:
  putEntities:
    path: /tables/{schema_id}/rows/{key}
    fields: {documents: "body:"}
    answer: {version: /revision}
"""


class OneByOne(Handler):
    """Keeps what it was sent, and answers with a revision."""

    def echo(self, sent: bytes) -> None:
        self.server.seen.append((self.command, self.path, sent))  # type: ignore[attr-defined]
        self.answer(200, {"revision": 4})


def spelled(folder: Path, text: str) -> dialect.Dialect:
    path = folder / "theirs.yaml"
    path.write_text(text)
    return dialect.named("store", str(path))


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    theirs = spelled(tmp_path, SPELLED)
    with serving(OneByOne) as server:
        server.seen = []  # type: ignore[attr-defined]

        def operation_of(name: str) -> Operation:
            spelling = theirs.spelling(name.removeprefix("store."))
            return Operation(Service("store", server.url), spelling, Rules(theirs.contract, {}))

        for module in (calls, sending):
            monkeypatch.setattr(module, "operation_of", operation_of)
        monkeypatch.setattr(calls, "run_id", lambda: "run1")
        monkeypatch.setattr(sending, "current", lambda: SimpleNamespace(platform=None))
        yield server


def put(**fields: Any) -> Any:
    return Sender().send("rest", "putEntity", {"schema_id": "people", **fields})


def test_a_document_goes_alone_under_its_key(product: Server) -> None:
    answer = put(key="a b", document={"n": 1})
    method, path, body = product.seen[0]  # type: ignore[attr-defined]
    assert (method, path, json.loads(body)) == ("PUT", "/tables/people/rows/a%20b", {"n": 1})
    assert answer.body["version"] == 4


def test_a_text_goes_as_it_is(product: Server) -> None:
    put(key="a", document=b'{"n": 1.10}')
    assert product.seen[0][1:] == ("/tables/people/rows/a", b'{"n": 1.10}')  # type: ignore[attr-defined]


def test_one_of_several_goes_alone(product: Server) -> None:
    Sender().send("rest", "putEntities", {"schema_id": "people", "documents": {"a": {}}})
    assert product.seen[0][1:] == ("/tables/people/rows/a", b"{}")  # type: ignore[attr-defined]


def test_several_are_not_sent(product: Server) -> None:
    with pytest.raises(AssayError, match="one of documents in a request, by the dialect, and was given 2"):
        Sender().send("rest", "putEntities", {"schema_id": "people", "documents": {"a": {}, "b": {}}})
    assert not product.seen  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"no json", ["a"], "a", None])
def test_what_is_no_collection_goes_as_the_one(product: Server, body: Any) -> None:
    Sender().send("rest", "putEntities", {"schema_id": "people", "documents": body})
    _, path, sent = product.seen[0]  # type: ignore[attr-defined]
    assert path.startswith("/tables/people/rows/nothing-")
    assert sent == (body if isinstance(body, bytes) else json.dumps(body).encode())


def test_a_name_that_nobody_knows_is_told(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="row"):
        spelled(tmp_path, SPELLED.replace("{key}", "{row}"))


def test_as_the_contract_has_it_one_is_sent_as_several(
    product: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = dialect.default("store")

    def operation_of(name: str) -> Operation:
        spelling = ours.spelling(name.removeprefix("store."))
        return Operation(Service("store", product.url), spelling, Rules(ours.contract, {}))

    for module in (calls, sending):
        monkeypatch.setattr(module, "operation_of", operation_of)
    put(key='a"b', document=b'{"n": 1.10}')
    put(key="a", document={"n": 1})
    assert [body for _, _, body in product.seen] == [b'{"a\\"b":{"n": 1.10}}', b'{"a":{"n":1}}']  # type: ignore[attr-defined]
