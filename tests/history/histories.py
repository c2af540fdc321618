"""Histories from the tables beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from assay.core.histories import History, Operation, Outcome

HERE = Path(__file__).parent


def cases(name: str) -> list[Any]:
    """The entries of a table."""
    found: list[Any] = yaml.safe_load((HERE / name).read_text("utf-8"))
    return found


def history_of(case: Any) -> History:
    """An entry as a history."""
    history = History(case["name"])
    for one in case["operations"]:
        begun, *rest = one["at"]
        outcome = Outcome(one.get("outcome", "ok" if rest else "unknown"))
        history.add(
            Operation(
                one["client"],
                one["kind"],
                one.get("key", "k"),
                asked=one.get("value"),
                expected=one.get("expected"),
                seen=one.get("seen"),
                version=one.get("version"),
                begun=begun / 1000,
                ended=rest[0] / 1000 if rest else None,
                outcome=outcome,
            )
        )
    return history
