"""Requests with two ends, of strange hosts, or that never arrive."""

import asyncio
import re
from typing import Any

import h11
from starlette.responses import Response

from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.two-lengths-taken",
    breaks=["REST-05"],
    says="A request with a length and with chunks is read by its chunks.",
    partial=True,
)
def two_lengths_taken(patch: Patch) -> None:
    def factory(objection_to: Function, hit: Hit) -> Function:
        def blind(request: h11.Request) -> str | None:
            found: str | None = objection_to(request)
            if found == "two lengths of one body":
                hit()
                return None
            return found

        return blind

    patch.replace("common.framing:objection_to", factory)


@defect(
    "auth.any-host",
    breaks=["REST-06", "REST-05"],
    says="A Host that is no name of a host is taken.",
    partial=True,
)
def any_host(patch: Patch) -> None:
    def factory(objection_to: Function, hit: Hit) -> Function:
        def blind(request: h11.Request) -> str | None:
            found: str | None = objection_to(request)
            if found == "no name of a host":
                hit()
                return None
            return found

        return blind

    patch.replace("common.framing:objection_to", factory)


@defect(
    "auth.issuer-from-header",
    breaks=["REST-06"],
    says="The published addresses are those that X-Forwarded-Host names.",
    partial=True,
)
def issuer_from_header(patch: Patch) -> None:
    def factory(get_discovery: Function, hit: Hit) -> Function:
        def following(request: Any) -> Any:
            answer = get_discovery(request)
            if host := request.headers.get("x-forwarded-host"):
                hit()
                told = re.sub(rb"//[^/\"]+", b"//" + host.encode(), answer.body)
                return Response(told, media_type="application/json", headers={"Cache-Control": "max-age=60"})
            return answer

        return following

    patch.replace("auth.endpoints:get_discovery", factory)


@defect(
    "auth.heads-without-end",
    breaks=["REST-14"],
    says="Any number of headers is taken, whatever they are in all.",
    partial=True,
)
def heads_without_end(patch: Patch) -> None:
    patch.replace("common.framing:MOST_HEADERS", lambda most: 1_000_000)
    patch.replace("common.serving:_LARGEST_HEAD", lambda largest: 1 << 30)
    patch.counts("common.framing:objection_to")


@defect(
    "auth.half-heads-kept",
    breaks=["REST-14"],
    says="A connection on which no whole head of a request comes is kept for ever.",
    partial=True,
)
def half_heads_kept(patch: Patch) -> None:
    patch.replace("common.serving:ProblemProtocol.give_up", lambda give_up: lambda self: None)


@defect(
    "auth.unread-chunks-kept",
    breaks=["REST-14"],
    says="Where an answer comes before the body of its request, the rest of a body in chunks is waited for without end.",
    partial=True,
)
def unread_chunks_kept(patch: Patch) -> None:
    def factory(expect_the_rest: Function, hit: Hit) -> Function:
        def patient(self: Any) -> None:
            if any(name == b"transfer-encoding" for name, _ in self.headers):
                hit()
                return
            expect_the_rest(self)

        return patient

    patch.replace("common.serving:ProblemProtocol.expect_the_rest", factory)


@defect(
    "auth.one-body-at-a-time",
    breaks=["REST-14"],
    says="While a body arrives, nobody else is answered.",
    partial=True,
)
def one_body_at_a_time(patch: Patch) -> None:
    turn: list[asyncio.Lock] = []

    def factory(handle: Function, hit: Hit) -> Function:
        async def queued(self: Any, scope: Any, receive: Any, answer: Any) -> None:
            if not turn:
                turn.append(asyncio.Lock())
            hit()
            async with turn[0]:
                await handle(self, scope, receive, answer)

        return queued

    patch.replace("common.web:Guard._handle", factory)
