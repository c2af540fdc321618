"""Second factors that are switched on or off too easily, guessed, or read in a store."""

from typing import Any

from sqlalchemy import insert, select, update

from reference.auth.database import recovery_codes, second_factors
from reference.auth.sessions import token_hash
from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.recovery-code-works-again",
    breaks=["AUTH-154"],
    says="A recovery code can be used as often as one likes.",
)
def recovery_code_works_again(patch: Patch) -> None:
    def factory(use: Function, hit: Hit) -> Function:
        def forgetful(self: Any, connection: Any, factor: Any, code: str, now: Any) -> Any:
            refusal = use(self, connection, factor, code, now)
            this = recovery_codes.c.code_hash == token_hash(f"{factor['user_id']} {code}")
            if connection.execute(update(recovery_codes).where(this).values(used_at=None)).rowcount:
                hit()
                return ""
            return refusal

        return forgetful

    patch.replace("auth.secondfactor:SecondFactor.use_recovery_code", factory)


@defect(
    "auth.recovery-code-of-anybody",
    breaks=["AUTH-154"],
    says="A recovery code of one person lets in another.",
    partial=True,
)
def recovery_code_of_anybody(patch: Patch) -> None:
    def factory(use: Function, hit: Hit) -> Function:
        def lenient(self: Any, connection: Any, factor: Any, code: str, now: Any) -> Any:
            refusal = use(self, connection, factor, code, now)
            if not refusal:
                return refusal
            owners = connection.scalars(select(recovery_codes.c.user_id).distinct()).all()
            hashes = [token_hash(f"{owner} {code}") for owner in owners]
            unused = recovery_codes.c.code_hash.in_(hashes) & recovery_codes.c.used_at.is_(None)
            if connection.execute(select(recovery_codes).where(unused)).first() is None:
                return refusal
            hit()
            return ""

        return lenient

    patch.replace("auth.secondfactor:SecondFactor.use_recovery_code", factory)


@defect(
    "auth.recovery-codes-short",
    breaks=["AUTH-154"],
    says="Recovery codes have eight digits.",
)
def recovery_codes_short(patch: Patch) -> None:
    def factory(recovery_code: Function, hit: Hit) -> Function:
        def short() -> str:
            hit()
            return f"{int.from_bytes(str(recovery_code()).encode()) % 10**8:08d}"

        return short

    patch.replace("auth.secondfactor:_recovery_code", factory)


@defect(
    "auth.factor-off-by-password",
    breaks=["AUTH-155"],
    says="Whoever knows the password switches the factor off, whatever they give as a code.",
    partial=True,
)
def factor_off_by_password(patch: Patch) -> None:
    def factory(disable: Function, hit: Hit) -> Function:
        def lenient(self: Any, user: Any, password: str, code: str) -> Any:
            try:
                return disable(self, user, password, code)
            except problems.Problem as problem:
                if problem.name != "wrong-code":
                    raise
            hit()
            with self._database.transaction() as connection:
                self._forget(connection, user.id)

        return lenient

    patch.replace("auth.secondfactor:SecondFactor.disable", factory)


@defect(
    "auth.factor-off-by-code",
    breaks=["AUTH-155"],
    says="Whoever has a code switches the factor off without the password.",
    partial=True,
)
def factor_off_by_code(patch: Patch) -> None:
    def factory(disable: Function, hit: Hit) -> Function:
        def lenient(self: Any, user: Any, password: str, code: str) -> Any:
            require = self._require_password
            try:
                return disable(self, user, password, code)
            except problems.Problem as problem:
                if problem.name != "wrong-password":
                    raise
            hit()
            self._require_password = lambda _user, _password: None
            try:
                return disable(self, user, password, code)
            finally:
                self._require_password = require

        return lenient

    patch.replace("auth.secondfactor:SecondFactor.disable", factory)


@defect(
    "auth.enrolled-without-password",
    breaks=["AUTH-150"],
    says="Whoever has an access token switches on a factor of their own, and the owner is locked out.",
    partial=True,
)
def enrolled_without_password(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def lenient(self: Any, user: Any, password: str) -> Any:
            require = self._require_password
            try:
                return begin(self, user, password)
            except problems.Problem as problem:
                if problem.name != "wrong-password":
                    raise
            hit()
            self._require_password = lambda _user, _password: None
            try:
                return begin(self, user, password)
            finally:
                self._require_password = require

        return lenient

    patch.replace("auth.secondfactor:SecondFactor.begin", factory)


@defect(
    "auth.factor-replaced",
    breaks=["AUTH-150"],
    says="A factor that is switched on is gone as soon as another secret is asked for.",
    partial=True,
)
def factor_replaced(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def lenient(self: Any, user: Any, password: str) -> Any:
            if self.is_on(user.id):
                hit()
                with self._database.transaction() as connection:
                    self._forget(connection, user.id)
            return begin(self, user, password)

        return lenient

    patch.replace("auth.secondfactor:SecondFactor.begin", factory)


@defect(
    "auth.recovery-codes-guessed-freely",
    breaks=["AUTH-157"],
    says="After too many wrong codes those of the app have to wait, and recovery codes have not.",
    partial=True,
)
def recovery_codes_guessed_freely(patch: Patch) -> None:
    def factory(use: Function, hit: Hit) -> Function:
        def lenient(self: Any, connection: Any, factor: Any, code: str) -> Any:
            refusal = use(self, connection, factor, code)
            if refusal != "too-many-failures" or "-" not in code:
                return refusal
            hit()
            return self.use_recovery_code(connection, factor, code, clock.now())

        return lenient

    patch.replace("auth.secondfactor:SecondFactor.use", factory)


@defect(
    "auth.codes-guessed-by-log-in",
    breaks=["AUTH-157"],
    says="Each new log-in has its own count of wrong codes, so that guessing goes on for ever.",
    partial=True,
)
def codes_guessed_by_log_in(patch: Patch) -> None:
    def factory(challenge: Function, hit: Hit) -> Function:
        def forgetful(self: Any, user: Any, device_id: str | None) -> Any:
            this = (second_factors.c.user_id == user.id) & (
                second_factors.c.failures >= self._settings.code_failures
            )
            with self._database.transaction() as connection:
                if connection.execute(update(second_factors).where(this).values(failures=0)).rowcount:
                    hit()
            return challenge(self, user, device_id)

        return forgetful

    patch.replace("auth.secondfactor:SecondFactor._challenge", factory)


@defect(
    "auth.wrong-codes-never-forgotten",
    breaks=["AUTH-157"],
    says="After too many wrong codes an account stays locked for ever.",
    partial=True,
)
def wrong_codes_never_forgotten(patch: Patch) -> None:
    def factory(recent: Function, hit: Hit) -> Function:
        def unforgiving(self: Any, factor: Any, now: Any) -> int:
            found = recent(self, factor, now)
            if factor["failures"] >= self._settings.code_failures and not found:
                hit()
                return int(factor["failures"])
            return int(found)

        return unforgiving

    patch.replace("auth.secondfactor:SecondFactor.recent_failures", factory)


@defect(
    "auth.app-secret-in-clear",
    breaks=["AUTH-158"],
    says="The secret of an app is stored in clear until it is confirmed, and so it stays.",
)
def app_secret_in_clear(patch: Patch) -> None:
    def seal(_seal: Function, hit: Hit) -> Function:
        def plain(self: Any, user_id: str, secret: str) -> bytes:
            hit()
            return secret.encode()

        return plain

    def open_(_open: Function, _hit: Hit) -> Function:
        def plain(self: Any, user_id: str, sealed: bytes) -> str:
            return sealed.decode()

        return plain

    patch.replace("auth.secondfactor:SecondFactor._seal", seal)
    patch.replace("auth.secondfactor:SecondFactor._open", open_)


@defect(
    "auth.recovery-codes-in-clear",
    breaks=["AUTH-158"],
    says="Recovery codes are stored as they are shown, beside their hashes.",
    partial=True,
)
def recovery_codes_in_clear(patch: Patch) -> None:
    def factory(keep: Function, hit: Hit) -> Function:
        def careless(connection: Any, user_id: str, codes: Any) -> None:
            keep(connection, user_id, codes)
            hit()
            rows = [{"code_hash": code, "user_id": user_id, "used_at": clock.now()} for code in codes]
            connection.execute(insert(recovery_codes), rows)

        return careless

    patch.replace("auth.secondfactor:SecondFactor._keep_recovery_codes", factory)


@defect(
    "auth.wrong-code-untold",
    breaks=["AUTH-159"],
    says="A wrong code is not told in the security log.",
    partial=True,
)
def wrong_code_untold(patch: Patch) -> None:
    def factory(insist: Function, hit: Hit) -> Function:
        def quiet(self: Any, refusal: str, user_id: str, factor: Any) -> None:
            if refusal == "wrong-code":
                hit()
                raise problems.Problem("wrong-code")
            insist(self, refusal, user_id, factor)

        return quiet

    patch.replace("auth.secondfactor:SecondFactor._insist", factory)


@defect(
    "auth.log-in-told-before-the-code",
    breaks=["AUTH-159"],
    says="A log-in is told as done as soon as the password is right.",
    partial=True,
)
def log_in_told_before_the_code(patch: Patch) -> None:
    def factory(challenge: Function, hit: Hit) -> Function:
        def hasty(self: Any, user: Any, device_id: str | None) -> Any:
            hit()
            self._log.success("login.succeeded", user_id=user.id)
            return challenge(self, user, device_id)

        return hasty

    patch.replace("auth.secondfactor:SecondFactor._challenge", factory)
