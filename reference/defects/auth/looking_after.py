"""Accounts, keys and services that are looked after with one case forgotten, one step too early or one too late."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import any_, func, select, update

from reference.auth import apikeys, roles, strictjws
from reference.auth.database import api_keys, users
from reference.auth.database import sessions as session_table
from reference.auth.routes.services import good
from reference.auth.services import is_name
from reference.auth.sessions import token_hash
from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect

_LARGEST_PAGE = 100
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


@defect(
    "auth.rotation-renews-expiry",
    breaks=["ACC-14", "AUTH-196"],
    says="A key that expires lives as long again, counted from its rotation.",
    partial=True,
    blind=True,
)
def rotation_renews_expiry(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def renewing(self: Any, owner: Any, key_id: str, overlap: int | None) -> Any:
            made = rotate(self, owner, key_id, overlap)
            if made.row["expires_at"] is None:
                return made
            hit()
            end = clock.now() + (made.row["expires_at"] - made.row["created_at"])
            with self._database.transaction() as connection:
                row = self._change(connection, key_id, {"expires_at": end})
            return dataclasses.replace(made, row=row)

        return renewing

    patch.replace("auth.apikeys:ApiKeys.rotate", factory)


@defect(
    "auth.second-rotation-keeps-the-first",
    breaks=["AUTH-196"],
    says="A key that is rotated twice within the overlap goes on taking its first secret instead of the second.",
    partial=True,
    blind=True,
)
def second_rotation_keeps_the_first(patch: Patch) -> None:
    def factory(change: Function, hit: Hit) -> Function:
        def keeping(connection: Any, key_id: str, values: dict[str, Any]) -> Any:
            query = select(api_keys.c.previous_hash, api_keys.c.previous_until)
            before = connection.execute(query.where(api_keys.c.id == key_id)).mappings().one()
            until = before["previous_until"]
            if not values.get("previous_hash") or until is None or until <= clock.now():
                return change(connection, key_id, values)
            hit()
            return change(connection, key_id, {**values, **before})

        return keeping

    patch.replace("auth.apikeys:ApiKeys._change", factory)


@defect(
    "auth.switched-off-keys-not-counted",
    breaks=["AUTH-205"],
    says="Keys that are switched off do not count for how many a person may have.",
    partial=True,
    blind=True,
)
def switched_off_keys_not_counted(patch: Patch) -> None:
    def factory(check_room: Function, hit: Hit) -> Function:
        def roomy(self: Any, connection: Any, user_id: str) -> None:
            limit, kept = self._settings.api_key_limit, api_keys.c.revoked_at.is_(None)
            whose = (api_keys.c.user_id == user_id) & kept
            connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
            held = connection.scalar(select(func.count()).where(whose))
            switched_on = connection.scalar(select(func.count()).where(whose, ~api_keys.c.disabled))
            if not switched_on < limit <= held:
                check_room(self, connection, user_id)
                return
            hit()

        return roomy

    patch.replace("auth.apikeys:ApiKeys._check_room", factory)


@defect(
    "auth.key-revoked-before-whose",
    breaks=["AUTH-204", "AUTH-208"],
    says="A key of somebody else is revoked before it is seen whose it is; the answer is that there is none.",
    partial=True,
    blind=True,
)
def key_revoked_before_whose(patch: Patch) -> None:
    def factory(revoke: Function, hit: Hit) -> Function:
        def hasty(self: Any, owner: Any, key_id: str) -> None:
            if strictjws.is_identifier(key_id):
                others = (api_keys.c.id == key_id) & (api_keys.c.user_id != owner.user_id)
                ending = update(api_keys).where(others, api_keys.c.revoked_at.is_(None))
                with self._database.transaction() as connection:
                    if connection.execute(ending.values(revoked_at=clock.now())).rowcount:
                        hit()
            revoke(self, owner, key_id)

        return hasty

    patch.replace("auth.apikeys:ApiKeys.revoke", factory)


@defect(
    "auth.use-of-key-noted-once",
    breaks=["AUTH-203"],
    says="When a key was used last is noted at its first use and never again.",
    partial=True,
    blind=True,
)
def use_of_key_noted_once(patch: Patch) -> None:
    def factory(note_use: Function, hit: Hit) -> Function:
        def once(connection: Any, found: Any, now: datetime) -> None:
            last = found["last_used_at"]
            if last is None:
                note_use(connection, found, now)
            elif last <= now - _USE_IS_NOTED_EVERY:
                hit()

        return once

    patch.replace("auth.apikeys:ApiKeys._note_use", factory)


@defect(
    "auth.shutting-out-switches-keys-off",
    breaks=["AUTH-198"],
    says="Keys of an account that is shut out are switched off, and stay so when it is let in again.",
    partial=True,
    blind=True,
)
def shutting_out_switches_keys_off(patch: Patch) -> None:
    def factory(disable: Function, hit: Hit) -> Function:
        def thorough(self: Any, actor: Any, user_id: str) -> Any:
            changed = disable(self, actor, user_id)
            working = (api_keys.c.user_id == user_id) & api_keys.c.revoked_at.is_(None) & ~api_keys.c.disabled
            with self._database.transaction() as connection:
                if connection.execute(update(api_keys).where(working).values(disabled=True)).rowcount:
                    hit()
            return changed

        return thorough

    patch.replace("auth.members:Members.disable", factory)


@defect(
    "auth.shut-out-filter-ignored",
    breaks=["AUTH-191"],
    says="A list of the accounts that are shut out has those that are not as well.",
    partial=True,
    blind=True,
)
def shut_out_filter_ignored(patch: Patch) -> None:
    def factory(conditions: Function, hit: Hit) -> Function:
        def truthy(self: Any) -> Any:
            if self.is_active is not False:
                return conditions(self)
            hit()
            return conditions(dataclasses.replace(self, is_active=None))

        return truthy

    patch.replace("auth.members:Wanted.conditions", factory)


@defect(
    "auth.shut-out-administrators-counted",
    breaks=["AUTH-188"],
    says="The last administrator can be made an ordinary user while another is there who is shut out.",
    partial=True,
    blind=True,
)
def shut_out_administrators_counted(patch: Patch) -> None:
    can_manage = any_(users.c.permissions) == roles.MANAGE_USERS

    def factory_managing(managing: Function, _hit: Hit) -> Function:
        def all_of_them(connection: Any) -> set[str]:
            active: set[str] = managing(connection)
            return active.union(connection.scalars(select(users.c.id).where(can_manage)))

        return all_of_them

    def factory_set_role(set_role: Function, hit: Hit) -> Function:
        def to_the_last(self: Any, actor: Any, user_id: str, role: str) -> Any:
            changed = set_role(self, actor, user_id, role)
            with self._database.transaction() as connection:
                if connection.scalar(select(users.c.id).where(can_manage, users.c.is_active)) is None:
                    hit()
            return changed

        return to_the_last

    patch.replace("auth.members:Members.managing", factory_managing)
    patch.replace("auth.members:Members.set_role", factory_set_role)


@defect(
    "auth.enabling-revives-sessions",
    breaks=["AUTH-189"],
    says="Sessions that ended because an account was shut out can be renewed when it is let in again.",
    partial=True,
    blind=True,
)
def enabling_revives_sessions(patch: Patch) -> None:
    def factory(enable: Function, hit: Hit) -> Function:
        def reviving(self: Any, actor: Any, user_id: str) -> Any:
            changed = enable(self, actor, user_id)
            ended = (session_table.c.user_id == user_id) & (session_table.c.end_reason == "disabled")
            living = {"is_active": True, "revoked_at": None, "end_reason": None}
            with self._database.transaction() as connection:
                if connection.execute(update(session_table).where(ended).values(living)).rowcount:
                    hit()
            return changed

        return reviving

    patch.replace("auth.members:Members.enable", factory)


@defect(
    "auth.role-waits-for-log-in",
    breaks=["AUTH-186", "AUTH-185"],
    says="What a role adds does not come by renewing a session, only with another log-in.",
    partial=True,
    blind=True,
)
def role_waits_for_log_in(patch: Patch) -> None:
    begun_with: dict[str, tuple[str, ...]] = {}

    def factory_begin(begin: Function, _hit: Hit) -> Function:
        def noting(
            self: Any, user_id: str, permissions: Any, device_id: str | None, hashed_password: str
        ) -> Any:
            begun = begin(self, user_id, permissions, device_id, hashed_password)
            begun_with[begun.session_id] = begun.permissions
            return begun

        return noting

    def factory_renew(renew: Function, hit: Hit) -> Function:
        def as_begun(self: Any, token: str) -> Any:
            renewed = renew(self, token)
            known = begun_with.get(renewed.session_id, renewed.permissions)
            held = tuple(one for one in renewed.permissions if one in known)
            if held == renewed.permissions:
                return renewed
            hit()
            return dataclasses.replace(renewed, permissions=held)

        return as_begun

    patch.replace("auth.sessions:Sessions.begin", factory_begin)
    patch.replace("auth.sessions:Sessions.renew", factory_renew)


@defect(
    "auth.largest-page-is-the-last",
    breaks=["REST-09"],
    says="A page of the largest size has no cursor, however many accounts come after it.",
    partial=True,
    blind=True,
)
def largest_page_is_the_last(patch: Patch) -> None:
    def factory(list_: Function, hit: Hit) -> Function:
        def bounded(self: Any, wanted: Any, limit: int, cursor: str | None) -> Any:
            page, following = list_(self, wanted, limit, cursor)
            if limit < _LARGEST_PAGE or following is None:
                return page, following
            hit()
            return page, None

        return bounded

    patch.replace("auth.members:Members.list", factory)


@defect(
    "auth.state-to-the-second",
    breaks=["REST-11"],
    says="The tag of a profile says in which second its name was changed: two changes in one second are one state.",
    partial=True,
    blind=True,
)
def state_to_the_second(patch: Patch) -> None:
    changed_in: dict[str, int] = {}

    def factory_update(update_profile: Function, hit: Hit) -> Function:
        def timing(
            self: Any, user_id: str, full_name: str | None, accepts: Function, key_id: str | None = None
        ) -> Any:
            user = update_profile(self, user_id, full_name, accepts, key_id)
            second = int(clock.seconds())
            if changed_in.get(user_id) == second:
                hit()
            changed_in[user_id] = second
            return user

        return timing

    def factory_version(version: Function, _hit: Hit) -> Function:
        def timed(answer: Any) -> Any:
            return version(answer.model_copy(update={"full_name": str(changed_in.get(answer.id))}))

        return timed

    patch.replace("auth.accounts:Accounts.update_profile", factory_update)
    patch.replace("auth.endpoints:version", factory_version)


@defect(
    "auth.introspection-tells-scopes-given",
    breaks=["AUTH-245"],
    says="A service is told the scopes that a key was given, also those that its owner's role no longer permits.",
    partial=True,
    blind=True,
)
def introspection_tells_scopes_given(patch: Patch) -> None:
    def factory(introspect_token: Function, hit: Hit) -> Function:
        def as_given(request: Any, body: Any) -> Any:
            answer = introspect_token(request, body)
            if not answer.active or answer.token_type != "api_key":
                return answer
            query = select(api_keys.c.scopes).where(api_keys.c.prefix == apikeys.prefix_of(body.token))
            with request.app.state.service.api_keys._database.transaction() as connection:
                scopes = connection.scalar(query)
            given = good("api_key", answer.sub, [*apikeys.NEEDED] if "admin" in scopes else scopes)
            if given != answer:
                hit()
            return given

        return as_given

    patch.replace("auth.routes.services:introspect_token", factory)


@defect(
    "auth.grant-told-without-secret",
    breaks=["AUTH-241"],
    says="Asking for more than a service was granted is refused as such before its secret is looked at.",
    partial=True,
    blind=True,
)
def grant_told_without_secret(patch: Patch) -> None:
    def factory(issue: Function, hit: Hit) -> Function:
        def hasty(self: Any, service_id: str, secret: str, requested: Any) -> Any:
            with self._database.transaction() as connection:
                found = self._find(connection, service_id) if is_name(service_id) else None
            if found is None or found["revoked_at"] or found["secret_hash"] == token_hash(secret):
                return issue(self, service_id, secret, requested)
            if set(requested) <= set(found["permissions"]):
                return issue(self, service_id, secret, requested)
            hit()
            self._log.failure("service-token.refused", "beyond-the-grant", service_id=service_id)
            header = f'Bearer error="insufficient_scope", scope="{" ".join(found["permissions"])}"'
            raise problems.Problem("insufficient-scope", headers={"WWW-Authenticate": header})

        return hasty

    patch.replace("auth.services:Services.issue", factory)
