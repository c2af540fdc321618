"""What a target does not tolerate is not done to it: the keywords for it refuse, whoever forgot the tag of the test."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from assay.core import capabilities, run, tolerance
from assay.core.errors import AssayError
from assay.http import wrong
from assay.HttpLibrary import HttpLibrary
from assay.TotpLibrary import TotpLibrary
from robot.api.types import Secret

REQUIRE = tolerance.require
LIBRARIES = Path(tolerance.__file__).parents[1]
TOLERATED = sorted(capabilities.known()["tolerates"])


KNOWN = {
    "auth.fuzzing": {
        *(
            "requests_without_sense",
            "bodies_that_are_no_json",
            "kinds_of_content",
            "bodies_that_are_too_large",
        ),
        "fuzzing_is_tolerated",
    },
    "auth.floods": {
        "call_during",
        "response_times_should_not_differ",
        "floods_are_tolerated",
        "call_until_refused",
    },
    "auth.lockouts": {
        *("unlike_forms_of_password", "unlike_forms_of_address", "log_ins_by_texts_around_an_address"),
        "lockouts_are_tolerated",
    },
    "store.fuzzing": {"fuzzing_of_the_store_is_tolerated"},
    "store.floods": {"floods_of_the_store_are_tolerated"},
    "store.destruction": {"destruction_is_tolerated"},
}


def _keywords() -> list[tuple[type, str, str]]:
    """Library, method and capability of every keyword that is marked."""
    found = []
    for path in sorted(LIBRARIES.glob("*Library.py")):
        library = getattr(importlib.import_module(f"assay.{path.stem}"), path.stem)
        for name, method in inspect.getmembers(library, inspect.isfunction):
            for tag in getattr(method, "robot_tags", ()):
                if tag.removeprefix("needs:") in TOLERATED:
                    found.append((library, name, tag.removeprefix("needs:")))
    return found


@pytest.fixture
def tolerating(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What the target tolerates, to be filled."""
    able: set[str] = set()
    target = SimpleNamespace(name="staging", capabilities=able, data={})
    monkeypatch.setattr(run, "current", lambda: SimpleNamespace(target=target))
    monkeypatch.setattr(tolerance, "require", REQUIRE)
    return able


@pytest.mark.parametrize("capability", TOLERATED)
def test_what_does_it_is_marked(capability: str) -> None:
    assert KNOWN[capability] <= {name for _, name, marked in _keywords() if marked == capability}


SENDS = re.compile(
    r"^(?:_?(?:call|send|exchange|raw)(?:_\w+)?|call_until_refused|run_rows|sample|together|during)$"
)
"""How what a keyword calls is named, when it sends a request."""
FEW = {
    "what_is_no_request_should_be_told_apart": "three heads that are no request",
    "spellings_that_are_served": "one request for each of a dozen spellings",
    "paths_beside_should_not_be_taken": "five requests",
    "send_on_grpc_stream": "the messages of one call",
    "hold_grpc_streams_open_together": "a message on each of the calls that a test opens",
    "ping_pong_on_grpc_stream": "the messages of one call",
    "each_page_at": "one page after the other of what a test wrote",
    "pause_process": "signals to processes are no requests",
}


def _sends_again_and_again(method: Any) -> bool:
    """Whether a request is sent within a loop of the method's own."""
    tree = ast.parse(f"class _:\n{inspect.getsource(inspect.unwrap(method))}")
    loops = (ast.For, ast.While, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
    return any(
        isinstance(one, ast.Call)
        and SENDS.match(getattr(one.func, "attr", "") or getattr(one.func, "id", ""))
        for loop in ast.walk(tree)
        if isinstance(loop, loops)
        for one in ast.walk(loop)
    )


def test_a_keyword_that_sends_again_and_again_is_marked_or_says_why_not() -> None:
    marked = {name for _, name, _ in _keywords()}
    looping = set()
    for path in sorted(LIBRARIES.glob("*Library.py")):
        library = getattr(importlib.import_module(f"assay.{path.stem}"), path.stem)
        for name, method in inspect.getmembers(library, inspect.isfunction):
            if hasattr(method, "robot_name") and _sends_again_and_again(method):
                looping.add(name)
    assert "call_until_refused" in looping
    assert looping - marked - set(FEW) == set()
    assert set(FEW) <= looping


@pytest.mark.parametrize(("library", "name", "capability"), _keywords())
def test_a_marked_keyword_refuses_before_it_does_anything(
    library: type, name: str, capability: str, tolerating: set[str]
) -> None:
    tolerating.update(set(TOLERATED) - {capability})
    method: Any = getattr(library, name)
    with pytest.raises(
        AssayError, match=f"the target staging does not tolerate {capability}; a test that does this"
    ):
        method(None)  # even what is needed to call it is not looked at


def test_where_it_is_tolerated_it_is_done(tolerating: set[str]) -> None:
    tolerating.update(TOLERATED)
    from assay.PlatformLibrary import PlatformLibrary

    PlatformLibrary.floods_are_tolerated(SimpleNamespace())  # type: ignore[arg-type]


def test_many_calls_together_are_a_flood_and_some_are_not(
    tolerating: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def send(caller: Any, operation: str, requests: list[Any]) -> list[Any]:
        sent.append(len(requests))
        return []

    monkeypatch.setattr("assay.http.together.call", send)
    HttpLibrary().call_together("auth.getMe", times=24)
    with pytest.raises(AssayError, match="Call Together with 25 calls, more than 24, is refused"):
        HttpLibrary().call_together("auth.getMe", times=25)
    tolerating.add("auth.floods")
    HttpLibrary().call_together("auth.getMe", times=25)
    assert sent == [24, 25]


def test_a_fifth_wrong_password_for_one_account_in_one_test_is_not_sent(tolerating: set[str]) -> None:
    counted = wrong.WrongPasswords()

    def tried(test: str, account: str, problem: str | None) -> None:
        counted.check(test, account)
        counted.heard(account, problem)

    for number in range(4):
        tried("a test", "ann@corp.example", ("invalid-credentials", "wrong-password")[number % 2])
    tried("a test", "bob@corp.example", "invalid-credentials")
    with pytest.raises(
        AssayError, match=r"another request of ann@corp\.example, after 4 with a wrong password"
    ):
        counted.check("a test", "ann@corp.example")
    tried("another test", "ann@corp.example", None)
    tolerating.add("auth.lockouts")
    for _ in range(9):
        tried("another test", "ann@corp.example", "invalid-credentials")


def test_wrong_codes_are_guesses_too(tolerating: set[str]) -> None:
    secret = Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    counted = wrong.WrongPasswords()
    for code in TotpLibrary().wrong_codes(secret, 4):
        assert code.value.isdigit()
        counted.check("a test", "ann@corp.example")
        counted.heard("ann@corp.example", "wrong-code")
    with pytest.raises(AssayError, match="another request of ann"):
        counted.check("a test", "ann@corp.example")
    with pytest.raises(AssayError, match="Wrong Codes with 5 codes, more than 4, is refused"):
        TotpLibrary().wrong_codes(secret, 5)
    tolerating.add("auth.lockouts")
    assert len(TotpLibrary().wrong_codes(secret, 5)) == 5


def test_other_refusals_lock_nobody_out(tolerating: set[str]) -> None:
    counted = wrong.WrongPasswords()
    for _ in range(9):
        counted.check("a test", "ann@corp.example")
        counted.heard("ann@corp.example", "invalid-token")
    assert tolerating == set()
