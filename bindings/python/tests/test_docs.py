"""The examples of docs/python.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "python.md"


def test_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("polars")
    pytest.importorskip("pandas")
    if not PAGE.is_file():
        pytest.skip("without the project's documents")
    monkeypatch.chdir(tmp_path)
    names: Dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    out = capsys.readouterr().out
    assert 'did you mean "firms"?' in out and "BTC low" in out and "leverage_band" in out
    assert (tmp_path / "flash.html").is_file() and (tmp_path / "flash-run" / "run.db").is_file()
