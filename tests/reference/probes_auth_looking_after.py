"""Each defect of looking after accounts, keys and services is seen with the defect on, and not with it off."""

import secrets
import time
from typing import Any

from tests.reference.defect_platform import Platform, User
from tests.reference.defect_probes import Probes

PROBES = Probes()
flaw = PROBES.flaw


def make_key(on: Platform, owner: User, *scopes: str, **more: Any) -> dict[str, Any]:
    """A new key with its secret."""
    body = {"name": "of a probe", "scopes": scopes or ["read"], **more}
    answer = on.call("POST", "/auth/api-keys", body, owner.access)
    assert answer.status == 201, answer.text
    made: dict[str, Any] = answer.body
    return made


def rotate_key(on: Platform, owner: User, key_id: str, overlap: int) -> dict[str, Any]:
    """The key with another secret."""
    answer = on.call("POST", f"/auth/api-keys/{key_id}/rotate", {"overlap": overlap}, owner.access)
    assert answer.status == 200, answer.text
    made: dict[str, Any] = answer.body
    return made


def by_key(on: Platform, secret: str) -> int:
    """The status that a key gets at getMe."""
    return on.call("GET", "/auth/me", headers=[("X-API-Key", secret)]).status


def one_user(on: Platform, admin: User, user_id: str, action: str) -> int:
    """The status of disabling or enabling an account."""
    return on.call("POST", f"/auth/users/{user_id}/{action}", token=admin.access).status


def give_role(on: Platform, admin: User, user_id: str, role: str) -> int:
    """The status of giving an account a role."""
    return on.call("PUT", f"/auth/users/{user_id}/role", {"role": role}, admin.access).status


def listed(on: Platform, admin: User, query: str) -> Any:
    """A page of accounts."""
    answer = on.call("GET", f"/auth/users?{query}", token=admin.access)
    assert answer.status == 200, answer.text
    return answer.body


def make_service(on: Platform, admin: User, *permissions: str) -> tuple[str, str]:
    """The id and the secret of a new service."""
    service_id = f"probe-{secrets.token_hex(6)}"
    body = {"service_id": service_id, "service_name": "A probe", "permissions": permissions}
    answer = on.call("POST", "/auth/services", body, admin.access)
    assert answer.status == 201, answer.text
    return service_id, answer.body["service_secret"]


def ask_token(on: Platform, service_id: str, secret: str, *permissions: str) -> Any:
    """The answer to a service that asks for a token."""
    asked = {"service_id": service_id, "service_secret": secret, "requested_permissions": permissions}
    return on.call("POST", "/auth/service-token", asked)


@flaw("auth.rotation-renews-expiry")
def rotation_renews_expiry(on: Platform) -> bool:
    user = on.user()
    lasting, ending = make_key(on, user)["key"], make_key(on, user, expires_in=600)["key"]
    time.sleep(0.1)
    assert rotate_key(on, user, lasting["id"], 0)["key"]["expires_at"] is None
    return bool(rotate_key(on, user, ending["id"], 0)["key"]["expires_at"] != ending["expires_at"])


@flaw("auth.second-rotation-keeps-the-first")
def second_rotation_keeps_the_first(on: Platform) -> bool:
    user = on.user()
    first = make_key(on, user)
    second = rotate_key(on, user, first["key"]["id"], 60)
    assert [by_key(on, one["secret"]) for one in (first, second)] == [200, 200]
    third = rotate_key(on, user, first["key"]["id"], 60)
    assert by_key(on, third["secret"]) == 200
    kept = by_key(on, first["secret"]) == 200
    assert kept == (by_key(on, second["secret"]) == 401)
    return kept


@flaw("auth.switched-off-keys-not-counted", api_key_limit=2)
def switched_off_keys_not_counted(on: Platform) -> bool:
    user = on.user()
    key_id = make_key(on, user)["key"]["id"]
    make_key(on, user)
    body = {"name": "one more", "scopes": ["read"]}
    assert on.call("POST", "/auth/api-keys", body, user.access).status == 409
    assert on.call("PATCH", f"/auth/api-keys/{key_id}", {"disabled": True}, user.access).status == 200
    return on.call("POST", "/auth/api-keys", body, user.access).status == 201


@flaw("auth.key-revoked-before-whose")
def key_revoked_before_whose(on: Platform) -> bool:
    made, stranger = make_key(on, on.user()), on.user()
    assert by_key(on, made["secret"]) == 200
    target = f"/auth/api-keys/{made['key']['id']}"
    assert on.call("DELETE", target, token=stranger.access).status == 404
    return by_key(on, made["secret"]) == 401


@flaw("auth.use-of-key-noted-once")
def use_of_key_noted_once(on: Platform) -> bool:
    user = on.user()
    made = make_key(on, user)

    def last_used() -> Any:
        (only,) = on.call("GET", "/auth/api-keys", token=user.access).body["keys"]
        return only["last_used_at"]

    assert last_used() is None
    assert by_key(on, made["secret"]) == 200
    before = last_used()
    assert before is not None
    on.control("auth", "set-clock", ahead=120)
    try:
        assert by_key(on, made["secret"]) == 200
    finally:
        on.control("auth", "set-clock", ahead=0)
    return bool(last_used() == before)


@flaw("auth.shutting-out-switches-keys-off")
def shutting_out_switches_keys_off(on: Platform) -> bool:
    user, admin = on.user(), on.admin()
    secret, user_id = make_key(on, user)["secret"], user.claims["sub"]
    assert by_key(on, secret) == 200
    assert one_user(on, admin, user_id, "disable") == 200
    assert by_key(on, secret) == 401
    assert one_user(on, admin, user_id, "enable") == 200
    return by_key(on, secret) == 401


@flaw("auth.shut-out-filter-ignored")
def shut_out_filter_ignored(on: Platform) -> bool:
    admin, common = on.admin(), secrets.token_hex(6)
    for number in range(2):
        assert on.sign_up(f"{common}-{number}@example.test", "a password of some length").status == 202
    first, second = (one["id"] for one in listed(on, admin, f"email={common}")["users"])
    assert one_user(on, admin, first, "disable") == 200
    active = listed(on, admin, f"email={common}&is_active=true")["users"]
    assert [one["id"] for one in active] == [second]
    return len(listed(on, admin, f"email={common}&is_active=false")["users"]) == 2


@flaw("auth.shut-out-administrators-counted")
def shut_out_administrators_counted(on: Platform) -> bool:
    admin, other = on.admin(), on.user()
    admin_id, other_id = admin.claims["sub"], other.claims["sub"]
    for one in listed(on, admin, "role=admin")["users"]:
        if one["id"] != admin_id:
            assert give_role(on, admin, one["id"], "user") == 200
    assert give_role(on, admin, admin_id, "user") == 409
    assert give_role(on, admin, other_id, "admin") == 200
    assert one_user(on, admin, other_id, "disable") == 200
    return give_role(on, admin, admin_id, "user") == 200


@flaw("auth.enabling-revives-sessions")
def enabling_revives_sessions(on: Platform) -> bool:
    user, admin = on.user(), on.admin()
    assert one_user(on, admin, user.claims["sub"], "disable") == 200
    assert (on.me(user.access), on.renew(user.refresh).status) == (401, 401)
    assert one_user(on, admin, user.claims["sub"], "enable") == 200
    return on.renew(user.refresh).status == 200


@flaw("auth.role-waits-for-log-in")
def role_waits_for_log_in(on: Platform) -> bool:
    user, admin = on.user(), on.admin()
    assert give_role(on, admin, user.claims["sub"], "support") == 200
    token = on.renew(user.refresh).body["access_token"]
    assert on.call("GET", "/auth/users?limit=1", token=on.log_in(user).access).status == 200
    return on.call("GET", "/auth/users?limit=1", token=token).status == 403


@flaw("auth.largest-page-is-the-last")
def largest_page_is_the_last(on: Platform) -> bool:
    admin, common = on.admin(), secrets.token_hex(6)
    for number in range(101):
        assert on.sign_up(f"{common}-{number}@example.test", "a password of some length").status == 202
    assert listed(on, admin, f"email={common}&limit=99")["next_cursor"] is not None
    page = listed(on, admin, f"email={common}&limit=100")
    assert len(page["users"]) == 100
    return page["next_cursor"] is None


@flaw("auth.state-to-the-second")
def state_to_the_second(on: Platform) -> bool:
    user = on.user()

    def rename(name: str, *tags: str) -> Any:
        named = [("If-Match", tag) for tag in tags]
        return on.call("PATCH", "/auth/me", {"full_name": name}, user.access, named)

    statuses = []
    for _ in range(5):
        tag = rename("First").headers["ETag"]
        assert rename("Second", tag).status == 200
        statuses.append(rename("Third", tag).status)
    return 200 in statuses


@flaw("auth.introspection-tells-scopes-given")
def introspection_tells_scopes_given(on: Platform) -> bool:
    user, admin = on.user(), on.admin()
    user_id = user.claims["sub"]
    assert give_role(on, admin, user_id, "admin") == 200
    secret = make_key(on, on.log_in(user), "read", "admin")["secret"]
    asking = ask_token(on, *make_service(on, admin, "tokens:introspect"), "tokens:introspect").body["token"]

    def scope() -> Any:
        return on.call("POST", "/auth/introspect", {"token": secret}, asking).body["scope"]

    assert scope() == "read write admin"
    assert give_role(on, admin, user_id, "user") == 200
    assert on.call("GET", "/auth/users", headers=[("X-API-Key", secret)]).status == 403
    return bool(scope() == "read write admin")


@flaw("auth.grant-told-without-secret")
def grant_told_without_secret(on: Platform) -> bool:
    service_id, secret = make_service(on, on.admin(), "users:read")
    assert ask_token(on, service_id, secret, "tokens:introspect").status == 403
    assert ask_token(on, service_id, "wrong", "users:read").status == 401
    assert ask_token(on, f"{service_id}-not", "wrong", "tokens:introspect").status == 401
    return bool(ask_token(on, service_id, "wrong", "tokens:introspect").status == 403)
