"""One tiny world and one tiny book for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

import margincall as mc

TINY = Path(__file__).with_name("tiny.toml")


@pytest.fixture(scope="session")
def tiny() -> Path:
    return TINY


@pytest.fixture(scope="session")
def run() -> mc.Run:
    """In memory."""
    return mc.run(TINY)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same world by the command line."""
    out = tmp_path_factory.mktemp("cli") / "tiny"
    answer = mc.command(["run", str(TINY), "--out", str(out), "--progress", "none", "-q"])
    assert answer.code == 0, answer.err
    return out


@pytest.fixture(scope="session")
def paths(tmp_path_factory: pytest.TempPathFactory) -> mc.Run:
    return mc.run(TINY, paths=3, workers=2, out=tmp_path_factory.mktemp("paths") / "three")


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("book") / "book.csv"
    answer = mc.command(["stress", "--make-sample", "100", "--seed", "1", "-o", str(file)])
    assert answer.code == 0, answer.err
    return file
