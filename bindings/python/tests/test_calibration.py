"""The calibration examples at a size of seconds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_morris_finds_what_is_planted(tmp_path: Path) -> None:
    pytest.importorskip("SALib")
    answer = example("calibration_morris").screen(2, out=str(tmp_path / "a"))
    assert answer["worlds"] <= 14 and answer["core_hours"] > 0
    fall = answer["mu_star"]["btc_fall_open_to_low"]
    assert fall["factors.oil"] == 0 == answer["mu_star"]["liquidated_true_usd"]["factors.oil"]
    assert max(fall, key=fall.get) == "factors.equities.BTC"


def test_black_it_comes_nearer(tmp_path: Path) -> None:
    pytest.importorskip("black_it")
    module = example("calibration_black_it")
    answer = module.calibrate(2, batch=2, folder=str(tmp_path))
    assert answer["worlds"] == len(answer["losses"]) == 4
    assert answer["losses"] == sorted(answer["losses"]) and answer["loss"] == answer["losses"][0]
    for key, low, high in zip(module.KEYS, *module.BOUNDS):
        assert low <= answer["found"][key] <= high
    # The same again, from the folder.
    again = module.calibrate(2, batch=2, folder=str(tmp_path))
    assert again["worlds"] == 0 and again["losses"] == answer["losses"]
