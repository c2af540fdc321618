"""Sessions and their tokens that are mixed up, shared or kept in one case among many."""

import base64
import copy
import json
from dataclasses import replace
from typing import Any

from fastapi import Response
from sqlalchemy import select

from reference.auth.access import bearer_token
from reference.auth.activity import alive
from reference.auth.database import sessions
from reference.auth.sessions import Renewed, new_token
from reference.auth.strictjws import Refused
from reference.common import clock, problems
from reference.defects import Function, Hit, Patch, defect


@defect(
    "auth.log-in-joins-the-device",
    breaks=["AUTH-19"],
    says="Who logs in with the name of a device that has a session goes on with that session.",
    partial=True,
    blind=True,
)
def log_in_joins_the_device(patch: Patch) -> None:
    def factory(begin: Function, hit: Hit) -> Function:
        def joining(self: Any, user_id: str, permissions: Any, device_id: str | None, hashed: str) -> Any:
            now = clock.now()
            same = (sessions.c.user_id == user_id) & (sessions.c.device_id == device_id) & alive(now)
            with self._database.transaction() as connection:
                query = select(sessions).where(same).order_by(sessions.c.created_at).limit(1)
                found = connection.execute(query).mappings().first() if device_id else None
                if found is not None:
                    token = new_token()
                    self._keep(connection, token, found["id"], now)
            if found is None:
                return begin(self, user_id, permissions, device_id, hashed)
            hit()
            return Renewed(found["id"], user_id, tuple(permissions), token, found["expires_at"])

        return joining

    patch.replace("auth.sessions:Sessions.begin", factory)


@defect(
    "auth.renewed-into-the-newest",
    breaks=["AUTH-25"],
    says="The access token that a renewal gives is one of the newest session of the person.",
    partial=True,
    blind=True,
)
def renewed_into_the_newest(patch: Patch) -> None:
    def factory(renew: Function, hit: Hit) -> Function:
        def newest(self: Any, token: str) -> Any:
            renewed = renew(self, token)
            living = self.list(renewed.user_id)
            if not living or living[0]["id"] == renewed.session_id:
                return renewed
            hit()
            return replace(renewed, session_id=living[0]["id"])

        return newest

    patch.replace("auth.sessions:Sessions.renew", factory)


@defect(
    "auth.refresh-again-until-successor",
    breaks=["AUTH-26"],
    says="A refresh token that was used gives new tokens again while its successor has not been used.",
    partial=True,
    blind=True,
)
def refresh_again_until_successor(patch: Patch) -> None:
    newest: dict[str, str] = {}

    def remembering(rotate: Function, _hit: Hit) -> Function:
        def kept(self: Any, connection: Any, found: Any, now: Any) -> Any:
            newest[found["session_id"]] = found["token_hash"]
            return rotate(self, connection, found, now)

        return kept

    def factory(refusal: Function, hit: Hit) -> Function:
        def lenient(self: Any, found: Any, now: Any) -> Any:
            reason = refusal(self, found, now)
            if reason != "reused" or newest.get(found["session_id"]) != found["token_hash"]:
                return reason
            hit()
            return None

        return lenient

    patch.replace("auth.sessions:Sessions._rotate", remembering)
    patch.replace("auth.sessions:Sessions.refusal", factory)


@defect(
    "auth.refresh-token-tells-whose",
    breaks=["AUTH-32"],
    says="The refresh token of a renewal begins with the beginning of the id of its session.",
    partial=True,
    blind=True,
)
def refresh_token_tells_whose(patch: Patch) -> None:
    def factory(rotate: Function, hit: Hit) -> Function:
        def telling(self: Any, connection: Any, found: Any, now: Any) -> Any:
            kept = self._keep

            def keep(connection: Any, token: str, session_id: str, now: Any) -> None:
                made.append(session_id[:8] + token[8:])
                kept(connection, made[0], session_id, now)

            made: list[str] = []
            other = copy.copy(self)
            other._keep = keep
            rotate(other, connection, found, now)
            hit()
            return made[0]

        return telling

    patch.replace("auth.sessions:Sessions._rotate", factory)


@defect(
    "auth.log-out-by-device",
    breaks=["AUTH-36"],
    says="Log-out ends every session of the person that has the same name of a device.",
    partial=True,
    blind=True,
)
def log_out_by_device(patch: Patch) -> None:
    def factory(end: Function, hit: Hit) -> Function:
        def broad(self: Any, session_id: str, user_id: str, reason: str) -> bool:
            found = self.get(session_id) if reason == "log-out" else None
            done = bool(end(self, session_id, user_id, reason))
            if found is not None and found["device_id"]:
                for one in self.list(user_id):
                    if one["device_id"] == found["device_id"]:
                        hit()
                        end(self, one["id"], user_id, reason)
            return done

        return broad

    patch.replace("auth.sessions:Sessions.end", factory)


@defect(
    "auth.log-out-by-expired-token",
    breaks=["AUTH-38"],
    says="An access token that has expired still logs its session out.",
    partial=True,
    blind=True,
)
def log_out_by_expired_token(patch: Patch) -> None:
    def factory(log_out: Function, hit: Hit) -> Function:
        def lenient(request: Any) -> Any:
            try:
                return log_out(request)
            except problems.Problem as problem:
                service = request.app.state.service
                if problem.name != "invalid-token":
                    raise
                try:
                    token = bearer_token(request.headers.getlist("authorization"))
                    claims = json.loads(service.verifier.check_signature(token).payload)
                except (Refused, ValueError):
                    raise problem from None
                now = clock.seconds()
                if not isinstance(claims.get("exp"), int) or claims["exp"] > now:
                    raise
                if not service.sessions.end(str(claims.get("sid")), str(claims.get("sub")), "log-out"):
                    raise
                hit()
                return Response(status_code=204)

        return lenient

    patch.replace("auth.endpoints:log_out", factory)


@defect(
    "auth.others-last-used-at-their-beginning",
    breaks=["AUTH-46"],
    says="The list of sessions tells of every session but the own that it was last used when it began.",
    partial=True,
    blind=True,
)
def others_last_used_at_their_beginning(patch: Patch) -> None:
    def factory(session_answer: Function, hit: Hit) -> Function:
        def stale(row: Any, claims: Any) -> Any:
            answer = session_answer(row, claims)
            if not answer.current and answer.last_activity != answer.created_at:
                hit()
                answer.last_activity = answer.created_at
            return answer

        return stale

    patch.replace("auth.endpoints:session_answer", factory)


@defect(
    "auth.changed-password-readable",
    breaks=["AUTH-81"],
    says="The session store keeps a password that took the place of another, in base64, for ten minutes.",
    partial=True,
    blind=True,
)
def changed_password_readable(patch: Patch) -> None:
    def factory(change: Function, hit: Hit) -> Function:
        def keeping(self: Any, user_id: str, session_id: str, current: str, new: str) -> None:
            change(self, user_id, session_id, current, new)
            hit()
            cache, sealed = self._sessions._cache, base64.b64encode(new.encode()).decode()
            cache._try(lambda client: client.set(f"{cache._prefix}:changed:{user_id}", sealed, ex=600))

        return keeping

    patch.replace("auth.recovery:Recovery.change", factory)


@defect(
    "auth.validated-token-kept",
    breaks=["AUTH-84"],
    says="The session store keeps each access token that a service asked about and that was good, for a minute.",
    partial=True,
    blind=True,
)
def validated_token_kept(patch: Patch) -> None:
    def factory(validate_token: Function, hit: Hit) -> Function:
        def keeping(request: Any, body: Any) -> Any:
            answer = validate_token(request, body)
            if answer.valid:
                hit()
                cache = request.app.state.service.sessions._cache
                cache._try(lambda client: client.set(f"{cache._prefix}:good:{body.token}", "1", ex=60))
            return answer

        return keeping

    patch.replace("auth.endpoints:validate_token", factory)
