"""Passwords that are reset too easily, and sessions and tokens that survive it."""

import threading
import time
from typing import Any

from sqlalchemy import insert, select, update

from reference.auth import addresses, mail, sessions
from reference.auth.database import outbox, reset_tokens, users
from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect


def _forgive(patch: Patch, forgiven: str) -> None:
    def factory(refusal: Function, hit: Hit) -> Function:
        def lenient(found: Any, now: Any) -> Any:
            reason = refusal(found, now)
            if reason != forgiven:
                return reason
            hit()
            return None

        return lenient

    patch.replace("auth.recovery:Recovery.refusal", factory)


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
        def adding(self: Any, owed: Any) -> str:
            older = select(reset_tokens.c.token_hash).where(
                reset_tokens.c.user_id == owed["owner_id"], reset_tokens.c.used_at.is_(None)
            )
            with self._database.transaction() as connection:
                kept = connection.scalars(older).all()
            token: str = make_reset(self, owed)
            if kept:
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
        def remembered(self: Any, owed: Any) -> str:
            token: str = make_reset(self, owed)
            whole[token[:20]] = token
            return token

        return remembered

    patch.replace("auth.mail:Outbox.make_reset", remembering)
    patch.replace("auth.recovery:Recovery._find", factory)


@defect(
    "auth.reset-token-stored",
    breaks=["AUTH-83"],
    says="Reset tokens are stored as they are mailed.",
    partial=True,
)
def reset_token_stored(patch: Patch) -> None:
    def factory(make_reset: Function, hit: Hit) -> Function:
        def plain(self: Any, owed: Any) -> str:
            token: str = make_reset(self, owed)
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
    "auth.reset-link-by-host",
    breaks=["AUTH-109"],
    says="The link in a reset mail leads to the host that X-Forwarded-Host of the request names.",
    partial=True,
)
def reset_link_by_host(patch: Patch) -> None:
    named: dict[str, str] = {}

    def asking(request_reset: Function) -> Function:
        def by_header(request: Any, body: Any) -> Any:
            host = request.headers.get("x-forwarded-host")
            if host:
                named[addresses.normalise(body.email) or ""] = host
            return request_reset(request, body)

        return by_header

    def writing(compose: Function, hit: Hit) -> Function:
        def led(self: Any, owed: Any) -> Any:
            message = compose(self, owed)
            host = named.pop(owed["email"], None) if owed["kind"] == mail.PASSWORD_RESET else None
            if host:
                hit()
                text = message.get_content().replace("https://www.assay.test/", f"https://{host}/")
                message.set_content(text)
            return message

        return led

    patch.replace("auth.endpoints:request_password_reset", asking)
    patch.replace("auth.mail:Outbox.compose", writing)


@defect(
    "auth.reset-tells-who-is-there",
    breaks=["AUTH-107"],
    says="A reset that is asked for an address without an account is answered as not found.",
    partial=False,
)
def reset_tells_who_is_there(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def telling(self: Any, email: str) -> None:
            ask(self, email)
            there = select(users.c.id).where(users.c.email == addresses.normalise(email))
            with self._database.transaction() as connection:
                found = connection.scalar(there)
            if found is None:
                hit()
                raise problems.Problem("not-found")

        return telling

    patch.replace("auth.recovery:Recovery.request", factory)


@defect(
    "auth.reset-mails-without-end",
    breaks=["AUTH-108"],
    says="Every request for a reset sends a mail.",
    partial=False,
)
def reset_mails_without_end(patch: Patch) -> None:
    def factory(mailed: Function, hit: Hit) -> Function:
        def few(self: Any, connection: Any, user_id: str) -> int:
            if mailed(self, connection, user_id) >= self._settings.reset_mails:
                hit()
            return 0

        return few

    patch.replace("auth.mail:Outbox.mailed", factory)


@defect(
    "auth.reset-mailed-while-waiting",
    breaks=["AUTH-107"],
    says="Whoever asks for a reset waits until the mail has been sent, where there is somebody to send it to.",
    partial=False,
)
def reset_mailed_while_waiting(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def waiting(self: Any, email: str) -> None:
            there = select(users.c.id).where(users.c.email == addresses.normalise(email))
            with self._database.transaction() as connection:
                found = connection.scalar(there)
            if found is not None:
                hit()
                time.sleep(0.06)  # a mail server that is not on this machine
            ask(self, email)

        return waiting

    patch.replace("auth.recovery:Recovery.request", factory)


@defect(
    "auth.reset-limit-told",
    breaks=["AUTH-108"],
    says="A request for a reset beyond the limit is answered as one too many.",
    partial=False,
)
def reset_limit_told(patch: Patch) -> None:
    def factory(ask: Function, hit: Hit) -> Function:
        def telling(self: Any, email: str) -> None:
            there = select(users.c.id).where(users.c.email == addresses.normalise(email))
            with self._database.transaction() as connection:
                found = connection.scalar(there)
                sent = self._outbox.mailed(connection, found) if found else 0
            if sent >= self._outbox._settings.reset_mails:
                hit()
                raise problems.Problem("too-many-requests", headers={"Retry-After": "60"})
            ask(self, email)

        return telling

    patch.replace("auth.recovery:Recovery.request", factory)


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
