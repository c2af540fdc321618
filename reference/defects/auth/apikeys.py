"""API keys that open too much, live too long, or are told, kept or answered as they must not be."""

import time
from typing import Any

from sqlalchemy import select, update

from reference.auth.apikeys import digest, prefix_of
from reference.auth.database import api_keys, sessions
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import forgiven

_REFUSAL = "auth.apikeys:ApiKeys.refusal"


@defect(
    "auth.key-expiry-ignored-when-used",
    breaks=["ACC-14"],
    says="A key that was used before it expired goes on.",
    partial=True,
)
def key_expiry_ignored_when_used(patch: Patch) -> None:
    forgiven(patch, _REFUSAL, "key-expired", when=lambda found, _: found["last_used_at"] is not None)


@defect(
    "auth.key-remembered",
    breaks=["ACC-14", "AUTH-198"],
    says="A key that was good is remembered for a while, so that it goes on after it was revoked.",
    partial=True,
)
def key_remembered(patch: Patch) -> None:
    known: dict[str, Any] = {}

    def factory(check: Function, hit: Hit) -> Function:
        def remembering(self: Any, secret: str) -> Any:
            if secret in known:
                hit()
                return known[secret]
            known[secret] = check(self, secret)
            return known[secret]

        return remembering

    patch.replace("auth.apikeys:ApiKeys.check", factory)


@defect(
    "auth.key-switched-off-reads",
    breaks=["ACC-14", "AUTH-196"],
    says="A key that is switched off is refused by its newest secret only, not by the one before.",
    partial=True,
)
def key_switched_off_reads(patch: Patch) -> None:
    forgiven(patch, _REFUSAL, "key-disabled", when=lambda found, _: found["previous_hash"] is not None)


@defect(
    "auth.key-secret-kept",
    breaks=["AUTH-195"],
    says="The secret of a key that was rotated is kept as it is.",
    partial=True,
)
def key_secret_kept(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def keeping(self: Any, owner: Any, key_id: str, overlap: int | None) -> Any:
            made = rotate(self, owner, key_id, overlap)
            hit()
            with self._database.transaction() as connection:
                whose = api_keys.c.id == key_id
                connection.execute(update(api_keys).where(whose).values(name=made.secret))
            return made

        return keeping

    patch.replace("auth.apikeys:ApiKeys.rotate", factory)


@defect(
    "auth.key-told-by-list",
    breaks=["AUTH-203", "AUTH-195"],
    says="The prefix that a list tells is the whole key while the process that made it lives.",
    partial=True,
)
def key_told_by_list(patch: Patch) -> None:
    made: dict[str, str] = {}

    def remembering(make_secret: Function, _hit: Hit) -> Function:
        def kept(prefix: str) -> str:
            made[prefix] = make_secret(prefix)
            return made[prefix]

        return kept

    def factory(told: Function, hit: Hit) -> Function:
        def telling(row: Any) -> Any:
            hit()
            return told({**row, "prefix": made.get(row["prefix"], row["prefix"])})

        return telling

    patch.replace("auth.apikeys:make_secret", remembering)
    patch.replace("auth.routes.apikeys:told", factory)


@defect(
    "auth.key-checked-by-beginning",
    breaks=["AUTH-197"],
    says="A key is known by its first fifty characters.",
    partial=True,
)
def key_checked_by_beginning(patch: Patch) -> None:
    def factory(check: Function, hit: Hit) -> Function:
        whole: dict[str, str] = {}

        def short(self: Any, secret: str) -> Any:
            if prefix_of(secret) is not None:
                found = check(self, secret)
                whole[secret[:50]] = secret
                return found
            if secret[:50] not in whole:
                return check(self, secret)
            hit()
            return check(self, whole[secret[:50]])

        return short

    patch.replace("auth.apikeys:ApiKeys.check", factory)


@defect(
    "auth.revoked-key-told",
    breaks=["AUTH-197"],
    says="The answer to a revoked key says that it was one.",
    partial=True,
)
def revoked_key_told(patch: Patch) -> None:
    def factory(believe: Function, hit: Hit) -> Function:
        def telling(self: Any, presented: list[str]) -> Any:
            try:
                return believe(self, presented)
            except problems.Problem as problem:
                with self._api_keys._database.transaction() as connection:
                    query = select(api_keys.c.revoked_at).where(
                        api_keys.c.secret_hash == digest(presented[0])
                    )
                    if connection.scalar(query) is not None:
                        hit()
                        problem.errors = [{"field": "X-API-Key", "detail": "was revoked"}]
                raise

        return telling

    patch.replace("auth.access:Access._believe_key", factory)


@defect(
    "auth.known-key-slow",
    breaks=["AUTH-199"],
    says="A key that is known and refused is answered later than one that is not known.",
    partial=True,
)
def known_key_slow(patch: Patch) -> None:
    def factory(refusal: Function, hit: Hit) -> Function:
        def slow(found: Any, now: Any) -> Any:
            told = refusal(found, now)
            if told is not None:
                hit()
                time.sleep(0.05)
            return told

        return slow

    patch.replace("auth.apikeys:ApiKeys.refusal", factory)


@defect(
    "auth.keys-of-the-shut-out",
    breaks=["AUTH-198"],
    says="Keys of an account that is shut out go on reading.",
    partial=True,
)
def keys_of_the_shut_out(patch: Patch) -> None:
    forgiven(patch, _REFUSAL, "user-inactive", when=lambda found, _: found["scopes"] == ["read"])


@defect(
    "auth.overlap-ignored",
    breaks=["AUTH-196"],
    says="An overlap of nothing is taken for the one that is configured.",
    partial=True,
)
def overlap_ignored(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def generous(self: Any, owner: Any, key_id: str, overlap: int | None) -> Any:
            if overlap == 0:
                hit()
            return rotate(self, owner, key_id, overlap or None)

        return generous

    patch.replace("auth.apikeys:ApiKeys.rotate", factory)


@defect(
    "auth.overlap-without-end",
    breaks=["AUTH-196"],
    says="The secret before the last rotation works until the next one.",
    partial=True,
)
def overlap_without_end(patch: Patch) -> None:
    def factory(matches: Function, hit: Hit) -> Function:
        def lenient(found: Any, secret: str, now: Any) -> bool:
            known = bool(matches(found, secret, now))
            if not known and digest(secret) == found["previous_hash"]:
                hit()
                return True
            return known

        return lenient

    patch.replace("auth.apikeys:ApiKeys.matches", factory)


@defect(
    "auth.rotation-switches-on",
    breaks=["AUTH-196", "ACC-14"],
    says="A key that was switched off is on again after a rotation.",
    partial=True,
)
def rotation_switches_on(patch: Patch) -> None:
    def factory(change: Function, hit: Hit) -> Function:
        def waking(connection: Any, key_id: str, values: Any) -> Any:
            if "secret_hash" in values:
                hit()
                values = {**values, "disabled": False}
            return change(connection, key_id, values)

        return waking

    patch.replace("auth.apikeys:ApiKeys._change", factory)


@defect(
    "auth.reset-leaves-unused-keys",
    breaks=["AUTH-450"],
    says="A reset of the password by mail ends the API keys that were used; one that was never used lives on.",
    partial=True,
)
def reset_leaves_unused_keys(patch: Patch) -> None:
    def factory(revoke_all: Function, hit: Hit) -> Function:
        def sparing(connection: Any, user_id: str) -> Any:
            own = api_keys.c.user_id == user_id
            never = select(api_keys.c.id).where(
                own, api_keys.c.revoked_at.is_(None), api_keys.c.last_used_at.is_(None)
            )
            spared = connection.scalars(never).all()
            revoked = revoke_all(connection, user_id)
            if spared:
                hit()
                again = update(api_keys).where(api_keys.c.id.in_(spared))
                connection.execute(again.values(revoked_at=None))
            return [one for one in revoked if one not in spared]

        return sparing

    patch.replace("auth.apikeys:revoke_all", factory)


@defect(
    "auth.key-made-during-reset",
    breaks=["AUTH-450"],
    says="A key that is asked for just before a reset of the password by mail and made just after it is good.",
    partial=True,
)
def key_made_during_reset(patch: Patch) -> None:
    def factory(hold: Function, hit: Hit) -> Function:
        def careless(self: Any, connection: Any, user_id: str, session_id: str) -> None:
            time.sleep(0.2)
            try:
                hold(self, connection, user_id, session_id)
            except problems.Problem:
                why = select(sessions.c.end_reason).where(sessions.c.id == session_id)
                if connection.scalar(why) != "password-reset":
                    raise
                hit()

        return careless

    patch.replace("auth.sessions:Sessions.hold", factory)


@defect(
    "auth.reset-ends-keys-untold",
    breaks=["AUTH-206"],
    says="That a reset of the password ended API keys is not told in the security log.",
    partial=True,
)
def reset_ends_keys_untold(patch: Patch) -> None:
    def factory(revoke_all: Function, hit: Hit) -> Function:
        def silent(connection: Any, user_id: str) -> Any:
            if revoke_all(connection, user_id):
                hit()
            return []

        return silent

    patch.replace("auth.apikeys:revoke_all", factory)
