"""Mails and records about new passwords that go to the wrong people, tell too much, or are missing."""

import logging
from typing import Any

from sqlalchemy import delete

from reference.auth import addresses, mail
from reference.auth.database import outbox
from reference.defects import Function, Hit, Patch, defect
from reference.defects.shapes import nameless, untold

_UNTOLD = ("password.changed", "password.reset", "password.reset-mailed", "password.reset-requested")


@defect(
    "auth.change-not-mailed",
    breaks=["AUTH-101"],
    says="Nobody is told by mail that a password was changed; of resets they are told.",
    partial=True,
)
def change_not_mailed(patch: Patch) -> None:
    def factory(put: Function, hit: Hit) -> Function:
        def silent(
            self: Any, connection: Any, user_id: str, hashed: str, reason: str, but: Any = None
        ) -> Any:
            ended = put(self, connection, user_id, hashed, reason, but)
            if but is not None:
                hit()
                owed = (outbox.c.user_id == user_id) & (outbox.c.kind == mail.PASSWORD_CHANGED)
                connection.execute(delete(outbox).where(owed))
            return ended

        return silent

    patch.replace("auth.recovery:Recovery._put", factory)


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
            if host and message is not None:
                hit()
                text = message.get_content().replace("https://www.assay.test/", f"https://{host}/")
                message.set_content(text)
            return message

        return led

    patch.replace("auth.endpoints:request_password_reset", asking)
    patch.replace("auth.mail:Outbox.compose", writing)


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
    "auth.change-mail-tells-password",
    breaks=["AUTH-101"],
    says="The mail about a new password holds it.",
    partial=False,
)
def change_mail_tells_password(patch: Patch) -> None:
    chosen: dict[str, str] = {}

    def remembering(accept: Function) -> Function:
        def remembered(self: Any, new: str, email: str) -> None:
            accept(self, new, email)
            chosen[email] = new

        return remembered

    def factory(compose: Function, hit: Hit) -> Function:
        def talkative(self: Any, owed: Any) -> Any:
            message = compose(self, owed)
            if owed["kind"] == mail.PASSWORD_CHANGED and owed["email"] in chosen:
                hit()
                message.set_content(f"{message.get_content()}\nIt is now: {chosen[owed['email']]}\n")
            return message

        return talkative

    patch.replace("auth.recovery:Recovery._accept", remembering)
    patch.replace("auth.mail:Outbox.compose", factory)


@defect(
    "auth.reset-mailed-to-strangers",
    breaks=["AUTH-107"],
    says="Whoever has no account is mailed about it when a reset is asked for.",
    partial=True,
)
def reset_mailed_to_strangers(patch: Patch) -> None:
    def factory(send: Function, hit: Hit) -> Function:
        def to_anybody(self: Any, owed: Any) -> Any:
            if owed["kind"] == mail.PASSWORD_RESET and owed["owner_id"] is None:
                hit()
                return send(self, {**owed, "kind": mail.ALREADY_REGISTERED, "email": owed["address"]})
            return send(self, owed)

        return to_anybody

    patch.replace("auth.mail:Outbox._send", factory)


@defect(
    "auth.reset-token-in-log",
    breaks=["AUTH-72"],
    says="The service's log holds reset tokens as they are mailed.",
    partial=True,
)
def reset_token_in_log(patch: Patch) -> None:
    log = logging.getLogger("assay.access")

    def factory(make_reset: Function, hit: Hit) -> Function:
        def telling(self: Any, owed: Any) -> Any:
            token = make_reset(self, owed)
            if token is not None:
                hit()
                log.info("a mail with %s goes out", token)
            return token

        return telling

    patch.replace("auth.mail:Outbox.make_reset", factory)


@defect(
    "auth.new-password-untold",
    breaks=["AUTH-70"],
    says="The security log tells nothing of passwords that were changed or reset, only of what was refused.",
    partial=True,
)
def new_password_untold(patch: Patch) -> None:
    untold(patch, *_UNTOLD)


@defect(
    "auth.refused-password-names-nobody",
    breaks=["AUTH-75", "AUTH-70"],
    says="What is refused while a password is changed or reset is told without whose account it was.",
    partial=True,
)
def refused_password_names_nobody(patch: Patch) -> None:
    nameless(patch, "user_id", "password.change-refused", "password.reset-refused")


@defect(
    "auth.change-tells-one-session",
    breaks=["AUTH-70"],
    says="Of several sessions that end with a change of the password the security log tells of one.",
    partial=True,
)
def change_tells_one_session(patch: Patch) -> None:
    def factory(announce: Function, hit: Hit) -> Function:
        def sparing(self: Any, session_ids: Any, user_id: str, reason: str) -> None:
            if reason == "password-changed" and len(session_ids) > 1:
                hit()
                self._cache.remember_ended([*session_ids], self._settings.access_token_lifetime + 90)
                announce(self, session_ids[:1], user_id, reason)
            else:
                announce(self, session_ids, user_id, reason)

        return sparing

    patch.replace("auth.sessions:Sessions.announce_end", factory)


@defect(
    "auth.new-password-in-log",
    breaks=["AUTH-72"],
    says="The service's log holds passwords as they are changed.",
    partial=True,
)
def new_password_in_log(patch: Patch) -> None:
    log = logging.getLogger("assay.access")

    def factory(change: Function, hit: Hit) -> Function:
        def telling(self: Any, user_id: str, session_id: str, current: str, new: str) -> None:
            hit()
            log.info("%s chooses %s", user_id, new)
            change(self, user_id, session_id, current, new)

        return telling

    patch.replace("auth.recovery:Recovery.change", factory)


@defect(
    "auth.reset-mail-copied",
    breaks=["ACC-07"],
    says="A copy of each reset mail goes to the people who run the platform, token and all.",
    partial=False,
)
def reset_mail_copied(patch: Patch) -> None:
    def factory(send: Function, hit: Hit) -> Function:
        def copying(self: Any, owed: Any) -> Any:
            if owed["kind"] != mail.PASSWORD_RESET or owed["owner_id"] is None:
                return send(self, owed)
            message = self.compose(owed)
            if message is not None:
                hit()
                self.deliver(message)
                message.replace_header("To", "operators@mail.assay.test")
            return message is None or self.deliver(message)

        return copying

    patch.replace("auth.mail:Outbox._send", factory)
