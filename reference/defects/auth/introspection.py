"""What services are told of credentials that have ended, and what the log is not told of services."""

from typing import Any

from reference.auth.routes.services import Introspection
from reference.auth.strictjws import Refused
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import mistold, nameless


@defect(
    "auth.service-keeper-untold",
    breaks=["AUTH-244"],
    says="That a service account was made is told without who made it.",
    partial=True,
)
def service_keeper_untold(patch: Patch) -> None:
    nameless(patch, "actor_id", "service.created")


@defect(
    "auth.service-rotation-untold",
    breaks=["AUTH-244"],
    says="That a service got another secret is told as if it were new.",
    partial=True,
)
def service_rotation_untold(patch: Patch) -> None:
    mistold(patch, "service.rotated", "service.created")


@defect(
    "auth.introspection-by-token-alone",
    breaks=["AUTH-245"],
    says="A token is told as good as long as it has not expired, whether its session lasts or not.",
    partial=True,
)
def introspection_by_token_alone(patch: Patch) -> None:
    def factory(introspect: Function, hit: Hit) -> Function:
        def trusting(request: Any, body: Any) -> Any:
            told = introspect(request, body)
            if told.active:
                return told
            try:
                claims = request.app.state.service.verifier.check(body.token)
            except Refused:
                return told
            hit()
            return Introspection(active=True, sub=claims.user_id, token_type="access_token", scope="")

        return trusting

    patch.replace("auth.routes.services:introspect_token", factory)


@defect(
    "auth.introspection-tells-services",
    breaks=["AUTH-245", "AUTH-240"],
    says="The token of a service is told as a good access token.",
    partial=True,
)
def introspection_tells_services(patch: Patch) -> None:
    def factory(introspect: Function, hit: Hit) -> Function:
        def broad(request: Any, body: Any) -> Any:
            told = introspect(request, body)
            if told.active:
                return told
            try:
                found = request.app.state.service.services.check(body.token)
            except Refused:
                return told
            hit()
            return Introspection(active=True, sub=found.service_id, token_type="access_token", scope="")

        return broad

    patch.replace("auth.routes.services:introspect_token", factory)
