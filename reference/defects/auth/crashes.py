"""Work that is done in two steps where one was promised: what a crash between them leaves is half of it."""

import threading
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, insert, select, update

from reference.auth import apikeys, mail, sessions
from reference.auth.database import (
    api_keys,
    outbox,
    reset_tokens,
    services,
    signing_keys,
    users,
    verification_tokens,
)
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.deletion-in-two-steps",
    breaks=["AUTH-182"],
    says="A deletion ends the sessions first and the account in a second transaction; a crash between them leaves an account.",
    partial=True,
)
def deletion_in_two_steps(patch: Patch) -> None:
    def factory(end_once: Function, hit: Hit) -> Function:
        def halved(self: Any, user_id: str, may: Any) -> Any:
            hit()
            self._sessions.end_all(user_id, "account-deleted")
            return end_once(self, user_id, may)

        return halved

    patch.replace("auth.deletion:Deletion._end_once", factory)


@defect(
    "auth.reset-voids-token-first",
    breaks=["AUTH-182"],
    says="A reset uses its token up first and sets the password in a second transaction; a crash between them loses both.",
    partial=True,
)
def reset_voids_token_first(patch: Patch) -> None:
    def factory(_reset: Function, hit: Hit) -> Function:
        def halved(self: Any, token: str, new: str) -> None:
            used = update(reset_tokens).where(reset_tokens.c.token_hash == sessions.token_hash(token))
            with self._database.transaction() as connection:
                found = self._find(connection, token)
            email, user_id = self._insist(found, self.refusal(found, clock.now()))
            self._accept(new, email)
            hashed = self._passwords.hash(new)
            live = used.where(reset_tokens.c.used_at.is_(None))
            with self._database.transaction() as connection:
                taken = connection.execute(live.values(used_at=clock.now())).rowcount
            if not taken:
                self._insist(found, "used")
            hit()
            with self._database.transaction() as connection:
                ended = self._put(connection, user_id, hashed, "password-reset")
                apikeys.revoke_all(connection, user_id)
            self._tell(ended, user_id, "password-reset")
            self._log.success("password.reset", user_id=user_id)

        return halved

    patch.replace("auth.recovery:Recovery.reset", factory)


@defect(
    "auth.change-ends-sessions-later",
    breaks=["AUTH-182"],
    says="A change of the password ends the other sessions in a second transaction; after a crash between them they go on.",
    partial=True,
)
def change_ends_sessions_later(patch: Patch) -> None:
    asking = threading.local()

    def none_yet(end: Function, _hit: Hit) -> Function:
        def later(self: Any, connection: Any, user_id: str, reason: str, but: Any = None) -> Any:
            if reason != "password-changed":
                return end(self, connection, user_id, reason, but)
            asking.but = but
            return []

        return later

    def factory(tell: Function, hit: Hit) -> Function:
        def then(self: Any, ended: Any, user_id: str, reason: str) -> None:
            if reason == "password-changed":
                hit()
                own = self._sessions.list(user_id)
                ended = [one["id"] for one in own if one["id"] != asking.but]
                with self._database.transaction() as connection:
                    self._sessions._mark_ended(connection, ended, reason)
            tell(self, ended, user_id, reason)

        return then

    patch.replace("auth.sessions:Sessions.end_within", none_yet)
    patch.replace("auth.recovery:Recovery._tell", factory)


@defect(
    "auth.confirmation-in-two-steps",
    breaks=["AUTH-182"],
    says="A confirmation uses its token up first and confirms the account in a second transaction; a crash between them loses both.",
    partial=True,
)
def confirmation_in_two_steps(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def halved(self: Any, token: str) -> Any:
            with self._database.transaction() as connection:
                found = self._find_verification(connection, token)
                refused = self.refusal(found, clock.now()) is not None
                if not refused:
                    used = verification_tokens.c.token_hash == found["token_hash"]
                    connection.execute(update(verification_tokens).where(used).values(used_at=clock.now()))
            if refused:
                return verify(self, token)
            hit()
            with self._database.transaction() as connection:
                self._confirm(connection, found)
            self._log.success("email.verified", user_id=found["user_id"])
            return self.require(found["user_id"])

        return halved

    patch.replace("auth.accounts:Accounts.verify_email", factory)


@defect(
    "auth.rotation-takes-old-key-out-first",
    breaks=["AUTH-183"],
    says="A rotation takes the old key out and puts it back, as retired, with the new one; after a crash between them it is gone.",
    partial=True,
)
def rotation_takes_old_key_out_first(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def halved(self: Any) -> Any:
            living = signing_keys.c.retired_at.is_(None)
            with self._database.transaction() as connection:
                old = connection.execute(select(signing_keys).where(living)).mappings().first()
                connection.execute(delete(signing_keys).where(living))
            hit()
            with self._database.transaction() as connection:
                connection.execute(signing_keys.insert().values(**old))
            return rotate(self)

        return halved

    patch.replace("auth.keys:KeyRing.rotate", factory)


@defect(
    "auth.sign-up-mail-in-memory",
    breaks=["AUTH-184"],
    says="The mail of a sign-up is owed a moment after the answer, from memory; after a crash in between it never comes.",
    partial=True,
)
def sign_up_mail_in_memory(patch: Patch) -> None:
    def factory(add: Function, hit: Hit) -> Function:
        def later(self: Any, connection: Any, kind: str, *rest: Any, **named: Any) -> None:
            if kind != mail.VERIFICATION:
                add(self, connection, kind, *rest, **named)
                return
            hit()

            def owe() -> None:
                with self._database.transaction() as another:
                    add(self, another, kind, *rest, **named)
                self.wake()

            threading.Timer(0.1, owe).start()

        return later

    patch.replace("auth.mail:Outbox.add", factory)


@defect(
    "auth.mail-forgotten-before-sent",
    breaks=["AUTH-184"],
    says="That a mail about a new password is owed is forgotten before it is handed over; after a crash in between it never comes.",
    partial=True,
)
def mail_forgotten_before_sent(patch: Patch) -> None:
    def factory(send_one: Function, hit: Hit) -> Function:
        def forgetting(self: Any) -> bool:
            owner = (users.c.id == outbox.c.user_id) | (users.c.email == outbox.c.address)
            about = (
                outbox.c.kind.in_((mail.PASSWORD_CHANGED, mail.PASSWORD_SET_ANEW, mail.PASSWORD_RESET))
                & owner
            )
            with self._database.transaction() as connection:
                due = select(outbox, users.c.id.label("owner_id"), users.c.email).where(about).limit(1)
                owed = connection.execute(due).mappings().first()
                if owed is None:
                    return bool(send_one(self))
                connection.execute(delete(outbox).where(outbox.c.id == owed["id"]))
            hit()
            self._send(owed)
            return True

        return forgetting

    patch.replace("auth.mail:Outbox.send_one", factory)


@defect(
    "auth.log-out-remembered-first",
    breaks=["AUTH-182"],
    says="A log-out is told to the session store first and written a moment after the answer; after a crash its refresh token is good.",
    partial=True,
)
def log_out_remembered_first(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def later(self: Any, session_id: str, user_id: str, reason: str) -> bool:
            if reason != "log-out":
                return bool(end(self, session_id, user_id, reason))
            hit()
            self._cache.remember_ended([session_id], self._settings.access_token_lifetime)
            threading.Timer(0.1, end, (self, session_id, user_id, reason)).start()
            return True

        return later

    patch.replace("auth.sessions:Sessions.end", factory)


@defect(
    "auth.key-rotated-in-two-steps",
    breaks=["AUTH-440"],
    says="A rotation of an API key puts the new secret in first and what is kept of the one before in a second transaction; a crash between them shuts its programs out.",
    partial=True,
)
def key_rotated_in_two_steps(patch: Patch) -> None:
    held = threading.local()

    def new_one_only(change: Function, _hit: Hit) -> Function:
        def without(connection: Any, key_id: str, values: dict[str, Any]) -> Any:
            if not values.get("previous_hash"):
                return change(connection, key_id, values)
            held.before = {name: values[name] for name in ("previous_hash", "previous_until")}
            return change(connection, key_id, {"secret_hash": values["secret_hash"]})

        return without

    def factory(rotate: Function, hit: Hit) -> Function:
        def halved(self: Any, owner: Any, key_id: str, overlap: int | None) -> Any:
            held.before = None
            made = rotate(self, owner, key_id, overlap)
            if held.before:
                hit()
                with self._database.transaction() as connection:
                    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(held.before))
            return made

        return halved

    patch.replace("auth.apikeys:ApiKeys._change", new_one_only)
    patch.replace("auth.apikeys:ApiKeys.rotate", factory)


@defect(
    "auth.service-secret-rotated-by-making-anew",
    breaks=["AUTH-440"],
    says="A rotation of a service's secret takes the account away first and puts it back in a second transaction; a crash between them leaves none.",
    partial=True,
)
def service_secret_rotated_by_making_anew(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def anew(self: Any, actor: Any, service_id: str) -> Any:
            one = services.c.id == service_id
            with self._database.transaction() as connection:
                row = connection.execute(select(services).where(one)).mappings().first()
                if row is not None and row["revoked_at"] is None:
                    hit()
                    connection.execute(delete(services).where(one))
            if row is not None and row["revoked_at"] is None:
                with self._database.transaction() as connection:
                    connection.execute(insert(services).values(dict(row)))
            return rotate(self, actor, service_id)

        return anew

    patch.replace("auth.services:Services.rotate", factory)


@defect(
    "auth.log-in-finished-in-two-steps",
    breaks=["AUTH-182"],
    says="A code and its log-in are used up first and the session begins in a second transaction; a crash between them loses the code.",
    partial=True,
)
def log_in_finished_in_two_steps(patch: Patch) -> None:
    later = threading.local()

    def postponed(begin_within: Function, _hit: Hit) -> Function:
        def noted(self: Any, connection: Any, *whose: Any) -> Any:
            if not getattr(later, "postpones", False):
                return begin_within(self, connection, *whose)
            later.whose = whose
            return None, []

        return noted

    def factory(tell: Function, hit: Hit) -> Function:
        def finish(self: Any, token: str, code: str) -> Any:
            later.postpones, later.whose = True, None
            try:
                with suppress(AssertionError):
                    return tell(self, token, code)
            finally:
                later.postpones = False
            hit()
            begun = self._sessions.begin(*later.whose)
            self._log.success("login.succeeded", user_id=begun.user_id, session_id=begun.session_id)
            return begun.user_id, begun

        return finish

    patch.replace("auth.sessions:Sessions.begin_within", postponed)
    patch.replace("auth.secondfactor:SecondFactor.finish", factory)


@defect(
    "auth.recovery-told-before-it-is-so",
    breaks=["AUTH-159"],
    says="That a recovery code was used is told before that is committed; after a crash in between it is told of one that still works.",
    partial=True,
)
def recovery_told_before_it_is_so(patch: Patch) -> None:
    def factory(use: Function, hit: Hit) -> Function:
        def hasty(self: Any, connection: Any, factor: Any, code: str, now: Any) -> Any:
            refusal = use(self, connection, factor, code, now)
            if not refusal:
                hit()
                self._log.success("second-factor.recovery-used", user_id=factor["user_id"])
            return refusal

        return hasty

    patch.replace("auth.secondfactor:SecondFactor.use_recovery_code", factory)
    patch.replace(
        "auth.secondfactor:SecondFactor._tell_recovery", lambda _tell: lambda self, user_id, code: None
    )
