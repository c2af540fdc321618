"""Headers of proxies that are believed, sign-ups that are not one, and connections that use the places up."""

import asyncio
import uuid
from collections import Counter
from dataclasses import replace
from typing import Any

import h11
from sqlalchemy import delete, update

from reference.auth import addresses
from reference.auth.database import users, verification_tokens
from reference.defects import Function, Hit, Patch, defect

_PLACES = 32


@defect(
    "auth.path-from-header",
    breaks=["REST-06"],
    says="The path of a GET is the one that X-Original-URL names, as some servers before this one write it.",
    partial=True,
)
def path_from_header(patch: Patch) -> None:
    def factory(handle: Function, hit: Hit) -> Function:
        async def rewritten(self: Any, scope: Any, receive: Any, answer: Any) -> None:
            named = dict(scope["headers"]).get(b"x-original-url")
            if named and scope["method"] == "GET":
                hit()
                scope = {**scope, "path": named.decode("latin-1"), "raw_path": named}
            await handle(self, scope, receive, answer)

        return rewritten

    patch.replace("common.web:Guard._handle", factory)


@defect(
    "auth.log-in-from-claimed-address",
    breaks=["REST-06", "AUTH-40"],
    says="A log-in is taken to come from the address that X-Real-IP names.",
    partial=True,
)
def log_in_from_claimed_address(patch: Patch) -> None:
    def factory(identify: Function, hit: Hit) -> Function:
        def believing(scope: Any) -> Any:
            who, named = identify(scope), dict(scope["headers"]).get(b"x-real-ip")
            if named is None or scope["path"] != "/auth/login":
                return who
            hit()
            return replace(who, address=named.decode("latin-1")[:45])

        return believing

    patch.replace("common.web:identify", factory)


@defect(
    "auth.signed-up-twice-made-anew",
    breaks=["REST-10"],
    says="An account whose address was signed up twice is made anew once it is confirmed, under another id than was told.",
    partial=True,
)
def signed_up_twice_made_anew(patch: Patch) -> None:
    times: Counter[str] = Counter()

    def factory_sign_up(sign_up: Function, _hit: Hit) -> Function:
        def counted(self: Any, email: str, password: str, full_name: str | None) -> None:
            times[addresses.normalise(email) or ""] += 1
            sign_up(self, email, password, full_name)

        return counted

    def factory_verify(verify: Function, hit: Hit) -> Function:
        def anew(self: Any, token: str) -> Any:
            user = verify(self, token)
            if times[user.email] < 2:
                return user
            hit()
            used = delete(verification_tokens).where(verification_tokens.c.user_id == user.id)
            with self._database.transaction() as connection:
                connection.execute(used)
                connection.execute(update(users).where(users.c.id == user.id).values(id=str(uuid.uuid4())))
            return user

        return anew

    patch.replace("auth.accounts:Accounts.sign_up", factory_sign_up)
    patch.replace("auth.accounts:Accounts.verify_email", factory_verify)


def _places(patch: Patch, half_a_head: bool) -> None:
    """Turns away who sends something while others that wait for a head, begun or not begun yet, hold all places."""
    waiting: set[Any] = set()

    def factory_made(made: Function, _hit: Hit) -> Function:
        def noted(self: Any, transport: Any) -> None:
            made(self, transport)
            if not half_a_head:
                waiting.add(self)

        return noted

    def factory_received(received: Function, hit: Hit) -> Function:
        def limited(self: Any, data: bytes) -> None:
            waiting.discard(self)
            if len(waiting) >= _PLACES:
                hit()
                self.transport.close()
                return
            received(self, data)
            if half_a_head and self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE:
                waiting.add(self)

        return limited

    def factory_lost(lost: Function, _hit: Hit) -> Function:
        def noted(self: Any, exc: Any) -> None:
            waiting.discard(self)
            lost(self, exc)

        return noted

    patch.replace("common.serving:ProblemProtocol.connection_made", factory_made)
    patch.replace("common.serving:ProblemProtocol.data_received", factory_received)
    patch.replace("common.serving:ProblemProtocol.connection_lost", factory_lost)


@defect(
    "auth.silent-connections-hold-places",
    breaks=["REST-14"],
    says="While nothing has come on thirty-two connections, who sends something on another is turned away.",
    partial=True,
)
def silent_connections_hold_places(patch: Patch) -> None:
    _places(patch, half_a_head=False)


@defect(
    "auth.half-heads-hold-places",
    breaks=["REST-14"],
    says="While half a head has come on thirty-two connections, who sends something on another is turned away.",
    partial=True,
)
def half_heads_hold_places(patch: Patch) -> None:
    _places(patch, half_a_head=True)


@defect(
    "auth.unread-answers-hold-the-pen",
    breaks=["REST-14"],
    says="Answers are written one after the other, so that one that is not read keeps all others waiting.",
    partial=True,
)
def unread_answers_hold_the_pen(patch: Patch) -> None:
    pen: list[asyncio.Lock] = []

    def factory(write: Function, hit: Hit) -> Function:
        async def in_turn(self: Any, message: Any) -> None:
            if not pen:
                pen.append(asyncio.Lock())
            if pen[0].locked():
                hit()
            async with pen[0]:
                await write(self, message)

        return in_turn

    patch.replace("common.web:_Answer.__call__", factory)


@defect(
    "auth.list-for-text-misnamed",
    breaks=["AUTH-210"],
    says="Where a list stands in the place of a password, the address is named as what is wrong.",
    partial=True,
)
def list_for_text_misnamed(patch: Patch) -> None:
    def factory(field_error: Function, hit: Hit) -> Function:
        def astray(found: Any) -> Any:
            told = field_error(found)
            if told["field"] == "password" and isinstance(found.get("input"), list):
                hit()
                told["field"] = "email"
            return told

        return astray

    patch.replace("common.web:field_error", factory)
