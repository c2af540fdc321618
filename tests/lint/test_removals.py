"""What an operation creates is removed from a platform that stays, or it is said here why it need not be."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.lint.tree import ROOT

CREATES = re.compile(r"^(?:create|add|register|enrol|invite|issue|import|upload|signUp|logIn|finishLogIn)")
EXCUSED = {
    "auth.issueServiceToken": "a token of some minutes that nobody keeps; it ends with its service at the latest",
    "auth.logInByCookie": "a session whose cookies are the test's alone; it ends by itself, and with the account",
    "auth.finishLogInByCookie": "as logInByCookie",
    "auth.setUserRole": "a role goes with its account",
    "auth.trustKeys": "the next keys that are told take the place of these; they are of published vectors",
    "store.putEntities": "they go with their schema",
    "store.grantSchema": "it ends with its worker",
    "store.logIn": "a token of some minutes; it ends with its key at the latest",
}


def creating() -> set[str]:
    """The operations that answer 201 or put something there, or whose names say that they make something."""
    found = set()
    contracts = ROOT / "resources" / "contracts"
    for path in sorted(contracts.glob("**/*.yaml")):
        service = path.relative_to(contracts).parts[0].partition(".")[0]
        paths: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")).get("paths") or {}
        for method, said in (
            (m, s) for item in paths.values() for m, s in item.items() if isinstance(s, dict)
        ):
            name = said.get("operationId", "")
            makes = method == "put" or method == "post" and CREATES.match(name)
            if makes or "201" in said.get("responses", {}):
                found.add(f"{service}.{name}")
    return found


def test_what_is_created_is_in_the_table_or_excused() -> None:
    table = yaml.safe_load((ROOT / "resources" / "removals.yaml").read_text("utf-8"))
    known = set(table)
    found = creating()
    assert {
        "auth.createService",
        "auth.signUp",
        "auth.logIn",
        "store.createApiKey",
        "store.putSchema",
    } <= found
    assert found - known - set(EXCUSED) == set()
    assert set(EXCUSED) <= found - known
