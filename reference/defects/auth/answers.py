"""Answers that say too much or too little."""

from typing import Any

from fastapi.responses import JSONResponse

from reference.common import problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.renewed-tokens-cacheable",
    breaks=["AUTH-20"],
    says="The answer to a refresh may be kept in caches, tokens and all; the one to a log-in may not.",
    partial=True,
    blind=True,
)
def renewed_tokens_cacheable(patch: Patch) -> None:
    def factory(refresh_token: Function, hit: Hit) -> Function:
        def cacheable(request: Any, body: Any) -> Any:
            answer = refresh_token(request, body)
            hit()
            return JSONResponse(answer.model_dump(), headers={"Cache-Control": "private, max-age=60"})

        return cacheable

    patch.replace("auth.endpoints:refresh_token", factory)


@defect(
    "auth.allow-missing",
    breaks=["AUTH-63"],
    says="A method that a path does not know is refused without the list of those it knows.",
    partial=True,
    blind=True,
)
def allow_missing(patch: Patch) -> None:
    def factory(response: Function, hit: Hit) -> Function:
        def silent(problem: problems.Problem) -> Any:
            answer = response(problem)
            if problem.name == "method-not-allowed":
                hit()
                del answer.headers["Allow"]
            return answer

        return silent

    patch.replace("common.problems:response", factory)


@defect(
    "auth.wrong-input-repeated",
    breaks=["AUTH-09"],
    says="A field that should be text and is not is refused with what was sent in the answer, a password included.",
    partial=True,
    blind=True,
)
def wrong_input_repeated(patch: Patch) -> None:
    def factory(field_error: Function, hit: Hit) -> Function:
        def telling(found: Any) -> Any:
            told = field_error(found)
            if found["type"] == "string_type":
                hit()
                told["detail"] += f", not {found['input']}"
            return told

        return telling

    patch.replace("common.web:field_error", factory)


@defect(
    "auth.members-nobody-promised",
    breaks=["AUTH-60"],
    says="Answers about accounts, profiles, keys, services and second factors tell a member that nobody promised.",
    partial=True,
)
def members_nobody_promised(patch: Patch) -> None:
    def factory(answer: Function, hit: Hit) -> Function:
        def talkative(*arguments: Any, **named: Any) -> Any:
            told = answer(*arguments, **named)
            hit()
            return JSONResponse({**told.model_dump(mode="json"), "revision": 1}, headers={"ETag": '"1"'})

        return talkative

    for endpoint in (
        "users:list_users",
        "users:update_me",
        "apikeys:rotate_api_key",
        "services:list_services",
        "second_factor:confirm",
    ):
        patch.replace(f"auth.routes.{endpoint}", factory)
