"""What an operation creates is removed from a platform that stays, or it is said here why it need not be."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.lint.tree import ROOT

CREATES = re.compile(r"^(?:create|add|register|enrol|invite|issue|import|upload|signUp|logIn|finishLogIn)")
EXCUSED = {
    "issueServiceToken": "a token of some minutes that nobody keeps; it ends with its service at the latest",
    "logInByCookie": "a session whose cookies are the test's alone; it ends by itself, and with the account",
    "finishLogInByCookie": "as logInByCookie",
}


def creating() -> set[str]:
    """The operations that answer 201, or whose names say that they make something."""
    found = set()
    contracts = ROOT / "resources" / "contracts"
    for path in [contracts / "auth.openapi.yaml", *sorted((contracts / "auth").glob("*.yaml"))]:
        paths: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")).get("paths") or {}
        for method, said in (
            (m, s) for item in paths.values() for m, s in item.items() if isinstance(s, dict)
        ):
            name = said.get("operationId", "")
            if "201" in said.get("responses", {}) or method == "post" and CREATES.match(name):
                found.add(name)
    return found


def test_what_is_created_is_in_the_table_or_excused() -> None:
    table = yaml.safe_load((ROOT / "resources" / "removals.yaml").read_text("utf-8"))
    known = {name.partition(".")[2] for name in table}
    found = creating()
    assert {"createService", "createApiKey", "signUp", "logIn"} <= found
    assert found - known - set(EXCUSED) == set()
    assert set(EXCUSED) <= found - known
