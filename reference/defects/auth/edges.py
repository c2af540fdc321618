"""The edges of every operation: how its body is read, what its answers carry, and where it is reached."""

import asyncio
import sys
from typing import Any

from reference.common import deadline, problems, strictjson, web
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.field-twice-when-first-empty",
    breaks=["REST-04", "AUTH-64"],
    says="A field that comes twice is taken, the last of them, when the first was null, false or empty.",
    partial=True,
    blind=True,
)
def field_twice_when_first_empty(patch: Patch) -> None:
    def factory(_unique: Function, hit: Hit) -> Function:
        def lenient(pairs: Any) -> dict[str, Any]:
            members: dict[str, Any] = {}
            for name, value in pairs:
                if members.get(name):
                    raise strictjson.NotStrict("a name comes twice")
                if name in members:
                    hit()
                members[name] = value
            return members

        return lenient

    patch.replace("common.strictjson:unique_names", factory)


@defect(
    "auth.lone-surrogates-replaced",
    breaks=["AUTH-214", "AUTH-65"],
    says="Half a pair of surrogates in a text is replaced by the sign for an unknown character, not refused.",
    partial=True,
    blind=True,
)
def lone_surrogates_replaced(patch: Patch) -> None:
    def mended(value: Any) -> Any:
        if isinstance(value, str):
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if isinstance(value, list):
            return [mended(one) for one in value]
        if isinstance(value, dict):
            return {name: mended(one) for name, one in value.items()}
        return value

    def factory(loads: Function, hit: Hit) -> Function:
        def repairing(data: bytes) -> Any:
            found = loads(data)
            repaired = mended(found)
            if repaired != found:
                hit()
            return repaired

        return repairing

    patch.replace("common.strictjson:loads", factory)


@defect(
    "auth.media-type-by-beginning",
    breaks=["REST-03", "AUTH-64"],
    says="A body is taken for JSON when the name of its kind only begins with application/json.",
    partial=True,
    blind=True,
)
def media_type_by_beginning(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> None:
            try:
                check(request)
            except problems.Problem:
                given = request.headers.getlist("content-type")
                begins = len(given) == 1 and given[0].strip().lower().startswith("application/json")
                if not begins or "content-encoding" in request.headers:
                    raise
                hit()

        return lenient

    patch.replace("common.web:check_media_type", factory)


@defect(
    "auth.chunked-body-unlimited",
    breaks=["AUTH-64"],
    says="The size of a body is limited by the length it announces only; one in chunks is read to its end.",
    partial=True,
    blind=True,
)
def chunked_body_unlimited(patch: Patch) -> None:
    def factory(read_body: Function, hit: Hit) -> Function:
        async def trusting(request: Any, limit: int, seconds: float = web.ARRIVAL_SECONDS) -> bytes:
            if "content-length" in request.headers:
                announced: bytes = await read_body(request, limit, seconds)
                return announced
            body: bytes = await read_body(request, sys.maxsize, seconds)
            if len(body) > limit:
                hit()
            return body

        return trusting

    patch.replace("common.web:read_body", factory)


@defect(
    "auth.slow-body-begins-anew",
    breaks=["REST-14"],
    says="The time that a body may take begins anew with each piece of it, so that a trickle is waited for without end.",
    partial=True,
    blind=True,
)
def slow_body_begins_anew(patch: Patch) -> None:
    def factory(read_body: Function, hit: Hit) -> Function:
        async def patient(request: Any, limit: int, seconds: float = web.ARRIVAL_SECONDS) -> bytes:
            loop, time_left = asyncio.get_running_loop(), deadline.current.get()
            end, stream, late = loop.time() + seconds, request.stream, False

            async def pieces() -> Any:
                nonlocal late
                async for piece in stream():
                    if time_left is not None:
                        time_left.arm(seconds + web.HANDLING_SECONDS)
                    waiting.reschedule(loop.time() + seconds)
                    late = late or loop.time() > end
                    yield piece

            request.stream = pieces
            try:
                async with asyncio.timeout(seconds) as waiting:
                    body: bytes = await read_body(request, limit, seconds * 1000)
            except TimeoutError:
                raise problems.Problem("request-timeout", headers={"Connection": "close"}) from None
            finally:
                if late:
                    hit()
            return body

        return patient

    patch.replace("common.web:read_body", factory)


@defect(
    "auth.first-mistake-only",
    breaks=["AUTH-210"],
    says="Where several fields are wrong, only the first of them is named.",
    partial=True,
    blind=True,
)
def first_mistake_only(patch: Patch) -> None:
    def factory(document: Function, hit: Hit) -> Function:
        def short(problem: problems.Problem) -> bytes:
            if len(problem.errors) > 1:
                hit()
                problem = problems.Problem(problem.name, problem.headers, problem.errors[:1])
            told: bytes = document(problem)
            return told

        return short

    patch.replace("common.problems:document", factory)


@defect(
    "auth.early-refusals-as-plain-json",
    breaks=["REST-12", "AUTH-62", "AUTH-60"],
    says="What is refused before an operation is reached, as who asks too often, is labelled application/json.",
    partial=True,
    blind=True,
)
def early_refusals_as_plain_json(patch: Patch) -> None:
    def factory(answer: Function, hit: Hit) -> Function:
        async def plain(self: Any, problem: problems.Problem) -> None:
            if self.status:
                return
            hit()
            labelled = {**problem.headers, "Content-Type": "application/json"}
            await answer(self, problems.Problem(problem.name, labelled, problem.errors))

        return plain

    patch.replace("common.web:_Answer.problem", factory)


@defect(
    "auth.cacheable-answers-unprotected",
    breaks=["REST-07"],
    says="Answers that caches may keep carry none of the headers that protect browsers.",
    partial=True,
    blind=True,
)
def cacheable_answers_unprotected(patch: Patch) -> None:
    def factory(passing_on: Function, hit: Hit) -> Function:
        async def bare(self: Any, message: Any) -> None:
            named = {name.lower() for name, _ in message.get("headers", [])}
            if b"cache-control" in named:
                hit()
                self.headers = []
            await passing_on(self, message)

        return bare

    patch.replace("common.web:_Answer.__call__", factory)


@defect(
    "auth.origin-by-its-beginning",
    breaks=["REST-08"],
    says="A page may read answers when its origin begins with the address of this service, as that of service:80.other does.",
    partial=True,
    blind=True,
)
def origin_by_its_beginning(patch: Patch) -> None:
    def factory(guard: Function, hit: Hit) -> Function:
        async def open_to_own(self: Any, scope: Any, receive: Any, send: Any) -> None:
            given = next((value for name, value in scope["headers"] if name == b"origin"), b"")
            own = scope["app"].state.service.public_url.encode()

            async def allowing(message: Any) -> None:
                if message["type"] == "http.response.start":
                    allowed = [
                        (b"access-control-allow-origin", given),
                        (b"access-control-allow-credentials", b"true"),
                    ]
                    message = {**message, "headers": [*message["headers"], *allowed]}
                await send(message)

            if not given.startswith(own):
                await guard(self, scope, receive, send)
                return
            if given != own:
                hit()
            await guard(self, scope, receive, allowing)

        return open_to_own

    patch.replace("common.web:Guard.__call__", factory)


@defect(
    "auth.path-from-rewrite-header",
    breaks=["REST-06", "AUTH-63"],
    says="The header X-Rewrite-URL of a request to read is believed to name the path that was asked for.",
    partial=True,
    blind=True,
)
def path_from_rewrite_header(patch: Patch) -> None:
    def factory(guard: Function, hit: Hit) -> Function:
        async def rewriting(self: Any, scope: Any, receive: Any, send: Any) -> None:
            given = next((value for name, value in scope["headers"] if name == b"x-rewrite-url"), b"")
            if scope["method"] == "GET" and given.startswith(b"/"):
                hit()
                path = given.partition(b"?")[0]
                scope = {**scope, "path": path.decode("latin-1"), "raw_path": path}
            await guard(self, scope, receive, send)

        return rewriting

    patch.replace("common.web:Guard.__call__", factory)


@defect(
    "auth.slashes-redirected",
    breaks=["AUTH-63", "REST-06"],
    says="A path with a slash too many at its end is not unknown: it is redirected to the one without, at the host that the request names.",
    partial=True,
    blind=True,
)
def slashes_redirected(patch: Patch) -> None:
    def factory_app(create_app: Function, _hit: Hit) -> Function:
        def redirecting(service: Any) -> Any:
            app = create_app(service)
            app.router.redirect_slashes = True
            return app

        return redirecting

    def factory_answer(passing_on: Function, hit: Hit) -> Function:
        async def counting(self: Any, message: Any) -> None:
            if message.get("status") == 307:
                hit()
            await passing_on(self, message)

        return counting

    patch.replace("auth.app:create_app", factory_app)
    patch.replace("common.web:_Answer.__call__", factory_answer)


@defect(
    "auth.chunks-in-old-http",
    breaks=["REST-05"],
    says="A body in chunks is taken from a request of HTTP/1.0, which knows no chunks.",
    partial=True,
    blind=True,
)
def chunks_in_old_http(patch: Patch) -> None:
    def factory(objection_to: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> Any:
            objection = objection_to(request)
            names = [name for name, _ in request.headers]
            chunked = b"transfer-encoding" in names and b"content-length" not in names
            if objection is None or request.http_version != b"1.0" or not chunked:
                return objection
            hit()
            return None

        return lenient

    patch.replace("common.framing:objection_to", factory)


@defect(
    "auth.second-outage-hidden",
    breaks=["REST-13", "AUTH-52"],
    says="While the database is down, readiness does not ask the session store and says that it is up.",
    partial=True,
    blind=True,
)
def second_outage_hidden(patch: Patch) -> None:
    def factory(checks: Function, hit: Hit) -> Function:
        async def first_only(self: Any) -> dict[str, str]:
            found: dict[str, str] = await checks(self)
            if set(found.values()) == {"down"}:
                hit()
                return {**found, "session-store": "up"}
            return found

        return first_only

    patch.replace("auth.health:Health.checks", factory)


@defect(
    "auth.contract-nullable-without-limits",
    breaks=["AUTH-61"],
    says="The contract that is handed out tells no limits of length for texts that may also be null.",
    partial=True,
    blind=True,
)
def contract_nullable_without_limits(patch: Patch) -> None:
    def loosened(told: Any, hit: Hit) -> Any:
        if isinstance(told, list):
            return [loosened(one, hit) for one in told]
        if not isinstance(told, dict):
            return told
        choices = told.get("anyOf", [])
        if {"type": "null"} in choices and any("maxLength" in one for one in choices):
            hit()
            kept = [{name: value for name, value in one.items() if name != "maxLength"} for one in choices]
            told = {**told, "anyOf": kept}
        return {name: loosened(value, hit) for name, value in told.items()}

    def factory(contract: Function, hit: Hit) -> Function:
        return lambda app: loosened(contract(app), hit)

    patch.replace("auth.app:contract", factory)
