from __future__ import annotations

import sys
from pathlib import Path

import pytest

import margincall as mc

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


def test_pictures(run: mc.Run, paths: mc.Run, tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    for number, figure in enumerate(
        [run.plot(), paths.plot(), run.plot.strip(), run.plot.liquidations(), run.plot.map(), paths.plot.map("ETH", -1)]
    ):
        for axis in figure.axes:
            assert axis.get_ylabel()
        file = tmp_path / f"{number}.png"
        figure.savefig(file)
        assert file.stat().st_size > 5000
        plt.close(figure)


def test_pictures_show_the_tables_numbers(run: mc.Run) -> None:
    figure = run.plot.liquidations()
    table = run.table("liquidations")
    for line, side in zip(figure.axes[0].get_lines(), ("long", "short")):
        total = table["notional_usd"][table["side"] == side].sum() / 1e6
        assert (list(line.get_ydata()) or [0.0])[-1] == pytest.approx(total)


def test_without_matplotlib(run: mc.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        run.plot.strip()
