"""Recording: what an operation is when its block ends, clients that run at once, files."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from assay.core.errors import AssayError
from assay.core.histories import Client, History, Operation, Outcome, run_clients
from assay.evidence.redact import conceal, forget
from assay.history import files
from assay.HistoryLibrary import HistoryLibrary
from robot.api.types import Secret


def only(history: History) -> Operation:
    (one,) = history.operations
    return one


def test_a_block_that_ends_is_done() -> None:
    history = History()
    with history.operation("ann", "write", "k", "x"):
        assert only(history).unknown
    one = only(history)
    assert (one.ok, one.number, one.asked) == (True, 1, "x")
    assert one.ended is not None and one.begun <= one.ended == one.done


def test_what_was_seen_is_told() -> None:
    history = History()
    with history.operation("ann", "read", "k") as operation:
        operation.saw({"a": 1}, version=3)
    assert (only(history).seen, only(history).version, only(history).ok) == ({"a": 1}, 3, True)


def test_a_value_that_changes_later_is_kept_as_it_was() -> None:
    history, value = History(), ["x"]
    with history.operation("ann", "write", "k", value):
        value.append("y")
    assert only(history).asked == ["x"]


def test_an_exception_leaves_it_unknown() -> None:
    history = History()
    with pytest.raises(TimeoutError), history.operation("ann", "write", "k", "x"):
        raise TimeoutError
    assert (only(history).unknown, only(history).note) == (True, "TimeoutError")
    assert only(history).done == float("inf")


def test_refused_and_unknown_are_told() -> None:
    history = History()
    with history.operation("ann", "write", "k", "x") as operation:
        operation.failed("409")
    with history.operation("ann", "write", "k", "y") as operation:
        operation.unknown("503")
    assert [(one.outcome, one.note) for one in history] == [(Outcome.FAILED, "409"), (Outcome.UNKNOWN, "503")]


def test_a_read_must_say_what_it_saw() -> None:
    with pytest.raises(AssayError, match="does not say what it saw"), History().operation("ann", "read", "k"):
        pass


def test_an_operation_ends_once() -> None:
    operation = History().operation("ann", "write", "k", "x")
    operation.done()
    with pytest.raises(AssayError, match="has ended already"):
        operation.failed()


def test_times_that_cannot_be() -> None:
    with pytest.raises(AssayError, match="before it begins"):
        History().add(Operation("ann", "read", "k", begun=2.0, ended=1.0, outcome=Outcome.OK))
    with pytest.raises(AssayError, match="has no end"):
        History().add(Operation("ann", "read", "k", begun=2.0, outcome=Outcome.OK))


def test_clients_run_at_once_and_lose_nothing() -> None:
    history, together = History(), threading.Barrier(8, timeout=30)

    def work(client: Client) -> None:
        # Only when all are in the middle of an operation does any go on.
        with client.operation("write", "k", client.place):
            together.wait()
        for number in range(200):
            with client.operation("increment", "n", number):
                pass

    run_clients(history, 8, work)
    operations = history.operations
    assert len(operations) == 8 * 201
    assert len({one.number for one in operations}) == 8 * 201
    assert {one.client for one in operations} == {f"client-{number}" for number in range(1, 9)}
    writes = [one for one in operations if one.kind == "write"]
    assert max(one.begun for one in writes) <= min(one.done for one in writes)


def test_a_register_that_many_use_is_linearizable_and_a_broken_one_is_not() -> None:
    values: dict[str, int] = {}

    def work(client: Client) -> None:
        for number in range(100):
            with client.operation("write", "k", client.place * 1000 + number):
                values["k"] = client.place * 1000 + number
            with client.operation("read", "k") as read:
                read.saw(values["k"])

    history = History()
    run_clients(history, ["ann", "bob", "eve"], work)
    HistoryLibrary().history_should_be_linearizable(history)
    HistoryLibrary().clients_should_read_their_own_writes(history)


def test_the_exception_of_a_client_is_raised_and_ends_the_others() -> None:
    def work(client: Client) -> None:
        if client.name == "bob":
            raise ValueError("bob is broken")
        while client.goes_on():
            with client.operation("increment", "n"):
                pass

    with pytest.raises(ValueError, match="bob is broken"):
        run_clients(History(), ["ann", "bob"], work)


def test_clients_that_do_not_end_are_named_and_what_they_were_at_is_unknown() -> None:
    history, gate = History(), threading.Event()

    def work(client: Client) -> None:
        with client.operation("write", "k", "x"):
            if client.name == "bob":
                gate.wait(60)

    with pytest.raises(AssayError, match=r"have not ended within 0\.3 s: bob"):
        run_clients(history, ["ann", "bob"], work, seconds=0.3)
    assert {one.client: one.outcome for one in history} == {"ann": Outcome.OK, "bob": Outcome.UNKNOWN}
    gate.set()


def test_no_clients_are_an_error() -> None:
    with pytest.raises(AssayError, match="no clients"):
        run_clients(History(), 0, lambda _: None)


def test_a_file_has_all_and_is_private(tmp_path: Path) -> None:
    history = History("two")
    history.add(Operation("ann", "cas", "k", 2, 1, None, 7, 0.5, 1.5, Outcome.OK))
    history.add(
        Operation("bob", "read", "k", seen=[1, {"a": True}], begun=0.6, ended=0.7, outcome=Outcome.OK)
    )
    history.add(Operation("bob", "write", "k", "x", begun=0.8, note="TimeoutError"))
    path = HistoryLibrary().write_history(history, tmp_path / "deep" / "two.jsonl")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert HistoryLibrary().read_history(path).operations == history.operations


def test_secrets_are_marks_that_stay_apart(tmp_path: Path) -> None:
    forget()
    conceal("a-plain-canary-of-the-store", "canary")
    history = History()
    for value in (
        Secret("hidden-one"),
        Secret("hidden-two"),
        Secret("hidden-one"),
        "a-plain-canary-of-the-store",
    ):
        with history.operation("ann", "write", "k", {"deep": [value]}):
            pass
    one, two, again, _ = (operation.asked for operation in history)
    assert one == again != two
    assert "hidden" not in repr(history.operations)
    path = tmp_path / "history.jsonl"
    files.write(history, path)
    text = path.read_text("utf-8")
    assert "hidden" not in text and "canary-of-the-store" not in text
    kept = [operation.asked for operation in files.read(path)]
    assert kept[0] == kept[2] and len({str(value) for value in kept}) == 3
    forget()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nonsense", "1: no JSON"),
        ("[]", "1: an operation lacks client, kind, key, begun"),
        ('{"client": "a", "kind": "read", "key": "k"}', "lacks begun"),
        ('{"client": "a", "kind": "read", "key": "k", "begun": 1, "sen": 2}', "did you mean 'seen'"),
        (
            '{"client": "a", "kind": "read", "key": "k", "begun": 1, "outcome": "okay"}',
            "unknown outcome 'okay'",
        ),
        ('{"client": "a", "kind": "read", "key": "k", "begun": 1, "ended": 0}', "before it begins"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(line, "utf-8")
    with pytest.raises(AssayError, match=told):
        files.read(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="cannot be read"):
        files.read(tmp_path / "none.jsonl")
