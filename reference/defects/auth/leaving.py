"""Deletions that are promised and not done, or done for the wrong caller; exports that the wrong caller is given."""

from typing import Any

from fastapi.responses import Response

from reference.auth import endpoints
from reference.auth.access import bearer_token
from reference.auth.deletion import Deletion
from reference.common import problems
from reference.defects import Function, Hit, Patch, defect

_DELETE, _EXPORT = "auth.routes.deletion:delete_account", "auth.routes.deletion:export_account"


def _put_off(patch: Patch, which: Function) -> None:
    """Answers as if an account was deleted and leaves it as it is, for accounts with so many sessions."""

    def factory(delete_own: Function, hit: Hit) -> Function:
        def later(self: Any, user_id: str, current: str) -> bool:
            if not which(len(self._sessions.list(user_id))):
                return bool(delete_own(self, user_id, current))
            hit()
            self._prove(user_id, self._hash_of(user_id), current)
            return True

        return later

    patch.replace("auth.deletion:Deletion.delete_own", factory)


@defect(
    "auth.deletion-put-off",
    breaks=["ACC-19", "AUTH-171"],
    says="The account of somebody with one session is said to be deleted and is not.",
    partial=True,
)
def deletion_put_off(patch: Patch) -> None:
    _put_off(patch, lambda sessions: sessions == 1)


@defect(
    "auth.deletion-with-sessions-put-off",
    breaks=["AUTH-171", "ACC-19"],
    says="The account of somebody with two sessions is said to be deleted and is not.",
    partial=True,
)
def deletion_with_sessions_put_off(patch: Patch) -> None:
    _put_off(patch, lambda sessions: sessions == 2)


@defect(
    "auth.refused-deletion-logs-out",
    breaks=["AUTH-170"],
    says="A deletion that is refused for its password ends every session of the account.",
    partial=True,
)
def refused_deletion_logs_out(patch: Patch) -> None:
    def factory(refuse: Function, hit: Hit) -> Function:
        def ending(self: Any, user_id: str, reason: str) -> None:
            hit()
            self._sessions.end_all(user_id, "deletion-refused")
            refuse(self, user_id, reason)

        return ending

    patch.replace("auth.deletion:Deletion._refuse", factory)


def _by_ended_session(patch: Patch, where: str) -> None:
    """Takes a token of a session that has ended, in one operation."""

    def factory(authenticated: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> Any:
            try:
                return authenticated(request)
            except problems.Problem as problem:
                if problem.name != "invalid-token" or request.url.path != where:
                    raise
                service = endpoints.parts(request)
                token = bearer_token(request.headers.getlist("authorization"))
                claims = service.access._verifier.check(token)
                hit()
                return service, claims

        return lenient

    patch.replace("auth.endpoints:authenticated", factory)


@defect(
    "auth.deletion-by-ended-session",
    breaks=["AUTH-170"],
    says="An access token of a session that has ended still deletes the account.",
    partial=True,
)
def deletion_by_ended_session(patch: Patch) -> None:
    _by_ended_session(patch, "/auth/account/delete")


@defect(
    "auth.export-by-ended-session",
    breaks=["AUTH-179"],
    says="An access token of a session that has ended is still given the export.",
    partial=True,
)
def export_by_ended_session(patch: Patch) -> None:
    _by_ended_session(patch, "/auth/account/export")


@defect(
    "auth.deletion-without-token",
    breaks=["AUTH-170"],
    says="A deletion without a token is answered as done.",
    partial=True,
)
def deletion_without_token(patch: Patch) -> None:
    def factory(delete: Function, hit: Hit) -> Function:
        def polite(request: Any, body: Any) -> Any:
            try:
                return delete(request, body)
            except problems.Problem as problem:
                if problem.name != "missing-token":
                    raise
                hit()
                return Response(status_code=204)

        return polite

    patch.replace(_DELETE, factory)


@defect(
    "auth.export-without-token",
    breaks=["AUTH-179"],
    says="Whoever asks for an export without a token is given the one that was asked for last.",
    partial=True,
)
def export_without_token(patch: Patch) -> None:
    last: list[Any] = []

    def factory(export: Function, hit: Hit) -> Function:
        def remembering(request: Any) -> Any:
            try:
                last[:] = [export(request)]
            except problems.Problem as problem:
                if problem.name != "missing-token" or not last:
                    raise
                hit()
            return last[0]

        return remembering

    patch.replace(_EXPORT, factory)


@defect(
    "auth.export-with-token",
    breaks=["AUTH-180"],
    says="An export holds the access token that it was asked for with.",
)
def export_with_token(patch: Patch) -> None:
    def factory(export: Function, hit: Hit) -> Function:
        def telling(request: Any) -> Any:
            found = export(request)
            hit()
            found.account.auth_provider = bearer_token(request.headers.getlist("authorization"))
            return found

        return telling

    patch.replace(_EXPORT, factory)


@defect(
    "auth.export-forgets-names",
    breaks=["AUTH-179"],
    says="An export tells neither the name of a person nor the names of devices.",
    partial=True,
)
def export_forgets_names(patch: Patch) -> None:
    def factory(of: Function, hit: Hit) -> Function:
        def terse(self: Any, user_id: str) -> Any:
            found = of(self, user_id)
            if found is not None:
                hit()
                found["account"]["full_name"] = None
                for session in found["sessions"]:
                    session["device_id"] = None
            return found

        return terse

    patch.replace("auth.export:Export.of", factory)


@defect(
    "auth.last-administrator-leaves",
    breaks=["AUTH-188"],
    says="The last administrator can delete the account.",
    partial=True,
)
def last_administrator_leaves(patch: Patch) -> None:
    def factory(let_others_manage: Function, hit: Hit) -> Function:
        def careless(self: Any, connection: Any, user_id: str) -> None:
            try:
                let_others_manage(self, connection, user_id)
            except problems.Problem:
                hit()

        return careless

    patch.replace("auth.deletion:Deletion._let_others_manage", factory)


@defect(
    "auth.leaving-administrators-unheld",
    breaks=["AUTH-188"],
    says="Whether another administrator remains is looked at before the password is, and not held until the account is deleted.",
    partial=True,
)
def leaving_administrators_unheld(patch: Patch) -> None:
    def factory(delete_own: Function, hit: Hit) -> Function:
        def beforehand(self: Any, user_id: str, current: str) -> Any:
            with self._database.transaction() as connection:
                Deletion._let_others_manage(self, connection, user_id)
            hit()
            self._let_others_manage = lambda *_: None
            return delete_own(self, user_id, current)

        return beforehand

    patch.replace("auth.deletion:Deletion.delete_own", factory)
