"""The programs and the notebook of examples/, each at its small size, and an answer of each that could be wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

import margincall as mc

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NUMBER = r"(-?[\d,]+(?:\.\d+)?)"


def say(name: str, *arguments: str) -> str:
    """What an example prints at its small size."""
    place = str(Path(mc.__file__).resolve().parents[1])
    path = os.pathsep.join([place, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), "--small", *arguments],
        capture_output=True, text=True, timeout=600, env={**os.environ, "PYTHONPATH": path, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(pattern: str, text: str) -> List[float]:
    """What the groups of a pattern's only match are."""
    found = re.findall(pattern.replace("#", NUMBER), text)
    assert len(found) == 1, f"{pattern}: {found}\n{text}"
    one = found[0] if isinstance(found[0], tuple) else (found[0],)
    return [float(part.replace(",", "")) for part in one]


def test_band_for_the_day(tmp_path: Path) -> None:
    picture = tmp_path / "band.png"
    out = say("band_for_the_day", "--picture", str(picture))
    low, middle, _, high, measured = numbers(r"btc_fall_open_to_low +#% +#% +#% +#% +#%  OUTSIDE the band", out)
    assert low <= middle <= high < 0 and measured == -7.17
    falls = [float(part[:-1]) for part in out.split("path by path:")[1].split()]
    assert len(falls) == 3 and falls == sorted(falls) and abs(falls[1] - middle) < 0.06
    assert picture.stat().st_size > 5_000


def test_my_scenario() -> None:
    out = say("my_scenario")
    # What the core does with a declared change is what the example says of it.
    for coin in ("BTC", "ETH"):
        declared, = numbers(rf"{coin}: exp\(\S+ x -20 %\) - 1 = #%", out)
        moved, traded = numbers(rf"{coin} +fair value +#% +index +#%", out)
        assert abs(declared - moved) < 0.11 and -60 < traded < -5
    assert numbers(r"BTC: exp\(# x", out) == [2] and "-33.0%" in out
    told, = numbers(r"declared in the scenario +BTC low # USD", out)
    hit, = numbers(r"injected +BTC low # USD", out)
    assert told < 95_000 and hit < 95_000, "neither is a calm day"


def test_without_the_hack() -> None:
    out = say("without_the_hack")
    each = out.split("incident_loss_usd")[1].split("seed by seed:")[1].split()
    mean, error = numbers(r"incident_loss_usd +# ± # m USD, seen", out)
    changes = [float(change) for change in each[:3]]
    assert all(-90 < change < -50 for change in changes), "the attacker took nothing with it switched off"
    assert abs(mean - sum(changes) / 3) < 0.01 and 0 <= error < 5
    assert numbers(r"eth_fall_open_to_low +\+# ± ", out)[0] > 0, "ether falls less without it"


def test_leverage_cap() -> None:
    out = say("leverage_cap")
    highest = {cap: numbers(rf"\n +{cap} +# +-", out)[0] for cap in ("none", "50", "20", "10")}
    assert highest["none"] > 50 and all(highest[cap] <= float(cap) for cap in ("50", "20", "10"))
    sold = {cap: numbers(rf"\n +{cap} .*% +# \(", out)[0] for cap in ("none", "10")}
    assert 0 < sold["10"] < 0.5 * sold["none"]


def test_cost_of_selling() -> None:
    out = say("cost_of_selling")
    short, usd = numbers(r"\+# bp below the fork without the sale, # USD", out)
    assert 0 < short < 100 and abs(usd - 50e6 * short / 1e4) < 5_000
    after, = numbers(r"without the sale: # bp after 5 min", out)
    assert after < 0, "a sale moves the price down"


def test_to_polars() -> None:
    pytest.importorskip("polars")
    pytest.importorskip("duckdb")
    out = say("to_polars")
    ours, headline = numbers(r"together # m USD, the headline figure is # m USD", out)
    assert ours == headline > 0 and "no copy" in out and "COPIED" not in out
    parts = re.findall(rf"(?:book|takeover|adl|no_counterparty) {NUMBER} m USD in", out)
    assert abs(sum(float(part.replace(",", "")) for part in parts) - ours) < 0.3


def test_leverage_against_depth(tmp_path: Path) -> None:
    picture = tmp_path / "surface.png"
    out = say("leverage_against_depth", "--picture", str(picture))
    assert "4 cells, 4 worlds" in out and picture.stat().st_size > 5_000
    table = out.split("liquidated_true_usd")[1].split("btc_fall")[0]
    rows = [[float(cell) for cell in row.split("|")[1].split()] for row in re.findall(r"\n +\d+ \|.*", table)]
    assert len(rows) == 2 and all(len(row) == 2 and min(row) > 0 for row in rows)
    assert sum(rows[1]) > sum(rows[0]), "more leverage, more liquidations"


def test_my_book_under_paths() -> None:
    out = say("my_book_under_paths")
    low, middle, high, worst, hit = numbers(r"BTC fall, % +# +# +# +# +#", out)
    assert worst <= low <= middle <= high < 0 and hit == 3
    figures = numbers(r"\nliquidated, m USD +# +# +# +# +#", out)
    assert figures[:4] == sorted(figures[:4]) and figures[3] > 0
    assert "do not move the simulated market" in out


def test_every_example_is_tested_and_in_the_table() -> None:
    tested = set(re.findall(r'say\("(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    programs = {file.stem for file in EXAMPLES.glob("*.py") if not file.stem.startswith("calibration_")}
    assert programs == tested and len(programs) == 8
    for file in EXAMPLES.glob("*.py"):
        assert f"({file.name})" in readme, file.name


def test_notebook() -> None:
    nbformat = pytest.importorskip("nbformat", reason="the notebook is not run: pip install nbclient ipykernel")
    nbclient = pytest.importorskip("nbclient", reason="the notebook is not run: pip install nbclient ipykernel")
    pytest.importorskip("ipykernel", reason="the notebook is not run: pip install ipykernel")
    pytest.importorskip("matplotlib")
    pytest.importorskip("polars")
    book = nbformat.read(EXAMPLES / "first_look.ipynb", as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert 10 <= len(book.cells) <= 12
    assert all(not cell.outputs and cell.execution_count is None for cell in code), "outputs are stripped"
    place = str(Path(mc.__file__).resolve().parents[1])
    path = os.pathsep.join([place, *filter(None, [os.environ.get("PYTHONPATH")])])
    client = nbclient.NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}})
    client.execute(env={**os.environ, "PYTHONPATH": path})
    shown = [output for cell in code for output in cell.outputs]
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 2, "pictures"
    text = "".join(output.get("text", "") for output in shown)
    assert numbers(r"the sale moved the index by # bp", text)[0] < 0
    assert "the same digest: True" in text
