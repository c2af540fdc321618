"""Faults at the two ends of an account: asked for, confirmed and mailed at first, taken along and deleted at last."""

import logging
import math
import time
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from fastapi.responses import JSONResponse
from sqlalchemy import delete, exists, select, update

from reference.auth import mail
from reference.auth.database import outbox, reset_tokens, session_places, sessions, users
from reference.auth.endpoints import authenticated
from reference.auth.routes.deletion import AccountExport
from reference.auth.sessions import token_hash
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.export-of-a-minute-ago",
    breaks=["AUTH-179"],
    says="Within a minute of one export, another tells the same, whatever has been kept of the account since.",
    partial=True,
    blind=True,
)
def export_of_a_minute_ago(patch: Patch) -> None:
    told: dict[str, tuple[float, Any]] = {}

    def factory(of: Function, hit: Hit) -> Function:
        def remembering(self: Any, user_id: str) -> Any:
            since, before = told.get(user_id, (-math.inf, None))
            if time.monotonic() - since < 60:
                hit()
                return before
            found = of(self, user_id)
            if found is not None:
                told[user_id] = time.monotonic(), found
            return found

        return remembering

    patch.replace("auth.export:Export.of", factory)


@defect(
    "auth.export-tells-places-of-others",
    breaks=["AUTH-179"],
    says="An export tells of every session that was used from a place that its owner used too, whoever's it is.",
    partial=True,
    blind=True,
)
def export_tells_places_of_others(patch: Patch) -> None:
    def factory(of: Function, hit: Hit) -> Function:
        def by_place(self: Any, user_id: str) -> Any:
            found = of(self, user_id)
            if found is None:
                return None
            own = select(sessions.c.id).where(sessions.c.user_id == user_id)
            used = select(session_places.c.place).where(session_places.c.session_id.in_(own))
            with self._database.transaction() as connection:
                query = self._select(session_places).where(session_places.c.place.in_(used))
                places = self._rows(connection, query)
            if len(places) > len(found["places"]):
                hit()
            return {**found, "places": places}

        return by_place

    patch.replace("auth.export:Export.of", factory)


@defect(
    "auth.export-cacheable",
    breaks=["AUTH-20"],
    says="An export may be stored in the caches of browsers for a minute, so that it can be downloaded again.",
    partial=True,
    blind=True,
)
def export_cacheable(patch: Patch) -> None:
    def factory(export_account: Function, hit: Hit) -> Function:
        def kept(request: Any) -> Any:
            answer = export_account(request)
            hit()
            headers = {"Cache-Control": "private, max-age=60"}
            return JSONResponse(answer.model_dump(mode="json"), headers=headers)

        return kept

    patch.replace("auth.routes.deletion:export_account", factory)


@defect(
    "auth.export-again-unrecorded",
    breaks=["AUTH-181"],
    says="Of the exports of one session the security log tells the first only.",
    partial=True,
    blind=True,
)
def export_again_unrecorded(patch: Patch) -> None:
    recorded: set[str] = set()

    def factory(export_account: Function, hit: Hit) -> Function:
        def once(request: Any) -> Any:
            service, claims = authenticated(request)
            if claims.session_id not in recorded:
                recorded.add(claims.session_id)
                return export_account(request)
            found = service.export.of(claims.user_id)
            if found is None:
                raise service.access.refusal("user-inactive")
            hit()
            return AccountExport(exported_at=clock.now(), **found)

        return once

    patch.replace("auth.routes.deletion:export_account", factory)


@defect(
    "auth.deletion-trims-the-password",
    breaks=["AUTH-170"],
    says="A deletion takes the password without the spaces around it, given by mistake or not.",
    partial=True,
    blind=True,
)
def deletion_trims_the_password(patch: Patch) -> None:
    def factory(delete_own: Function, hit: Hit) -> Function:
        def trimming(self: Any, user_id: str, current: str) -> Any:
            if current != current.strip():
                hit()
            return delete_own(self, user_id, current.strip())

        return trimming

    patch.replace("auth.deletion:Deletion.delete_own", factory)


@defect(
    "auth.deletion-guesses-by-session",
    breaks=["AUTH-177"],
    says="Wrong guesses of the password at a deletion are limited for each session by itself.",
    partial=True,
    blind=True,
)
def deletion_guesses_by_session(patch: Patch) -> None:
    asking: ContextVar[str | None] = ContextVar("asking", default=None)
    guessing: dict[str, set[str]] = {}

    def factory_endpoint(delete_account: Function, _hit: Hit) -> Function:
        def noting(request: Any, body: Any) -> Any:
            _, claims = authenticated(request)
            before = asking.set(claims.session_id)
            try:
                return delete_account(request, body)
            finally:
                asking.reset(before)

        return noting

    def factory_guesses(guesses: Function, hit: Hit) -> Function:
        def apart(self: Any, user_id: str) -> Any:
            session_id = asking.get()
            if session_id is None:
                return guesses(self, user_id)
            known = guessing.setdefault(user_id, set())
            known.add(session_id)
            if len(known) > 1:
                hit()
            return guesses(self, f"{user_id}:{session_id}")

        return apart

    patch.replace("auth.routes.deletion:delete_account", factory_endpoint)
    patch.replace("auth.throttle:Throttle.guesses", factory_guesses)


@defect(
    "auth.refused-deletion-voids-resets",
    breaks=["AUTH-170"],
    says="A deletion that is refused for its password voids the reset token that was mailed to the account before.",
    partial=True,
    blind=True,
)
def refused_deletion_voids_resets(patch: Patch) -> None:
    def factory(prove: Function, hit: Hit) -> Function:
        def clearing(self: Any, user_id: str, hashed: str, current: str) -> None:
            unused = (reset_tokens.c.user_id == user_id) & reset_tokens.c.used_at.is_(None)
            with self._database.transaction() as connection:
                pending = connection.scalar(select(exists().where(unused)))
                mail.void_resets(connection, user_id)
            if pending and not self._passwords.matches(hashed, current):
                hit()
            prove(self, user_id, hashed, current)

        return clearing

    patch.replace("auth.deletion:Deletion._prove", factory)


@defect(
    "auth.rights-inherited-with-address",
    breaks=["AUTH-176"],
    says="A role stays with the address it was given to: a new account after a deletion has the rights of the old.",
    partial=True,
    blind=True,
)
def rights_inherited_with_address(patch: Patch) -> None:
    given: dict[str, list[str]] = {}

    def factory_role(set_role: Function, _hit: Hit) -> Function:
        def noting(self: Any, actor: Any, user_id: str, role: str) -> Any:
            changed = set_role(self, actor, user_id, role)
            given[changed["email"]] = [*changed["permissions"]]
            return changed

        return noting

    def factory_reserve(reserve: Function, hit: Hit) -> Function:
        def inheriting(self: Any, connection: Any, address: str, hashed: str, full_name: Any) -> Any:
            user_id, verified = reserve(self, connection, address, hashed, full_name)
            rights = given.get(address)
            if rights is not None and not verified:
                other = (users.c.id == user_id) & (users.c.permissions != rights)
                if connection.execute(update(users).where(other).values(permissions=rights)).rowcount:
                    hit()
            return user_id, verified

        return inheriting

    patch.replace("auth.members:Members.set_role", factory_role)
    patch.replace("auth.accounts:Accounts._reserve", factory_reserve)


@defect(
    "auth.sign-up-again-renames",
    breaks=["AUTH-06"],
    says="Signing up an address that has an account gives the account the name that was told this time.",
    partial=True,
    blind=True,
)
def sign_up_again_renames(patch: Patch) -> None:
    def factory(reserve: Function, hit: Hit) -> Function:
        def renaming(self: Any, connection: Any, address: str, hashed: str, full_name: Any) -> Any:
            user_id, verified = reserve(self, connection, address, hashed, full_name)
            if verified and full_name is not None:
                other = (users.c.id == user_id) & users.c.full_name.is_distinct_from(full_name)
                if connection.execute(update(users).where(other).values(full_name=full_name)).rowcount:
                    hit()
            return user_id, verified

        return renaming

    patch.replace("auth.accounts:Accounts._reserve", factory)


@defect(
    "auth.link-confirms-the-latest-password",
    breaks=["AUTH-06", "AUTH-01"],
    says="After two sign-ups with one address, the link in the first mail confirms the password of the second.",
    partial=True,
    blind=True,
)
def link_confirms_the_latest_password(patch: Patch) -> None:
    def factory(confirm: Function, hit: Hit) -> Function:
        def latest(self: Any, connection: Any, found: Any) -> None:
            whose = select(users.c.hashed_password).where(users.c.id == found["user_id"])
            hashed = connection.scalar(whose)
            if hashed != found["hashed_password"]:
                hit()
            confirm(self, connection, {**found, "hashed_password": hashed})

        return latest

    patch.replace("auth.accounts:Accounts._confirm", factory)


@defect(
    "auth.mail-given-up-after-three-tries",
    breaks=["AUTH-184"],
    says="A mail that the mail server did not take three times is never sent.",
    partial=True,
    blind=True,
)
def mail_given_up_after_three_tries(patch: Patch) -> None:
    def factory(postpone: Function, hit: Hit) -> Function:
        def giving_up(self: Any, connection: Any, owed: Any) -> None:
            if owed["attempts"] < 2:
                postpone(self, connection, owed)
                return
            hit()
            connection.execute(delete(outbox).where(outbox.c.id == owed["id"]))

        return giving_up

    patch.replace("auth.mail:Outbox._postpone", factory)


@defect(
    "auth.reset-lifetime-in-whole-minutes",
    breaks=["AUTH-105"],
    says="A reset token lives for as many whole minutes as its mail says, longer than the seconds that are set.",
    partial=True,
    blind=True,
)
def reset_lifetime_in_whole_minutes(patch: Patch) -> None:
    def factory(make_reset: Function, hit: Hit) -> Function:
        def rounding(self: Any, owed: Any) -> Any:
            token, lifetime = make_reset(self, owed), self._settings.reset_lifetime
            if token is None or lifetime % 60 == 0:
                return token
            hit()
            more = timedelta(seconds=math.ceil(lifetime / 60) * 60 - lifetime)
            this = update(reset_tokens).where(reset_tokens.c.token_hash == token_hash(token))
            with self._database.transaction() as connection:
                connection.execute(this.values(expires_at=reset_tokens.c.expires_at + more))
            return token

        return rounding

    patch.replace("auth.mail:Outbox.make_reset", factory)


@defect(
    "auth.undelivered-mail-logs-address",
    breaks=["AUTH-173"],
    says="Each time that the mail server does not take a mail, the log of the service tells to whom it was.",
    partial=True,
    blind=True,
)
def undelivered_mail_logs_address(patch: Patch) -> None:
    def factory(deliver: Function, hit: Hit) -> Function:
        def telling(self: Any, message: Any) -> Any:
            taken = deliver(self, message)
            if not taken:
                hit()
                logging.getLogger("assay.mail").warning("a mail to %s waits", message["To"])
            return taken

        return telling

    patch.replace("auth.mail:Outbox.deliver", factory)


@defect(
    "auth.reset-for-nobody-waits",
    breaks=["AUTH-172"],
    says="A reset asked for an address without an account, one of before included, is kept and tried without end.",
    partial=True,
    blind=True,
)
def reset_for_nobody_waits(patch: Patch) -> None:
    def factory(send: Function, hit: Hit) -> Function:
        def waiting(self: Any, owed: Any) -> Any:
            if owed["kind"] != mail.PASSWORD_RESET or owed["owner_id"] is not None:
                return send(self, owed)
            hit()
            return False

        return waiting

    patch.replace("auth.mail:Outbox._send", factory)
