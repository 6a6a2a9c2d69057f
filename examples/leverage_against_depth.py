"""Which matters more for a crash, how levered people are or how deep the books are?

A sweep over two keys, `population.leverage_median` (median leverage of isolated positions) and `agents.market_maker.depth_state` (how
much of calm depth makers show before anything happens), with the same seeds in every cell, is a surface: here of what is liquidated
when three billion dollars of BTC are sold in half an hour (the scenario `flash`), and of BTC's fall.

A cell is a median over few seeds, and neighbours differ by less than seeds do: read the slope of the surface, not its dents. Leverage
and depth are turned one at a time; in a real market they move together, because who is levered and who makes markets look at the same
volatility. The folder can be finished or read by `margincall sweep` as well.

    python examples/leverage_against_depth.py [--seeds 2] [--small] [--picture surface.png] [--out sweep-folder]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Optional

import margincall as mc

LEVERAGE, DEPTH = "population.leverage_median", "agents.market_maker.depth_state"


def main(seeds: int = 2, small: bool = False, picture: Optional[str] = None, out: Optional[str] = None) -> None:
    n, m = (2, 2) if small else (4, 4)
    if small:
        scenario, seeds = mc.Scenario.load(Path(__file__).with_name("small.toml")), 1
    else:
        scenario = mc.Scenario.load("flash", **{"world.size": "reduced"})
    grid = {LEVERAGE: mc.lin(4, 19, n), DEPTH: mc.lin("40 %", "100 %", m)}
    with tempfile.TemporaryDirectory() as place:
        sweep = mc.sweep(scenario, grid, paths=seeds, seed=1, out=out or Path(place) / "surface", progress=False)
        print(f"{scenario.title}: {len(sweep.cells)} cells, {sweep.finished} worlds, seeds 1 to {seeds}, medians")
        for metric, scale, unit in (("liquidated_true_usd", 1e-6, "m USD"), ("btc_fall_open_to_low", 100, "%")):
            values = scale * sweep.at_points(metric).reshape(n, m)
            depths = [cell[DEPTH] for cell in sweep.cells[:m]]
            print(f"\n{metric}, {unit}\n{'median leverage':>16} | depth {''.join(f'{depth:>9}' for depth in depths)}")
            for row, cell in zip(values, sweep.cells[::m]):
                print(f"{cell[LEVERAGE]:>16} |       {''.join(f'{value:9.1f}' for value in row)}")
            along, across = values[-1].mean() / values[0].mean(), values[:, 0].mean() / values[:, -1].mean()
            print(f"highest against lowest leverage x {along:.2f}, shallowest against deepest books x {across:.2f}")
        if picture:
            import matplotlib.pyplot as plt

            figure, axis = plt.subplots(layout="constrained")
            sweep.plot.surface(DEPTH, LEVERAGE, "liquidated_true_usd", ax=axis)
            figure.savefig(picture)


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seeds", type=int, default=2)
    ask.add_argument("--small", action="store_true", help="four cells of forty minutes: a test, not an answer")
    ask.add_argument("--picture", metavar="FILE")
    ask.add_argument("--out", metavar="FOLDER", help="keep the worlds, go on with them")
    main(**vars(ask.parse_args()))
