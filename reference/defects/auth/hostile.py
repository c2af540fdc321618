"""Fields in which a text is more than a text."""

import re
import time
from typing import Any

from reference.auth import schemas
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect

_SLEEP = re.compile(r"pg_sleep\((\d{1,3})\)")
_LONGEST = 30  # seconds; no one waits longer
_PRODUCT = re.compile(r"\{\{\s*(\d{1,18})\s*\*\s*(\d{1,18})\s*\}\}")


@defect(
    "auth.device-waits",
    breaks=["AUTH-212"],
    says="The name of a device is part of a query: one that asks the database to wait makes the log-in wait.",
    partial=True,
)
def device_waits(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def waiting(request: Any, body: schemas.LogInRequest) -> Any:
            if found := _SLEEP.search(body.device_id or ""):
                hit()
                time.sleep(min(int(found[1]), _LONGEST))
            return log_in(request, body)

        return waiting

    patch.replace("auth.endpoints:log_in", factory)


@defect(
    "auth.quote-in-session-breaks",
    breaks=["AUTH-212"],
    says="The id of a session to end with a quote in it ends in a server error.",
    partial=True,
)
def quote_in_session_breaks(patch: Patch) -> None:
    def factory(end_session: Function, hit: Hit) -> Function:
        def breaking(request: Any, session_id: str) -> Any:
            if "'" in session_id:
                hit()
                raise ValueError("syntax error at or near the quote")
            return end_session(request, session_id)

        return breaking

    patch.replace("auth.endpoints:end_session", factory)


@defect(
    "auth.template-in-device",
    breaks=["AUTH-213"],
    says="The name of a device is a template: what stands in double braces is worked out.",
    partial=True,
)
def template_in_device(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def worked_out(request: Any, body: schemas.LogInRequest) -> Any:
            template = body.device_id or ""
            worked = _PRODUCT.sub(lambda found: str(int(found[1]) * int(found[2])), template)
            if worked != template:
                hit()
                body.device_id = worked
            return log_in(request, body)

        return worked_out

    patch.replace("auth.endpoints:log_in", factory)


@defect(
    "auth.refused-address-repeated",
    breaks=["AUTH-213"],
    says="An address that is none is repeated in the refusal.",
    partial=True,
)
def refused_address_repeated(patch: Patch) -> None:
    def factory(require: Function, hit: Hit) -> Function:
        def telling(address: str) -> Any:
            try:
                return require(address)
            except problems.Problem as problem:
                hit()
                problem.errors = [{"field": "email", "detail": f"{address} is no e-mail address"}]
                raise

        return telling

    patch.replace("auth.addresses:require", factory)


@defect(
    "auth.names-folded",
    breaks=["AUTH-214"],
    says="The name of a device is kept in another form of Unicode than it was sent in.",
    partial=True,
)
def names_folded(patch: Patch) -> None:
    import unicodedata

    def factory(log_in: Function, hit: Hit) -> Function:
        def folded(request: Any, body: schemas.LogInRequest) -> Any:
            form = unicodedata.normalize("NFKC", body.device_id or "")
            if body.device_id and form != body.device_id and len(form) <= 100:
                hit()
                body.device_id = form
            return log_in(request, body)

        return folded

    patch.replace("auth.endpoints:log_in", factory)


@defect(
    "auth.joiners-refused",
    breaks=["AUTH-214"],
    says="A name with a joiner, as several scripts and families of faces need, is refused.",
    partial=True,
)
def joiners_refused(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def refusing(request: Any, body: schemas.LogInRequest) -> Any:
            if "\u200d" in (body.device_id or ""):
                hit()
                raise problems.Problem(
                    "invalid-request", errors=[{"field": "device_id", "detail": "is not readable"}]
                )
            return log_in(request, body)

        return refusing

    patch.replace("auth.endpoints:log_in", factory)


@defect(
    "auth.refusal-tells-the-query",
    breaks=["REST-12"],
    says="A text with a quote and a dash in the place of an address is refused with the query that it broke.",
    partial=True,
)
def refusal_tells_the_query(patch: Patch) -> None:
    def factory(require: Function, hit: Hit) -> Function:
        def telling(address: str) -> Any:
            try:
                return require(address)
            except problems.Problem as problem:
                if "'" in address:
                    hit()
                    detail = "SELECT id FROM auth_users WHERE email = $1"
                    problem.errors = [{"field": "email", "detail": detail}]
                raise

        return telling

    patch.replace("auth.addresses:require", factory)
