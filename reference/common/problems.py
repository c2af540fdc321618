"""Problem documents (RFC 9457): the one form in which any service says no."""

import json
from dataclasses import dataclass, field

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

#: name -> status, title
KINDS = {
    "invalid-request": (422, "A field is missing, unknown or not as promised"),
    "malformed-json": (400, "The body is not JSON that can be read in one way only"),
    "malformed-request": (400, "The request is not HTTP that can be read"),
    "invalid-credentials": (401, "The address or the password is wrong"),
    "email-not-verified": (403, "The address has not been verified"),
    "invalid-token": (401, "The access token is not accepted"),
    "invalid-api-key": (401, "The API key is not accepted"),
    "missing-token": (401, "An access token is needed"),
    "invalid-certificate": (401, "No client certificate that is accepted was proved"),
    "insufficient-scope": (403, "The token does not carry the right that this needs"),
    "invalid-refresh-token": (401, "The refresh token is not accepted"),
    "invalid-verification-token": (422, "The verification token is not accepted"),
    "invalid-reset-token": (422, "The reset token is not accepted"),
    "wrong-password": (403, "The current password is wrong"),
    "wrong-code": (403, "The code is wrong or was used"),
    "invalid-challenge": (401, "The log-in cannot be finished; begin again"),
    "second-factor-present": (409, "There is a second factor already"),
    "second-factor-missing": (409, "There is no second factor that this could be about"),
    "forged-request": (403, "A page of another site may have sent this"),
    "https-required": (403, "This is offered over HTTPS only"),
    "not-found": (404, "There is no such thing"),
    "conflict": (409, "This cannot be done as things are"),
    "precondition-failed": (412, "It has changed since it was read"),
    "method-not-allowed": (405, "Not with this method"),
    "request-timeout": (408, "The request took too long to arrive"),
    "payload-too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body must be application/json"),
    "too-many-requests": (429, "Too many attempts; wait"),
    "service-unavailable": (503, "Something this needs does not answer"),
    "internal-error": (500, "Something went wrong here"),
}

#: What the store alone has to say.
KINDS_OF_STORE = {
    "insufficient-permission": (403, "The token does not allow this"),
    "no-such-schema": (404, "There is no such schema"),
    "invalid-schema": (422, "This is no JSON Schema that can be kept"),
    "schema-violation": (422, "The document is not as its schema says"),
    "stale-version": (412, "The version is another by now"),
    "tampered": (500, "What is stored is not what was written"),
    "key-unavailable": (503, "The key that this is sealed under is not at hand"),
    "storage-full": (507, "There is no room for this"),
}


@dataclass
class Problem(Exception):
    """A refusal by name, with the headers that go with it and what is wrong with which field."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return self.name


def kind(name: str) -> tuple[int, str]:
    """The status and the title of a problem."""
    return KINDS.get(name) or KINDS_OF_STORE[name]


def document(problem: Problem) -> bytes:
    """The body that tells of a problem: nothing of what was sent, nothing of why beyond its name."""
    status, title = kind(problem.name)
    body: dict[str, object] = {"type": f"urn:assay:problem:{problem.name}", "title": title, "status": status}
    if problem.errors:
        body["errors"] = problem.errors
    return json.dumps(body).encode()


def response(problem: Problem) -> Response:
    """The whole answer that tells of a problem."""
    status, _ = kind(problem.name)
    return Response(document(problem), status_code=status, headers=problem.headers, media_type=MEDIA_TYPE)


def unavailable() -> Problem:
    """Something that the service needs does not answer."""
    return Problem("service-unavailable", headers={"Retry-After": "1"})


def of_status(status: int) -> Problem:
    """The problem for an answer that the web framework makes by itself."""
    names = {
        404: "not-found",
        405: "method-not-allowed",
        413: "payload-too-large",
        415: "unsupported-media-type",
    }
    if status in names:
        return Problem(names[status])
    return Problem("internal-error" if status >= 500 else "malformed-request")
