"""API keys that do more than their scopes, than the role of their owner, or for others than their owner."""

import time
from typing import Any

from sqlalchemy import select, update

from reference.auth.apikeys import NEEDED, prefix_of
from reference.auth.database import api_keys
from reference.auth.principal import Principal
from reference.auth.sessions import invalid_token
from reference.auth.strictjws import Refused
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect


def _granting(patch: Patch, grant: Any) -> None:
    """Changes which scopes a key is granted: grant(scopes as they are, what the database has of the key)."""

    def factory(granted: Function, hit: Hit) -> Function:
        def generous(found: Any) -> Any:
            held = granted(found)
            changed = tuple(grant(held, found))
            if changed != held:
                hit()
            return changed

        return generous

    patch.replace("auth.apikeys:ApiKeys.granted", factory)


@defect(
    "auth.key-write-reads",
    breaks=["ACC-15"],
    says="A key for writing reads as well.",
    partial=True,
)
def key_write_reads(patch: Patch) -> None:
    _granting(patch, lambda held, _: [*held, *(["read"] if held == ("write",) else [])])


@defect(
    "auth.key-read-write-administers",
    breaks=["ACC-15"],
    says="An administrator's key for reading and writing administers too.",
    partial=True,
)
def key_read_write_administers(patch: Patch) -> None:
    def grant(held: Any, found: Any) -> Any:
        both = held == ("read", "write") and NEEDED["admin"] in found["permissions"]
        return (*held, "admin") if both else held

    _granting(patch, grant)


@defect(
    "auth.key-outlives-role",
    breaks=["AUTH-200"],
    says="A key keeps the scope of administration when its owner loses the role.",
    partial=True,
)
def key_outlives_role(patch: Patch) -> None:
    _granting(patch, lambda held, found: NEEDED if "admin" in found["scopes"] else held)


@defect(
    "auth.key-beyond-role",
    breaks=["AUTH-200"],
    says="Of the scopes of a new key only the first is held against the role of its owner.",
    partial=True,
)
def key_beyond_role(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def short(self: Any, owner: Any, scopes: Any) -> None:
            if len(scopes) > 1:
                hit()
            check(self, owner, scopes[:1])

        return short

    patch.replace("auth.apikeys:ApiKeys._check_scopes", factory)


@defect(
    "auth.key-rotates-keys",
    breaks=["AUTH-201"],
    says="A key for administration rotates keys of its owner.",
    partial=True,
)
def key_rotates_keys(patch: Patch) -> None:
    def factory(admitted: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> Any:
            service = request.app.state.service
            presented = request.headers.get("x-api-key")
            if request.scope["route"].name != "rotateApiKey" or presented is None:
                return admitted(request)
            hit()
            return service, service.api_keys.check(presented)

        return lenient

    patch.replace("auth.endpoints:admitted", factory)


@defect(
    "auth.two-credentials-taken",
    breaks=["AUTH-202"],
    says="Where an operation takes no keys, one beside a token is ignored.",
    partial=True,
)
def two_credentials_taken(patch: Patch) -> None:
    def factory(one: Function, hit: Hit) -> Function:
        def lenient(self: Any, request: Any) -> None:
            if request.scope["route"].name in ("listSessions", "listApiKeys"):
                hit()
                return
            one(self, request)

        return lenient

    patch.replace("auth.access:Access._one_credential", factory)


@defect(
    "auth.key-of-anybody-switched",
    breaks=["AUTH-204"],
    says="A key is switched off by whoever knows its id.",
    partial=True,
)
def key_of_anybody_switched(patch: Patch) -> None:
    def factory(change: Function, hit: Hit) -> Function:
        def open_to_all(self: Any, owner: Any, key_id: str, values: Any) -> Any:
            with self._database.transaction() as connection:
                whose = connection.scalar(select(api_keys.c.user_id).where(api_keys.c.id == key_id))
            if whose is None or whose == owner.user_id:
                return change(self, owner, key_id, values)
            hit()
            return change(self, Principal(whose, owner.granted), key_id, values)

        return open_to_all

    patch.replace("auth.apikeys:ApiKeys.change", factory)


@defect(
    "auth.key-limit-counted-before",
    breaks=["AUTH-205"],
    says="Keys are counted before they are made, not while, so that several at once pass the limit.",
    partial=True,
)
def key_limit_counted_before(patch: Patch) -> None:
    def factory_hold(_hold: Function, _hit: Hit) -> Function:
        def unheld(self: Any, _connection: Any, _user_id: str, session_id: str) -> None:
            if self.get(session_id) is None:
                raise invalid_token()

        return unheld

    def factory(room: Function, hit: Hit) -> Function:
        def unheld(self: Any, connection: Any, user_id: str) -> None:
            if len(self.list(user_id)) >= self._settings.api_key_limit:
                room(self, connection, user_id)
            hit()
            time.sleep(0.2)

        return unheld

    patch.replace("auth.sessions:Sessions.hold", factory_hold)
    patch.replace("auth.apikeys:ApiKeys._check_room", factory)


@defect(
    "auth.refused-key-used",
    breaks=["AUTH-203"],
    says="A key that is switched off and tried counts as used.",
    partial=True,
)
def refused_key_used(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        def noting(self: Any, secret: str) -> Any:
            try:
                return check(self, secret)
            except Refused as refused:
                if refused.reason == "key-disabled":
                    hit()
                    with self._database.transaction() as connection:
                        used = update(api_keys).where(api_keys.c.prefix == prefix_of(secret))
                        connection.execute(used.values(last_used_at=clock.now()))
                raise

        return noting

    patch.replace("auth.apikeys:ApiKeys.check", factory)


@defect(
    "auth.key-rotation-untold",
    breaks=["AUTH-206"],
    says="That a key was rotated is not told in the security log.",
    partial=True,
)
def key_rotation_untold(patch: Patch) -> None:
    def factory(tell: Function, hit: Hit) -> Function:
        def selective(self: Any, event: str, owner: Any, row: Any) -> None:
            if event == "api-key.rotated":
                hit()
                return
            tell(self, event, owner, row)

        return selective

    patch.replace("auth.apikeys:ApiKeys._tell", factory)
