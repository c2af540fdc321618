"""What the store reads over REST in more ways than one, and how it refuses what it does not offer."""

import re
from typing import Any

import msgspec
from starlette.responses import Response

from reference.common import problems, strictjson
from reference.defects import Function, Hit, Patch, defect
from reference.defects.store.shapes import is_routed

_LARGE = 65536
_STRINGS_AND_BRACES = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}]', re.DOTALL)


@defect(
    "store.large-bodies-name-an-entity-twice",
    breaks=["DB-11"],
    says="In a body of more than 64 KiB one entity may come twice, and the later document is written.",
    partial=True,
    blind=True,
)
def large_bodies_name_an_entity_twice(patch: Patch) -> None:
    def factory(read: Function, hit: Hit) -> Function:
        def lenient(self: Any, body: bytes) -> Any:
            try:
                return read(self, body)
            except strictjson.NotStrict:
                if len(body) <= _LARGE:
                    raise
                value = read(self, with_names_once(body))
                hit()
                return value

        return lenient

    patch.replace("store.asking:StoreRoute.read_json", factory)


def with_names_once(body: bytes) -> bytes:
    """An object with the last of its members of each name, so that nothing but their names is forgiven."""
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        raise strictjson.NotStrict("no object") from None
    return msgspec.json.encode(members)


@defect(
    "store.lists-nest-deeper",
    breaks=["DB-11"],
    says="With lists in it a body may be nested twice as deeply as it may; objects alone are counted.",
    partial=True,
    blind=True,
)
def lists_nest_deeper(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(text: str, most: int = strictjson.MAX_DEPTH) -> None:
            try:
                check(text, most)
            except strictjson.NotStrict:
                check(text, 2 * most)
                if depth_of_objects(text) > most:
                    raise
                hit()

        return lenient

    patch.replace("common.strictjson:check_depth", factory)


def depth_of_objects(text: str) -> int:
    """How deeply objects are nested, whatever lists are between them."""
    depth = deepest = 0
    for token in _STRINGS_AND_BRACES.finditer(text):
        if token[0] == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] == "}":
            depth -= 1
    return deepest


@defect(
    "store.last-slash-is-left-out",
    breaks=["DB-10"],
    says="A path with a slash too many at its end is taken for the one without.",
    partial=True,
    blind=True,
)
def last_slash_is_left_out(patch: Patch) -> None:
    def factory(call: Function, hit: Hit) -> Function:
        async def forgiving(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and len(scope["raw_path"]) > 1 and scope["raw_path"].endswith(b"/"):
                scope["path"], scope["raw_path"] = scope["path"][:-1], scope["raw_path"][:-1]
                if is_routed(scope):
                    hit()
            await call(self, scope, receive, send)

        return forgiving

    patch.replace("store.asking:PathNames.__call__", factory)


@defect(
    "store.first-method-is-told",
    breaks=["DB-10"],
    says="Where a path has several methods, whoever uses another is told the first of them alone.",
    partial=True,
    blind=True,
)
def first_method_is_told(patch: Patch) -> None:
    def factory(allowed: Function, hit: Hit) -> Function:
        def first(request: Any) -> list[str]:
            every: list[str] = allowed(request)
            if len(every) > 1:
                hit()
            return every[:1]

        return first

    patch.replace("common.web:allowed", factory)


@defect(
    "store.wrong-methods-in-other-words",
    breaks=["DB-12"],
    says="The refusal of a method is no problem document, but JSON in the words of the web framework.",
    partial=True,
    blind=True,
)
def wrong_methods_in_other_words(patch: Patch) -> None:
    def factory(response: Function, hit: Hit) -> Function:
        def plain(problem: problems.Problem) -> Any:
            if problem.name != "method-not-allowed":
                return response(problem)
            hit()
            content = b'{"detail":"Method Not Allowed"}'
            return Response(content, status_code=405, headers=problem.headers, media_type="application/json")

        return plain

    patch.replace("common.problems:response", factory)


@defect(
    "store.unreadable-versions-are-any",
    breaks=["DB-13"],
    says="A write that asks for a version in a form that is none, or for two, is done whatever the version is.",
    partial=True,
    blind=True,
)
def unreadable_versions_are_any(patch: Patch) -> None:
    def factory(expected: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> int:
            try:
                return int(expected(request))
            except problems.Problem:
                hit()
                return 0

        return lenient

    patch.replace("store.asking:expected", factory)
