"""Roles: names for sets of permissions. An account holds the permissions; its role is the set that they are."""

from collections.abc import Iterable

_USER = ("profile:read", "profile:write")
_SUPPORT = (*_USER, "users:read")
_ADMIN = (*_SUPPORT, "users:manage", "keys:rotate", "services:manage")

MANAGE_USERS = "users:manage"
ORDINARY = "user"
PERMISSIONS = {ORDINARY: _USER, "support": _SUPPORT, "admin": _ADMIN}


def role_of(permissions: Iterable[str]) -> str:
    """The largest role of which an account has every permission."""
    held = set(permissions)
    fitting = [role for role, needed in PERMISSIONS.items() if held.issuperset(needed)]
    return max(fitting, key=lambda role: len(PERMISSIONS[role]), default=ORDINARY)
