"""Refresh tokens that work too often, too long or from a stolen database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from reference.auth.database import refresh_tokens, sessions
from reference.auth.sessions import token_hash
from reference.common import clock
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import forgiven


@defect(
    "auth.refresh-reuse-unnoticed",
    breaks=["AUTH-27"],
    says="A refresh token that is used again is refused, and nothing else happens: its session goes on.",
    partial=False,
    blind=True,
)
def refresh_reuse_unnoticed(patch: Patch) -> None:
    forgiven(patch, "auth.sessions:Sessions.refusal", "reused", instead="used")


@defect(
    "auth.refresh-reuse-leaves-access",
    breaks=["AUTH-27"],
    says="When a refresh token is used again, its session's access tokens that were used lately go on for a while.",
    partial=True,
    blind=True,
)
def refresh_reuse_leaves_access(patch: Patch) -> None:
    def factory(announce_end: Function, hit: Hit) -> Function:
        def forgetful(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            if reason != "refresh-reused":
                announce_end(self, session_ids, user_id, reason)
                return
            hit()
            for session_id in session_ids:
                self._log.success("session.ended", reason, user_id=user_id, session_id=session_id)

        return forgetful

    patch.replace("auth.sessions:Sessions.announce_end", factory)


@defect(
    "auth.refresh-reuse-ends-all",
    breaks=["AUTH-28"],
    says="A refresh token that is used again ends every session of that person, not only its own.",
    partial=False,
    blind=True,
)
def refresh_reuse_ends_all(patch: Patch) -> None:
    def factory(refuse: Function, hit: Hit) -> Function:
        def harsh(self: Any, found: Any, reason: str) -> None:
            if reason == "reused":
                hit()
                self.end_all(found["user_id"], "refresh-reused")
            refuse(self, found, reason)

        return harsh

    patch.replace("auth.sessions:Sessions._refuse", factory)


@defect(
    "auth.refresh-race",
    breaks=["AUTH-29"],
    says="Two refreshes with one token at the same moment both give new tokens, since neither waits for the other.",
    partial=True,
    blind=True,
)
def refresh_race(patch: Patch) -> None:
    def factory_find(find: Function, _hit: Hit) -> Function:
        def unlocked(self: Any, _connection: Any, token: str) -> Any:
            with self._database.transaction() as own:
                return find(self, own, token)

        return unlocked

    def factory_rotate(rotate: Function, hit: Hit) -> Function:
        def unaware(self: Any, connection: Any, found: Any, now: Any) -> Any:
            this = refresh_tokens.c.token_hash == found["token_hash"]
            used = connection.scalars(select(refresh_tokens.c.used_at).where(this).with_for_update()).one()
            if used is not None:
                hit()
            return rotate(self, connection, found, now)

        return unaware

    patch.replace("auth.sessions:Sessions._find_for_renewal", factory_find)
    patch.replace("auth.sessions:Sessions._rotate", factory_rotate)


@defect(
    "auth.refresh-slides",
    breaks=["AUTH-30"],
    says="Each refresh gives the session its whole lifetime again, so that it need never end.",
    partial=False,
    blind=True,
)
def refresh_slides(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def generous(self: Any, connection: Any, found: Any, now: Any) -> Any:
            successor = rotate(self, connection, found, now)
            hit()
            end = clock.now() + timedelta(seconds=self._settings.refresh_token_lifetime)
            connection.execute(
                update(sessions).where(sessions.c.id == found["session_id"]).values(expires_at=end)
            )
            return successor

        return generous

    patch.replace("auth.sessions:Sessions._rotate", factory)


@defect(
    "auth.refresh-lost-on-restart",
    breaks=["AUTH-45"],
    says="After a restart sessions are still listed and access tokens work, but nobody can refresh any more.",
    partial=True,
    blind=True,
)
def refresh_lost_on_restart(patch: Patch) -> None:
    known: set[str] = set()

    def factory_keep(keep: Function, _hit: Hit) -> Function:
        def remembering(self: Any, connection: Any, token: str, session_id: str, now: Any) -> None:
            keep(self, connection, token, session_id, now)
            known.add(token_hash(token))

        return remembering

    def factory_refusal(refusal: Function, hit: Hit) -> Function:
        def forgetful(self: Any, found: Any, now: Any) -> Any:
            reason = refusal(self, found, now)
            if reason is None and found["token_hash"] not in known:
                hit()
                return "unknown"
            return reason

        return forgetful

    patch.replace("auth.sessions:Sessions._keep", factory_keep)
    patch.replace("auth.sessions:Sessions.refusal", factory_refusal)


def _keep_in_clear(patch: Patch, points: list[str]) -> None:
    """Keeps random tokens as they are, while one of these functions runs."""
    state = threading.local()

    @contextmanager
    def inside() -> Iterator[None]:
        state.inside = True
        try:
            yield
        finally:
            state.inside = False

    def factory_user(user: Function, _hit: Hit) -> Function:
        def within(*arguments: Any, **named: Any) -> Any:
            with inside():
                return user(*arguments, **named)

        return within

    def factory_hash(hash_of: Function, hit: Hit) -> Function:
        def clear(token: str) -> str:
            if not getattr(state, "inside", False):
                return str(hash_of(token))
            hit()
            return token

        return clear

    for point in points:
        patch.replace(point, factory_user)
    patch.replace("auth.sessions:token_hash", factory_hash)


@defect(
    "auth.refresh-token-in-clear",
    breaks=["AUTH-82"],
    says="Refresh tokens are kept in the database as they are.",
    partial=False,
    blind=True,
)
def refresh_token_in_clear(patch: Patch) -> None:
    _keep_in_clear(patch, ["auth.sessions:Sessions._keep", "auth.sessions:Sessions._find_for_renewal"])


@defect(
    "auth.confirmation-token-in-clear",
    breaks=["AUTH-83"],
    says="The tokens of confirmation mails are kept in the database as they are.",
    partial=False,
    blind=True,
)
def confirmation_token_in_clear(patch: Patch) -> None:
    _keep_in_clear(patch, ["auth.mail:Outbox.make_token", "auth.accounts:Accounts._find_verification"])
