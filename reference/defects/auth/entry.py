"""Sign-up, confirmation and log-in that go wrong for some texts and some people."""

from dataclasses import replace
from typing import Any

from reference.auth import addresses, mail
from reference.auth.principal import Principal
from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect

_TOKEN_LENGTH = 43


@defect(
    "auth.confirmation-token-lengthened",
    breaks=["AUTH-05"],
    says="What follows the characters of a confirmation token is not looked at.",
    partial=True,
    blind=True,
)
def confirmation_token_lengthened(patch: Patch) -> None:
    def factory(verify_email: Function, hit: Hit) -> Function:
        def short(self: Any, token: str) -> Any:
            if len(token) > _TOKEN_LENGTH:
                hit()
            return verify_email(self, token[:_TOKEN_LENGTH])

        return short

    patch.replace("auth.accounts:Accounts.verify_email", factory)


@defect(
    "auth.password-of-other-planes-refused",
    breaks=["AUTH-10"],
    says="A password with a character beyond the first plane of Unicode, as faces and old scripts are, is refused.",
    partial=True,
    blind=True,
)
def password_of_other_planes_refused(patch: Patch) -> None:
    def factory(objection: Function, hit: Hit) -> Function:
        def strict(self: Any, password: str, email: str) -> Any:
            found = objection(self, password, email)
            if found is None and any(ord(one) > 0xFFFF for one in password):
                hit()
                return "holds a character that is not known here"
            return found

        return strict

    patch.replace("auth.passwords:Passwords.objection", factory)


@defect(
    "auth.confirmation-to-address-without-tag",
    breaks=["AUTH-12"],
    says="The confirmation of an address with a tag behind a plus goes to the address without it.",
    partial=True,
    blind=True,
)
def confirmation_to_address_without_tag(patch: Patch) -> None:
    def factory(compose: Function, hit: Hit) -> Function:
        def untagged(self: Any, owed: Any) -> Any:
            message = compose(self, owed)
            name, _, domain = str(owed["email"] or "").partition("@")
            if message is not None and owed["kind"] == mail.VERIFICATION and "+" in name:
                hit()
                message.replace_header("To", f"{name.partition('+')[0]}@{domain}")
            return message

        return untagged

    patch.replace("auth.mail:Outbox.compose", factory)


@defect(
    "auth.log-in-answer-without-rights",
    breaks=["AUTH-15"],
    says="The answer to the log-in of somebody who may see accounts tells a person who may do nothing.",
    partial=True,
    blind=True,
)
def log_in_answer_without_rights(patch: Patch) -> None:
    def factory(log_in: Function, hit: Hit) -> Function:
        def bare(request: Any, body: Any) -> Any:
            answer = log_in(request, body)
            user = getattr(answer, "user", None)
            if user is not None and "users:read" in user.permissions:
                hit()
                user.permissions = []
            return answer

        return bare

    patch.replace("auth.endpoints:log_in", factory)


@defect(
    "auth.known-stranger-refused-quickly",
    breaks=["AUTH-18"],
    says="An address that has no account and was tried before is refused without comparing any password.",
    partial=True,
    blind=True,
)
def known_stranger_refused_quickly(patch: Patch) -> None:
    strangers: set[str] = set()

    def factory(log_in: Function, hit: Hit) -> Function:
        def hasty(self: Any, email: str, password: str) -> Any:
            address = addresses.normalise(email) or ""
            found = self._find(address)
            if found is not None or address not in strangers:
                if found is None:
                    strangers.add(address)
                return log_in(self, email, password)
            hit()
            self._begin_log_in(address, None)
            self._log.failure("login.failed", "invalid-credentials")
            raise problems.Problem("invalid-credentials", headers={"WWW-Authenticate": "Bearer"})

        return hasty

    patch.replace("auth.accounts:Accounts.log_in", factory)


@defect(
    "auth.told-of-account-in-query",
    breaks=["AUTH-21"],
    says="Who asks about themselves and names another account in the query is told about that one.",
    partial=True,
    blind=True,
)
def told_of_account_in_query(patch: Patch) -> None:
    def factory(admitted: Function, hit: Hit) -> Function:
        def named(request: Any) -> Any:
            service, asking = admitted(request)
            other = request.query_params.get("user_id")
            if request.scope["route"].name != "getMe" or not other or not isinstance(asking, Principal):
                return service, asking
            if service.accounts.get(other) is None or other == asking.user_id:
                return service, asking
            hit()
            return service, replace(asking, user_id=other)

        return named

    patch.replace("auth.endpoints:admitted", factory)


@defect(
    "auth.rotation-told-in-another-time",
    breaks=["AUTH-74"],
    says="The time of the event of a key rotation is told in another form than that of all others.",
    partial=True,
    blind=True,
)
def rotation_told_in_another_time(patch: Patch) -> None:
    def factory(write: Function, hit: Hit) -> Function:
        def otherwise(
            self: Any, event: str, outcome: str, reason: str | None = None, **named: str | None
        ) -> None:
            if event == "key.rotated":
                hit()
                named["time"] = clock.now().isoformat(timespec="seconds")
            write(self, event, outcome, reason, **named)

        return otherwise

    patch.replace("auth.securitylog:SecurityLog.write", factory)
