"""What the report's tests share: state folders in the making and a small catalogue of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from assay.report import catalogue

from tests.report.synthetic import Made

PROMISES = """
steps: {2: Accounts, 6: Chat}
parts: {CH: Accounts and chat}
areas: {auth: Accounts and tokens}
promises:
  - {id: CH-3, step: 6, says: One token is accepted or refused alike everywhere.}
  - {id: CH-4, step: 6, says: A socket opens only for who has logged in.}
"""
TOKENS = """
area: auth
title: Tokens
requirements:
  - {id: JWT-01, says: A token without a signature is refused., level: MUST, risk: Anyone is anyone., source: RFC 8725}
  - {id: JWT-02, says: A cut token is refused., level: MUST, risk: Anyone is anyone., source: RFC 7519}
  - {id: JWT-03, says: A refusal says what to do next., level: SHOULD, risk: People are lost., source: RFC 6750}
  - {id: JWT-04, says: A token ends with its key., level: MUST, risk: Keys live on., source: RFC 7517, later: 2}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of its own with four requirements, two promises and no targets."""
    folder = tmp_path / "home"
    books = folder / "resources" / "catalogue"
    books.mkdir(parents=True)
    (folder / "variables" / "targets").mkdir(parents=True)
    (books / "promises.yaml").write_text(PROMISES)
    (books / "tokens.yaml").write_text(TOKENS)
    monkeypatch.setenv("ASSAY_HOME", str(folder))
    catalogue.load.cache_clear()
    yield folder
    catalogue.load.cache_clear()


@pytest.fixture
def made(home: Path, tmp_path: Path) -> Made:
    """An empty run that came to its own end."""
    return Made(tmp_path / "state", ending={"how": "finished"})
