"""Passwords that are reset too easily, and sessions and tokens that survive it."""

import itertools
import threading
from typing import Any

from sqlalchemy import insert, select, update

from reference.auth import mail, sessions
from reference.auth.database import outbox, refresh_tokens, reset_tokens, users, verification_tokens
from reference.auth.database import sessions as session_table
from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import forgiven


def _forgive(patch: Patch, reason: str) -> None:
    forgiven(patch, "auth.recovery:Recovery.refusal", reason)


@defect(
    "auth.reset-works-twice",
    breaks=["ACC-07", "AUTH-105"],
    says="A reset token works as often as it is brought, until it expires.",
    partial=False,
)
def reset_works_twice(patch: Patch) -> None:
    _forgive(patch, "used")


@defect(
    "auth.reset-never-expires",
    breaks=["AUTH-105"],
    says="A reset token works for ever.",
    partial=False,
)
def reset_never_expires(patch: Patch) -> None:
    _forgive(patch, "expired")


@defect(
    "auth.reset-race",
    breaks=["ACC-07"],
    says="Of several who bring one reset token at the same moment more than one sets the password.",
    partial=True,
)
def reset_race(patch: Patch) -> None:
    seen = threading.local()

    def factory(find: Function, hit: Hit) -> Function:
        def as_seen_before(connection: Any, token: str) -> Any:
            found = find(connection, token)
            before, seen.found = getattr(seen, "found", None), found
            if found is None or before is None or before["token_hash"] != found["token_hash"]:
                return found
            if before["used_at"] is not None or found["used_at"] is None:
                return found
            hit()
            return before

        return as_seen_before

    patch.replace("auth.recovery:Recovery._find", factory)


@defect(
    "auth.reset-leaves-older",
    breaks=["AUTH-105"],
    says="When another reset mail is sent, the tokens mailed before stay good.",
    partial=True,
)
def reset_leaves_older(patch: Patch) -> None:
    def factory(make_reset: Function, hit: Hit) -> Function:
        def adding(self: Any, owed: Any) -> str | None:
            older = select(reset_tokens.c.token_hash).where(
                reset_tokens.c.user_id == owed["owner_id"], reset_tokens.c.used_at.is_(None)
            )
            with self._database.transaction() as connection:
                kept = connection.scalars(older).all()
            token: str | None = make_reset(self, owed)
            if kept and token is not None:
                hit()
                again = update(reset_tokens).where(reset_tokens.c.token_hash.in_(kept))
                with self._database.transaction() as connection:
                    connection.execute(again.values(used_at=None))
            return token

        return adding

    patch.replace("auth.mail:Outbox.make_reset", factory)


@defect(
    "auth.change-leaves-reset",
    breaks=["AUTH-105"],
    says="A reset token that was mailed before the password was changed still sets another one.",
    partial=True,
)
def change_leaves_reset(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        def sparing(self: Any, connection: Any, user_id: str, *rest: Any) -> Any:
            unused = reset_tokens.c.used_at.is_(None) & (reset_tokens.c.user_id == user_id)
            kept = connection.scalars(select(reset_tokens.c.token_hash).where(unused)).all()
            ended = put(self, connection, user_id, *rest)
            if kept:
                hit()
                again = update(reset_tokens).where(reset_tokens.c.token_hash.in_(kept))
                connection.execute(again.values(used_at=None))
            return ended

        return sparing

    patch.replace("auth.recovery:Recovery._put", factory)


@defect(
    "auth.reset-token-by-its-beginning",
    breaks=["ACC-07"],
    says="Of a reset token only the first half counts.",
    partial=True,
)
def reset_token_by_its_beginning(patch: Patch) -> None:
    whole: dict[str, str] = {}

    def factory(find: Function, hit: Hit) -> Function:
        def by_half(connection: Any, token: str) -> Any:
            mailed = whole.get(token[:20], token)
            if mailed != token:
                hit()
            return find(connection, mailed)

        return by_half

    def remembering(make_reset: Function) -> Function:
        def remembered(self: Any, owed: Any) -> str | None:
            token: str | None = make_reset(self, owed)
            if token is not None:
                whole[token[:20]] = token
            return token

        return remembered

    patch.replace("auth.mail:Outbox.make_reset", remembering)
    patch.replace("auth.recovery:Recovery._find", factory)


@defect(
    "auth.reset-token-stored",
    breaks=["AUTH-83"],
    says="A reset token stays in the table of mails as it was mailed.",
    partial=True,
)
def reset_token_stored(patch: Patch) -> None:
    def factory(make_reset: Function, hit: Hit) -> Function:
        def plain(self: Any, owed: Any) -> str | None:
            token: str | None = make_reset(self, owed)
            if token is None:
                return None
            hit()
            kept = {"kind": mail.PASSWORD_RESET, "user_id": owed["owner_id"], "full_name": token}
            later = clock.now().replace(year=clock.now().year + 1)
            with self._database.transaction() as connection:
                connection.execute(
                    insert(outbox).values(**kept, created_at=clock.now(), next_attempt_at=later)
                )
            return token

        return plain

    patch.replace("auth.mail:Outbox.make_reset", factory)


@defect(
    "auth.refused-reset-spends-token",
    breaks=["AUTH-110"],
    says="A reset token is used up when the new password is refused.",
    partial=False,
)
def refused_reset_spends_token(patch: Patch) -> None:
    def factory(reset: Function, hit: Hit) -> Function:
        def spending(self: Any, token: str, new: str) -> None:
            try:
                reset(self, token, new)
            except problems.Problem as problem:
                if problem.name == "invalid-request":
                    hit()
                    used = reset_tokens.c.token_hash == sessions.token_hash(token)
                    with self._database.transaction() as connection:
                        connection.execute(update(reset_tokens).where(used).values(used_at=clock.now()))
                raise

        return spending

    patch.replace("auth.recovery:Recovery.reset", factory)


@defect(
    "auth.reset-keeps-sessions",
    breaks=["AUTH-106"],
    says="Whoever is logged in stays logged in when the password is reset.",
    partial=False,
)
def reset_keeps_sessions(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def none(self: Any, connection: Any, user_id: str, reason: str, but: Any = None) -> Any:
            if reason != "password-reset":
                return end(self, connection, user_id, reason, but)
            hit()
            return []

        return none

    patch.replace("auth.sessions:Sessions.end_within", factory)


@defect(
    "auth.reset-not-announced",
    breaks=["AUTH-106"],
    says="After a reset, access tokens of sessions that were used a moment ago are good for a while.",
    partial=True,
)
def reset_not_announced(patch: Patch) -> None:
    def factory(announce: Function, hit: Hit) -> Function:
        def silent(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            if reason == "password-reset":
                hit()
            else:
                announce(self, session_ids, user_id, reason)

        return silent

    patch.replace("auth.sessions:Sessions.announce_end", factory)


@defect(
    "auth.reset-token-counted",
    breaks=["ACC-07"],
    says="Reset tokens are numbers that are counted up, written to look like chance.",
    partial=False,
)
def reset_token_counted(patch: Patch) -> None:
    given = itertools.count(1)

    def factory(make_reset: Function, hit: Hit) -> Function:
        def counted(self: Any, owed: Any) -> str | None:
            token = make_reset(self, owed)
            if token is None:
                return None
            hit()
            number = f"{next(given):043d}"
            this = update(reset_tokens).where(reset_tokens.c.token_hash == sessions.token_hash(token))
            with self._database.transaction() as connection:
                connection.execute(this.values(token_hash=sessions.token_hash(number)))
            return number

        return counted

    patch.replace("auth.mail:Outbox.make_reset", factory)


@defect(
    "auth.confirmation-token-resets",
    breaks=["ACC-07"],
    says="The token of a confirmation mail resets a password as well.",
    partial=True,
)
def confirmation_token_resets(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def either(connection: Any, token: str) -> Any:
            found = find(connection, token)
            if found is not None:
                return found
            kept = verification_tokens.c
            query = select(verification_tokens, users.c.email, users.c.is_active).join(users)
            other = connection.execute(query.where(kept.token_hash == sessions.token_hash(token)))
            found = other.mappings().first()
            if found is not None:
                hit()
            return found

        return either

    patch.replace("auth.recovery:Recovery._find", factory)


@defect(
    "auth.reset-token-confirms",
    breaks=["ACC-07"],
    says="A reset token is taken for the token of a confirmation mail too.",
    partial=True,
)
def reset_token_confirms(patch: Patch) -> None:
    def factory(verify: Function, hit: Hit) -> Function:
        def either(self: Any, token: str) -> Any:
            with self._database.transaction() as connection:
                live = reset_tokens.c.used_at.is_(None)
                this = reset_tokens.c.token_hash == sessions.token_hash(token)
                user_id = connection.scalar(select(reset_tokens.c.user_id).where(live, this))
            if user_id is None:
                return verify(self, token)
            hit()
            return self.require(user_id)

        return either

    patch.replace("auth.accounts:Accounts.verify_email", factory)


@defect(
    "auth.refresh-token-resets",
    breaks=["ACC-07"],
    says="A refresh token resets the password of its owner.",
    partial=True,
)
def refresh_token_resets(patch: Patch) -> None:
    def factory(find: Function, hit: Hit) -> Function:
        def either(connection: Any, token: str) -> Any:
            found = find(connection, token)
            if found is not None:
                return found
            this = refresh_tokens.c.token_hash == sessions.token_hash(token)
            query = (
                select(refresh_tokens, session_table.c.expires_at, users.c.email, users.c.is_active)
                .add_columns(users.c.id.label("user_id"))
                .join(session_table, session_table.c.id == refresh_tokens.c.session_id)
                .join(users, users.c.id == session_table.c.user_id)
            )
            found = connection.execute(query.where(this)).mappings().first()
            if found is not None:
                hit()
            return found

        return either

    patch.replace("auth.recovery:Recovery._find", factory)


@defect(
    "auth.used-reset-ends-sessions",
    breaks=["AUTH-110"],
    says="A reset token that is brought again sets no password and logs its owner out.",
    partial=True,
)
def used_reset_ends_sessions(patch: Patch) -> None:
    def factory(reset: Function, hit: Hit) -> Function:
        def ending(self: Any, token: str, new: str) -> None:
            try:
                reset(self, token, new)
            except problems.Problem:
                with self._database.transaction() as connection:
                    found = self._find(connection, token)
                if found is not None and found["used_at"] is not None:
                    hit()
                    self._sessions.end_all(found["user_id"], "password-reset")
                raise

        return ending

    patch.replace("auth.recovery:Recovery.reset", factory)
