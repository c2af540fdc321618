"""Accounts that come into being too easily, and answers that tell who has one."""

from typing import Any

from sqlalchemy import select

from reference.auth import addresses, mail
from reference.auth.accounts import User
from reference.auth.database import users
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import forgiven


@defect(
    "auth.unverified-logs-in",
    breaks=["AUTH-02"],
    says="An account whose address was not confirmed can be logged in to; only what it may do there is checked later.",
    partial=False,
    blind=True,
)
def unverified_logs_in(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def lenient(self: Any, email: str, password: str) -> Any:
            try:
                return log_in(self, email, password)
            except problems.Problem as problem:
                if problem.name != "email-not-verified":
                    raise
                hit()
                found = self._find(addresses.normalise(email))
                permissions, hashed = tuple(found["permissions"]), found["hashed_password"]
                return User(
                    found["id"], found["email"], found["full_name"], found["is_verified"], permissions, hashed
                )

        return lenient

    patch.replace("auth.accounts:Accounts.log_in", factory)


def _forgive(patch: Patch, reasons: tuple[str, ...]) -> None:
    forgiven(patch, "auth.accounts:Accounts.refusal", *reasons)


@defect(
    "auth.confirmation-works-twice",
    breaks=["AUTH-03"],
    says="The token of a confirmation mail works as often as it is brought.",
    partial=False,
    blind=True,
)
def confirmation_works_twice(patch: Patch) -> None:
    _forgive(patch, ("used",))


@defect(
    "auth.confirmation-never-expires",
    breaks=["AUTH-04"],
    says="The token of a confirmation mail works for ever.",
    partial=False,
    blind=True,
)
def confirmation_never_expires(patch: Patch) -> None:
    _forgive(patch, ("expired",))


@defect(
    "auth.capitals-make-another-account",
    breaks=["AUTH-06"],
    says="An address with capitals before the @ is another address, with an account of its own.",
    partial=True,
    blind=True,
)
def capitals_make_another_account(patch: Patch) -> None:
    def factory(normalise: Function, hit: Hit) -> Function:
        def literal(address: str) -> Any:
            normal = normalise(address)
            local, _, _ = address.strip().rpartition("@")
            if normal is None or not local.isascii() or local == local.lower():
                return normal
            hit()
            return f"{local}@{normal.rpartition('@')[2]}"

        return literal

    patch.replace("auth.addresses:normalise", factory)


@defect(
    "auth.sign-up-race",
    breaks=["AUTH-08"],
    says="Of several first sign-ups for one address at the same moment all but one end in a server error.",
    partial=True,
    blind=True,
)
def sign_up_race(patch: Patch) -> None:
    def factory(reserve: Function, hit: Hit) -> Function:
        def unaware(self: Any, connection: Any, address: str, hashed: str, full_name: str | None) -> Any:
            free = connection.execute(select(users.c.id).where(users.c.email == address)).first() is None
            found = reserve(self, connection, address, hashed, full_name)
            created = select(users.c.created_at == users.c.password_changed_at).where(users.c.id == found[0])
            if free and not connection.scalars(created).one():
                hit()
                raise RuntimeError("duplicate key value violates unique constraint")
            return found

        return unaware

    patch.replace("auth.accounts:Accounts._reserve", factory)


@defect(
    "auth.sign-up-tells-who-is-there",
    breaks=["AUTH-07"],
    says="A password that is too weak is refused for a new address only, so that sign-up tells which are taken.",
    partial=True,
    blind=True,
)
def sign_up_tells_who_is_there(patch: Patch) -> None:
    def factory(sign_up: Function, hit: Hit) -> Function:
        def telling(self: Any, email: str, password: str, full_name: str | None) -> None:
            address = addresses.require(email)
            found = self._find(address)
            if (
                found is None
                or not found["is_verified"]
                or self._passwords.objection(password, address) is None
            ):
                sign_up(self, email, password, full_name)
                return
            hit()
            with self._database.transaction() as connection:
                self._outbox.add(connection, mail.ALREADY_REGISTERED, found["id"], None, None)
            self._outbox.wake()
            self._log.success("signup.requested", "address-taken", user_id=found["id"])

        return telling

    patch.replace("auth.accounts:Accounts.sign_up", factory)


@defect(
    "auth.log-in-tells-who-is-there",
    breaks=["AUTH-17", "AUTH-16"],
    says="With a wrong password too, log-in says of an account that its address was not confirmed yet.",
    partial=True,
    blind=True,
)
def log_in_tells_who_is_there(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def telling(self: Any, email: str, password: str) -> Any:
            try:
                return log_in(self, email, password)
            except problems.Problem as problem:
                found = self._find(addresses.normalise(email) or "")
                if problem.name != "invalid-credentials" or found is None or found["is_verified"]:
                    raise
                hit()
                raise problems.Problem("email-not-verified") from None

        return telling

    patch.replace("auth.accounts:Accounts.log_in", factory)
