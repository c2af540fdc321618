"""What the store answers over REST that it should not, and what it takes there."""

import dataclasses
import functools
import json
from typing import Any

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import offered_otherwise
from reference.store import names, wire

_EMPTY = (b"null", b"0", b"false", b"[]")


@defect(
    "store.method-in-a-header",
    breaks=["DB-10"],
    says="A header of a request can make another method of it.",
    partial=True,
)
def method_in_a_header(patch: Patch) -> None:
    def factory(call: Function, hit: Hit) -> Function:
        async def overridden(self: Any, scope: Any, receive: Any, send: Any) -> None:
            for name, value in scope.get("headers", ()):
                method = value.decode("latin-1").upper()
                if name == b"x-http-method-override" and method != scope["method"]:
                    hit()
                    scope = {**scope, "method": method}
            await call(self, scope, receive, send)

        return overridden

    patch.replace("store.asking:PathNames.__call__", factory)


@defect(
    "store.doubled-names-are-read",
    breaks=["DB-11"],
    says="Where a name comes twice in a body the last one counts.",
    partial=True,
)
def doubled_names_are_read(patch: Patch) -> None:
    def factory(unique: Function, hit: Hit) -> Function:
        def last(pairs: Any) -> dict[str, Any]:
            members = list(pairs)
            if len(dict(members)) < len(members):
                hit()
            return dict(members)

        return last

    patch.replace("common.strictjson:unique_names", factory)


@defect(
    "store.text-is-taken-for-json",
    breaks=["DB-11"],
    says="A body that calls itself plain text is read as JSON.",
    partial=True,
)
def text_is_taken_for_json(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> None:
            try:
                check(request)
            except problems.Problem:
                if not request.headers.get("content-type", "").startswith("text/plain"):
                    raise
                hit()

        return lenient

    patch.replace("common.web:check_media_type", factory)


@defect(
    "store.bodies-a-little-larger",
    breaks=["GRPC-07"],
    says="A body over REST may be a quarter larger than it may.",
    partial=True,
)
def bodies_a_little_larger(patch: Patch) -> None:
    def factory(read: Function, hit: Hit) -> Function:
        async def roomy(request: Any, limit: int, seconds: float = 10.0) -> bytes:
            body: bytes = await read(request, limit * 5 // 4, seconds)
            if len(body) > limit:
                hit()
            return body

        return roomy

    patch.replace("common.web:read_body", factory)


@defect(
    "store.every-origin-is-let-in",
    breaks=["DB-12"],
    says="Pages of any origin may read what the store answers.",
    partial=True,
)
def every_origin_is_let_in(patch: Patch) -> None:
    def factory(safe: Function, hit: Hit) -> Function:
        def open_to_all(https: bool) -> list[tuple[bytes, bytes]]:
            hit()
            return [*safe(https), (b"access-control-allow-origin", b"*")]

        return open_to_all

    patch.replace("common.web:safe_headers", factory)


@defect(
    "store.browsers-may-guess",
    breaks=["DB-12"],
    says="Answers do not tell browsers to take them as what they are.",
    partial=True,
)
def browsers_may_guess(patch: Patch) -> None:
    def factory(safe: Function, hit: Hit) -> Function:
        def loose(https: bool) -> list[tuple[bytes, bytes]]:
            hit()
            return [one for one in safe(https) if one[0] != b"x-content-type-options"]

        return loose

    patch.replace("common.web:safe_headers", factory)


@defect(
    "store.what-is-missing-is-told-with-its-place",
    breaks=["DB-12"],
    says="The answer to a schema that is not there tells in which file it was looked for.",
    partial=True,
)
def what_is_missing_is_told_with_its_place(patch: Patch) -> None:
    def factory(document: Function, hit: Hit) -> Function:
        def telling(problem: problems.Problem) -> bytes:
            told = bytes(document(problem))
            if problem.name != "no-such-schema":
                return told
            hit()
            place = f"{__file__}: KeyError in contents.schemas[...], line 112"
            return json.dumps({**json.loads(told), "detail": place}).encode()

        return telling

    patch.replace("common.problems:document", factory)


@defect(
    "store.wrong-fields-are-called-body",
    breaks=["DB-14"],
    says="Whatever field of a request is wrong, its body as a whole is named.",
    partial=True,
)
def wrong_fields_are_called_body(patch: Patch) -> None:
    def factory(field_error: Function, hit: Hit) -> Function:
        def vague(found: Any) -> dict[str, str]:
            told = field_error(found)
            if told["field"] != "(body)":
                hit()
            return {**told, "field": "(body)"}

        return vague

    patch.replace("common.web:field_error", factory)


@defect(
    "store.names-of-one-byte-more",
    breaks=["FS-13", "DB-14"],
    says="A name may have 256 bytes.",
    partial=True,
)
def names_of_one_byte_more(patch: Patch) -> None:
    def factory(is_name: Function, hit: Hit) -> Function:
        def lenient(text: str) -> bool:
            if is_name(text):
                return True
            if len(text.encode("utf-8", "replace")) != names.MOST_BYTES + 1 or not is_name(text[1:]):
                return False
            hit()
            return True

        return lenient

    patch.replace("store.names:is_name", factory)


@defect(
    "store.accept-is-obeyed",
    breaks=["DB-14"],
    says="Who asks for pages is refused instead of answered in JSON.",
    partial=True,
)
def accept_is_obeyed(patch: Patch) -> None:
    def factory(call: Function, hit: Hit) -> Function:
        async def strict(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if any(name == b"accept" and value.startswith(b"text/html") for name, value in scope["headers"]):
                hit()
                raise problems.Problem("unsupported-media-type")
            await call(self, scope, receive, send)

        return strict

    patch.replace("store.asking:PathNames.__call__", factory)


def _status(patch: Patch, operation_name: str, status: int) -> None:
    def change(operation: Any, hit: Hit) -> Any:
        @functools.wraps(operation.endpoint)
        async def answering(*arguments: Any, **named: Any) -> Any:
            answer = await operation.endpoint(*arguments, **named)
            hit()
            return answer

        return dataclasses.replace(operation, endpoint=answering, status=status)

    offered_otherwise(patch, operation_name, change)


@defect(
    "store.made-keys-are-answered-by-200",
    breaks=["DB-14"],
    says="An API key that was made is answered as anything else, not as made.",
    partial=True,
)
def made_keys_are_answered_by_200(patch: Patch) -> None:
    _status(patch, "createApiKey", 200)


@defect(
    "store.enrolled-workers-are-answered-by-200",
    breaks=["DB-14"],
    says="A worker that was enrolled is answered as anything else, not as made.",
    partial=True,
)
def enrolled_workers_are_answered_by_200(patch: Patch) -> None:
    _status(patch, "enrolWorker", 200)


@defect(
    "store.kept-schemas-are-answered-by-201",
    breaks=["DB-14"],
    says="A schema that was kept is answered as newly made each time.",
    partial=True,
)
def kept_schemas_are_answered_by_201(patch: Patch) -> None:
    _status(patch, "putSchema", 201)


@defect(
    "store.formats-are-filled-in",
    breaks=["DB-18"],
    says="What looks like the place of a value in the key of a log-in is filled in, and fails.",
    partial=True,
)
def formats_are_filled_in(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def filling(self: Any, key: str) -> Any:
            if "%s" in key or "{" in key:
                hit()
                raise ValueError("no value for a place")
            return log_in(self, key)

        return filling

    patch.replace("store.access:Access.log_in", factory)


def _digits(document: bytes) -> Any:
    return json.loads(document, parse_float=str, parse_int=str)


@defect(
    "store.numbers-lose-digits",
    breaks=["BLOB-29"],
    says="Over REST numbers are stored as a computer would calculate with them.",
    partial=True,
)
def numbers_lose_digits(patch: Patch) -> None:
    def factory(pieces: Function, hit: Hit) -> Function:
        def rounded(body: bytes) -> list[tuple[str, bytes]]:
            found: list[tuple[str, bytes]] = pieces(body)
            read = [(key, json.dumps(json.loads(one), ensure_ascii=False).encode()) for key, one in found]
            if any(_digits(one) != _digits(other) for (_, one), (_, other) in zip(read, found, strict=True)):
                hit()
            return read

        return rounded

    patch.replace("store.endpoints:pieces", factory)


@defect(
    "store.empty-documents-are-none",
    breaks=["BLOB-29"],
    says="An entity whose document is null, false, zero or an empty list is taken for none.",
    partial=True,
)
def empty_documents_are_none(patch: Patch) -> None:
    def factory(get: Function, hit: Hit) -> Function:
        async def hasty(self: Any, task: wire.Task) -> wire.Done:
            done: wire.Done = await get(self, task)
            if done.document.strip() in _EMPTY:
                hit()
                raise problems.Problem("not-found")
            return done

        return hasty

    patch.replace("store.worker:Worker.get_entity", factory)


@defect(
    "store.documents-lose-their-ends",
    breaks=["BLOB-29"],
    says="A document of a whole number of blocks of 4096 bytes is read with its last letter replaced.",
    partial=True,
)
def documents_lose_their_ends(patch: Patch) -> None:
    def factory(get: Function, hit: Hit) -> Function:
        async def cut(self: Any, task: wire.Task) -> wire.Done:
            done: wire.Done = await get(self, task)
            if len(done.document) % 4096 or b'"' not in done.document:
                return done
            hit()
            head, _, tail = done.document.rpartition(b'"')
            done.document = head[:-1] + b'?"' + tail
            return done

        return cut

    patch.replace("store.worker:Worker.get_entity", factory)
