"""Services that get more than they were granted, stay when they were dismissed, or are taken for people."""

from typing import Any

from sqlalchemy import update

from reference.auth import database
from reference.auth.principal import ServicePrincipal
from reference.auth.services import PERMISSIONS, MadeService
from reference.auth.sessions import new_token, token_hash
from reference.auth.strictjws import Refused
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.service-grant-for-the-first",
    breaks=["ACC-16"],
    says="Of the permissions that a service asks for only the first is held against its grant.",
    partial=True,
)
def service_grant_for_the_first(patch: Patch) -> None:
    def factory(prove: Function, hit: Hit) -> Function:
        def generous(self: Any, service_id: str, secret: str) -> Any:
            found = prove(self, service_id, secret)
            return {**found, "permissions": Lenient(found["permissions"], hit)}

        return generous

    patch.replace("auth.services:Services._prove", factory)


class Lenient(list[str]):
    """Permissions that hold whatever is asked after one that they hold."""

    def __init__(self, permissions: list[str], hit: Hit) -> None:
        super().__init__(permissions)
        self._passed, self._hit = False, hit

    def __contains__(self, permission: object) -> bool:
        held = super().__contains__(permission)
        if not held and self._passed:
            self._hit()
            return True
        self._passed = held
        return held


@defect(
    "auth.service-token-for-all",
    breaks=["ACC-16"],
    says="The token of a service does what the service was granted, not only what it was asked for.",
    partial=True,
)
def service_token_for_all(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def generous(self: Any, token: str) -> Any:
            found = check(self, token)
            with self._database.transaction() as connection:
                granted = tuple(self._find(connection, found.service_id)["permissions"])
            if granted != found.granted:
                hit()
            return ServicePrincipal(found.service_id, found.name, granted, found.expires_at)

        return generous

    patch.replace("auth.services:Services.check", factory)


@defect(
    "auth.service-token-for-an-hour",
    breaks=["ACC-16", "AUTH-246"],
    says="The token of a service lives for an hour.",
)
def service_token_for_an_hour(patch: Patch) -> None:
    patch.setting("service_token_lifetime", 3600)
    patch.counts("auth.services:Services.issue")


@defect(
    "auth.service-token-never-ends",
    breaks=["AUTH-246"],
    says="The expiry of tokens of services is not looked at.",
)
def service_token_never_ends(patch: Patch) -> None:
    def factory(check_times: Function, hit: Hit) -> Function:
        def lenient(self: Any, claims: Any) -> None:
            if "sid" in claims:
                check_times(self, claims)
            else:
                hit()

        return lenient

    patch.replace("auth.tokens:Verifier.check_times", factory)


@defect(
    "auth.administrator-as-service",
    breaks=["AUTH-240"],
    says="The token of an administrator does where services alone may ask.",
    partial=True,
)
def administrator_as_service(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def lenient(self: Any, token: str) -> Any:
            try:
                return check(self, token)
            except Refused:
                claims = self._verifier.check(token)
                if "users:manage" not in claims.permissions:
                    raise
                hit()
                return ServicePrincipal("administrator", "Administrator", PERMISSIONS, claims.expires_at)

        return lenient

    patch.replace("auth.services:Services.check", factory)


@defect(
    "auth.service-lists-users",
    breaks=["AUTH-240", "AUTH-207"],
    says="A service that may read accounts lists them where people ask.",
    partial=True,
)
def service_lists_users(patch: Patch) -> None:
    def factory(admitted: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> Any:
            service = request.app.state.service
            try:
                return admitted(request)
            except problems.Problem as problem:
                presented = request.headers.get("authorization", "").rpartition(" ")[2]
                if request.scope["route"].name != "listUsers" or problem.name != "invalid-token":
                    raise
                try:
                    asking = service.services.check(presented)
                except Refused:
                    raise problem from None
                if "users:read" not in asking.granted:
                    raise
                hit()
                return service, asking

        return lenient

    patch.replace("auth.endpoints:admitted", factory)


@defect(
    "auth.service-secret-by-its-beginning",
    breaks=["AUTH-241"],
    says="What follows the secret of a service is not looked at.",
    partial=True,
)
def service_secret_by_its_beginning(patch: Patch) -> None:
    def factory(prove: Function, hit: Hit) -> Function:
        def short(self: Any, service_id: str, secret: str) -> Any:
            if len(secret) > 43:
                hit()
            return prove(self, service_id, secret[:43])

        return short

    patch.replace("auth.services:Services._prove", factory)


@defect(
    "auth.revoked-service-told",
    breaks=["AUTH-241"],
    says="A service that was revoked and knows its secret is told that it is gone.",
    partial=True,
)
def revoked_service_told(patch: Patch) -> None:
    def factory(prove: Function, hit: Hit) -> Function:
        def telling(self: Any, service_id: str, secret: str) -> Any:
            try:
                return prove(self, service_id, secret)
            except problems.Problem as problem:
                with self._database.transaction() as connection:
                    found = self._find(connection, service_id)
                if found is not None and found["secret_hash"] == token_hash(secret):
                    hit()
                    problem.name = "not-found"
                raise

        return telling

    patch.replace("auth.services:Services._prove", factory)


@defect(
    "auth.service-guesses-stop-all",
    breaks=["AUTH-241"],
    says="Wrong secrets are counted for all services together.",
    partial=True,
)
def service_guesses_stop_all(patch: Patch) -> None:
    def factory(pair: Function, hit: Hit) -> Function:
        def shared(self: Any, email: str, address: str | None) -> Any:
            if not email.startswith("service:"):
                return pair(self, email, address)
            hit()
            return pair(self, "service:", address)

        return shared

    patch.replace("auth.throttle:Throttle.pair", factory)


@defect(
    "auth.service-guesses-unlimited",
    breaks=["AUTH-241"],
    says="Wrong secrets of services are not counted.",
)
def service_guesses_unlimited(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def uncounted(self: Any, email: str, address: str | None, known_address: bool) -> Any:
            attempt = begin(self, email, address, known_address)
            if email.startswith("service:"):
                hit()
                self.succeeded(attempt)
            return attempt

        return uncounted

    patch.replace("auth.throttle:Throttle.begin", factory)


@defect(
    "auth.service-secret-before",
    breaks=["AUTH-242"],
    says="The secret of a service that was replaced works until the next start.",
    partial=True,
)
def service_secret_before(patch: Patch) -> None:
    before: dict[str, str] = {}

    def remembering(rotate: Function, _hit: Hit) -> Function:
        def kept(self: Any, actor: Any, service_id: str) -> Any:
            with self._database.transaction() as connection:
                found = self._find(connection, service_id)
            made = rotate(self, actor, service_id)
            before[f"{service_id} {found['secret_hash']}"] = made.secret
            return made

        return kept

    def factory(prove: Function, hit: Hit) -> Function:
        def lenient(self: Any, service_id: str, secret: str) -> Any:
            newer = before.get(f"{service_id} {token_hash(secret)}")
            if newer is None:
                return prove(self, service_id, secret)
            hit()
            return prove(self, service_id, newer)

        return lenient

    patch.replace("auth.services:Services.rotate", remembering)
    patch.replace("auth.services:Services._prove", factory)


@defect(
    "auth.service-secret-in-clear",
    breaks=["AUTH-242"],
    says="The secret that takes the place of another is kept as it is, beside its hash.",
    partial=True,
)
def service_secret_in_clear(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def keeping(self: Any, actor: Any, service_id: str) -> Any:
            made = rotate(self, actor, service_id)
            hit()
            self._change(service_id, {"name": made.secret})
            return made

        return keeping

    patch.replace("auth.services:Services.rotate", factory)


@defect(
    "auth.revoked-service-goes-on",
    breaks=["AUTH-243"],
    says="A service that was revoked gets no token, and those that it has go on.",
    partial=True,
)
def revoked_service_goes_on(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        known: dict[str, Any] = {}

        def lenient(self: Any, token: str) -> Any:
            try:
                known[token] = check(self, token)
            except Refused as refused:
                if refused.reason != "service-revoked" or token not in known:
                    raise
                hit()
            return known[token]

        return lenient

    patch.replace("auth.services:Services.check", factory)


@defect(
    "auth.service-id-given-again",
    breaks=["AUTH-243"],
    says="The id of a service that was revoked is given to the next who asks for it.",
    partial=True,
)
def service_id_given_again(patch: Patch) -> None:
    def factory(create: Function, hit: Hit) -> Function:
        def reviving(self: Any, actor: Any, service_id: str, name: str, permissions: Any) -> Any:
            services, secret = database.services, new_token()
            ended = (services.c.id == service_id) & services.c.revoked_at.is_not(None)
            values = {"revoked_at": None, "name": name, "secret_hash": token_hash(secret)}
            with self._database.transaction() as connection:
                revived = update(services).where(ended).values(values).returning(services)
                row = connection.execute(revived).mappings().first()
            if row is None:
                return create(self, actor, service_id, name, permissions)
            hit()
            return MadeService(row, secret)

        return reviving

    patch.replace("auth.services:Services.create", factory)
