"""_core.pyi is what nanobind makes of the module; `python -m nanobind.stubgen` writes it again."""

from __future__ import annotations

from pathlib import Path

import pytest

import margincall._core

stubgen = pytest.importorskip("nanobind.stubgen")


def test_stub_is_current() -> None:
    generator = stubgen.StubGen(margincall._core)
    generator.put(margincall._core)
    stub = Path(margincall.__file__).with_name("_core.pyi")
    assert stub.read_text(encoding="utf-8") == generator.get()
