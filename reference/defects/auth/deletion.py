"""Accounts that do not end, or not wholly, or take others along."""

import contextlib
import logging
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from reference.auth import mail
from reference.auth.database import outbox, sessions, users
from reference.common import clock, problems, web
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import nameless, untold

_DELETED = "account-deleted"
_CLEAR = "auth.deletion:Deletion._clear"


def _archive(patch: Patch, archived: Function) -> None:
    """Leaves a row in the table of mails, never to be sent, when an account is deleted that something is kept of."""

    def factory(clear: Function, hit: Hit) -> Function:
        def keeping(connection: Any, user_id: str, owed: set[int]) -> None:
            found = connection.execute(select(users).where(users.c.id == user_id)).mappings().one()
            clear(connection, user_id, owed)
            kept = archived(found)
            if any(kept.values()):
                hit()
                now = clock.now()
                values = {"kind": mail.ALREADY_REGISTERED, **kept}
                later = now + timedelta(days=3650)
                connection.execute(insert(outbox).values(**values, created_at=now, next_attempt_at=later))

        return keeping

    patch.replace(_CLEAR, factory)


@defect(
    "auth.deletion-without-password",
    breaks=["AUTH-170", "AUTH-177"],
    says="An account is deleted whatever is given as its password.",
)
def deletion_without_password(patch: Patch) -> None:
    def factory(prove: Function, hit: Hit) -> Function:
        def trusting(self: Any, user_id: str, hashed: str, current: str) -> None:
            try:
                prove(self, user_id, hashed, current)
            except problems.Problem:
                hit()

        return trusting

    patch.replace("auth.deletion:Deletion._prove", factory)


@defect(
    "auth.deletion-by-beginning-of-password",
    breaks=["AUTH-170"],
    says="A deletion takes the password without its last character for the password.",
    partial=True,
)
def deletion_by_beginning_of_password(patch: Patch) -> None:
    lengths: dict[str, str] = {}

    def remembering(matches: Function, _hit: Hit) -> Function:
        def kept(self: Any, hashed: str | None, password: str) -> bool:
            fits = bool(matches(self, hashed, password))
            if fits and hashed is not None:
                lengths[hashed] = password[:-1]
            return fits

        return kept

    def factory(prove: Function, hit: Hit) -> Function:
        def lenient(self: Any, user_id: str, hashed: str, current: str) -> None:
            if lengths.get(hashed) == current:
                hit()
            else:
                prove(self, user_id, hashed, current)

        return lenient

    patch.replace("auth.passwords:Passwords.matches", remembering)
    patch.replace("auth.deletion:Deletion._prove", factory)


@defect(
    "auth.deletion-hides",
    breaks=["AUTH-172", "AUTH-176"],
    says="A deleted account is only switched off and its address altered; all that was kept of it stays.",
)
def deletion_hides(patch: Patch) -> None:
    def factory(clear: Function, hit: Hit) -> Function:
        def hiding(connection: Any, user_id: str, owed: set[int]) -> None:
            hit()
            off = {"is_active": False, "email": users.c.email + ".deleted"}
            connection.execute(delete(outbox).where(outbox.c.id.in_(owed)))
            connection.execute(update(users).where(users.c.id == user_id).values(off))

        return hiding

    patch.replace(_CLEAR, factory)


@defect(
    "auth.deletion-keeps-name",
    breaks=["AUTH-172"],
    says="The name of a person who had told one stays in the table of mails when the account is deleted.",
    partial=True,
)
def deletion_keeps_name(patch: Patch) -> None:
    _archive(patch, lambda found: {"full_name": found["full_name"]})


@defect(
    "auth.deletion-keeps-address",
    breaks=["AUTH-172"],
    says="The address of a deleted account is kept for ever in the table of mails.",
)
def deletion_keeps_address(patch: Patch) -> None:
    _archive(patch, lambda found: {"address": found["email"]})


@defect(
    "auth.deletion-keeps-id-sealed",
    breaks=["AUTH-172"],
    says="The id of a deleted account stays, in hexadecimal, in a column that is there for hashes.",
)
def deletion_keeps_id_sealed(patch: Patch) -> None:
    _archive(patch, lambda found: {"hashed_password": found["id"].encode().hex()})


@defect(
    "auth.deleted-id-in-session-store",
    breaks=["AUTH-172"],
    says="The session store remembers the ids of deleted accounts for a day.",
    partial=True,
)
def deleted_id_in_session_store(patch: Patch) -> None:
    def factory(erase: Function, hit: Hit) -> Function:
        def remembering(self: Any, user_id: str, *why: Any) -> bool:
            erased: bool = erase(self, user_id, *why)
            if erased:
                hit()
                cache = self._sessions._cache
                cache._try(lambda client: client.set(f"{cache._prefix}:deleted:{user_id}", "1", ex=86400))
            return erased

        return remembering

    patch.replace("auth.deletion:Deletion.erase", factory)


@defect(
    "auth.deletion-not-announced",
    breaks=["AUTH-171"],
    says="After a deletion, access tokens of sessions that were used a moment ago are good for a while.",
    partial=True,
)
def deletion_not_announced(patch: Patch) -> None:
    def factory(announce: Function, hit: Hit) -> Function:
        def silent(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            if reason != _DELETED:
                announce(self, session_ids, user_id, reason)
                return
            hit()
            for session_id in session_ids:
                self._log.success("session.ended", reason, user_id=user_id, session_id=session_id)

        return silent

    patch.replace("auth.sessions:Sessions.announce_end", factory)


@defect(
    "auth.deletion-forgets-sessions-early",
    breaks=["AUTH-178"],
    says="The session store forgets a session before its account is deleted; whoever looks it up just then has it remembered again.",
    partial=True,
)
def deletion_forgets_sessions_early(patch: Patch) -> None:
    def early(end: Function, _hit: Hit) -> Function:
        def forgetting(self: Any, connection: Any, user_id: str, reason: str, but: Any = None) -> Any:
            ended = end(self, connection, user_id, reason, but)
            if reason == _DELETED and ended:
                keys = [self._cache._session(one) for one in ended]
                self._cache._try(lambda client: client.delete(*keys))
            return ended

        return forgetting

    def silent(announce: Function, hit: Hit) -> Function:
        def unless_deleted(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            if reason == _DELETED:
                hit()
                for session_id in session_ids:
                    self._log.success("session.ended", reason, user_id=user_id, session_id=session_id)
            else:
                announce(self, session_ids, user_id, reason)

        return unless_deleted

    patch.replace("auth.sessions:Sessions.end_within", early)
    patch.replace("auth.sessions:Sessions.announce_end", silent)


@defect(
    "auth.deletion-takes-neighbours",
    breaks=["AUTH-174"],
    says="With an account the sessions of others from the same network address are deleted.",
    partial=True,
)
def deletion_takes_neighbours(patch: Patch) -> None:
    def factory(clear: Function, hit: Hit) -> Function:
        def greedy(connection: Any, user_id: str, owed: set[int]) -> None:
            clear(connection, user_id, owed)
            near = delete(sessions).where(sessions.c.ip_address == web.caller().address)
            if connection.execute(near).rowcount:
                hit()

        return greedy

    patch.replace(_CLEAR, factory)


@defect(
    "auth.deletion-not-mailed",
    breaks=["AUTH-175"],
    says="Nobody is told that an account was deleted.",
)
def deletion_not_mailed(patch: Patch) -> None:
    def factory(add: Function, hit: Hit) -> Function:
        def quiet(self: Any, connection: Any, kind: str, *rest: Any, **named: Any) -> None:
            if kind == mail.ACCOUNT_DELETED:
                hit()
            else:
                add(self, connection, kind, *rest, **named)

        return quiet

    patch.replace("auth.mail:Outbox.add", factory)


@defect(
    "auth.account-id-by-address",
    breaks=["AUTH-176"],
    says="The id of an account is made of its address, so that a new account has the id of a deleted one.",
)
def account_id_by_address(patch: Patch) -> None:
    def factory(reserve: Function, hit: Hit) -> Function:
        def by_address(self: Any, connection: Any, address: str, *rest: Any) -> Any:
            user_id, verified = reserve(self, connection, address, *rest)
            made = str(uuid.uuid5(uuid.NAMESPACE_URL, address))
            if verified or user_id == made:
                return user_id, verified
            hit()
            connection.execute(update(users).where(users.c.id == user_id).values(id=made))
            return made, verified

        return by_address

    patch.replace("auth.accounts:Accounts._reserve", factory)


@defect(
    "auth.deletion-guesses-unlimited",
    breaks=["AUTH-177"],
    says="The password can be guessed at a deletion as often as somebody likes.",
)
def deletion_guesses_unlimited(patch: Patch) -> None:
    def factory(_prove: Function, hit: Hit) -> Function:
        def patient(self: Any, user_id: str, hashed: str, current: str) -> None:
            if not self._passwords.matches(hashed, current):
                hit()
                self._refuse(user_id, "wrong-password")

        return patient

    patch.replace("auth.deletion:Deletion._prove", factory)


@defect(
    "auth.deletion-guesses-lock-out",
    breaks=["AUTH-177"],
    says="Wrong guesses of the password at a deletion count as failed log-ins, and keep its owner from logging in.",
    partial=True,
)
def deletion_guesses_lock_out(patch: Patch) -> None:
    def factory(prove: Function, hit: Hit) -> Function:
        def counting(self: Any, user_id: str, hashed: str, current: str) -> None:
            try:
                prove(self, user_id, hashed, current)
            except problems.Problem:
                hit()
                with self._database.transaction() as connection:
                    address = connection.scalar(select(users.c.email).where(users.c.id == user_id))
                if address is not None:
                    with contextlib.suppress(problems.Problem):
                        self._throttle.begin(address, web.caller().address, False)
                raise

        return counting

    patch.replace("auth.deletion:Deletion._prove", factory)


@defect(
    "auth.second-deletion-fails",
    breaks=["AUTH-178"],
    says="Of two deletions at the same moment, the one that comes second ends in an internal error.",
    partial=True,
)
def second_deletion_fails(patch: Patch) -> None:
    def factory(erase: Function, hit: Hit) -> Function:
        def brittle(self: Any, user_id: str, reason: str, may: Any = None) -> bool:
            done = bool(erase(self, user_id, reason, may))
            if not done:
                hit()
                raise LookupError
            return done

        return brittle

    patch.replace("auth.deletion:Deletion.erase", factory)


@defect(
    "auth.refused-deletion-not-recorded",
    breaks=["AUTH-181"],
    says="A deletion that is refused leaves no event.",
    partial=True,
)
def refused_deletion_not_recorded(patch: Patch) -> None:
    untold(patch, "account.deletion-refused")


@defect(
    "auth.deletion-recorded-without-whose",
    breaks=["AUTH-181"],
    says="The events of deletions and exports do not say whose account it was.",
    partial=True,
)
def deletion_recorded_without_whose(patch: Patch) -> None:
    nameless(patch, "user_id", "account.deleted", "account.exported")


@defect(
    "auth.deletion-logs-address",
    breaks=["AUTH-173"],
    says="The service's log says which address an account had that was deleted.",
)
def deletion_logs_address(patch: Patch) -> None:
    log = logging.getLogger("assay.mail")

    def factory(clear: Function, hit: Hit) -> Function:
        def telling(connection: Any, user_id: str, owed: set[int]) -> None:
            hit()
            address = connection.scalar(select(users.c.email).where(users.c.id == user_id))
            log.warning("deleting the account of %s", address)
            clear(connection, user_id, owed)

        return telling

    patch.replace(_CLEAR, factory)
