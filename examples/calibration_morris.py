"""Which keys matter at all? Morris screening by SALib over six keys of the reduced world.

A planted truth tells whether the screening can be believed: nothing happens to oil in this scenario, so that its loading
must not move anything, and the news is about shares, so that their loading must move the fall most.

    python examples/calibration_morris.py                        10 trajectories: 70 worlds a seed
    python examples/calibration_morris.py --trajectories 4 --engine ray

Needs: pip install 'margincall[calibration]'
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional

import margincall as mc

SCENARIO = Path(__file__).with_name("planted_shock.toml")

# Key, range and unit of every value that is tried.
KEYS = {
    "factors.equities.BTC": (0.5, 3.5, ""),
    "factors.oil": (-2.0, 2.0, ""),
    "population.leverage_median": (5.0, 30.0, ""),
    "agents.market_maker.depth_state": (30.0, 100.0, "%"),
    "agents.market_maker.flow_impact": (0.5, 2.0, ""),
    "agents.noise.volume_share": (10.0, 40.0, "%"),
}
METRICS = ("btc_fall_open_to_low", "liquidated_true_usd")


def screen(
    trajectories: int = 10,
    *,
    seed: int = 1,
    paths: int = 1,
    out: Optional[str] = None,
    engine: str = "local",
    levels: int = 4,
) -> Dict[str, Any]:
    """Gives, for each metric, the mean absolute elementary effect ``mu_star`` of every key, and what it cost.

    mu_star is the mean over the trajectories of how much the metric moves when the key goes through its whole range, in the
    metric's unit. With ``paths`` the metric is the median over that many seeds; all points have the same seeds, so that the
    difference of two is the key's and not the draw's.
    """
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as samples

    problem = {"num_vars": len(KEYS), "names": list(KEYS), "bounds": [[low, high] for low, high, _ in KEYS.values()]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SALib's own dependencies
        drawn = samples.sample(problem, trajectories, num_levels=levels, seed=seed)
        points: List[Dict[str, Any]] = [
            {key: f"{value:.10g} {unit}".strip() for (key, (_, _, unit)), value in zip(KEYS.items(), row)} for row in drawn
        ]
        sweep = mc.sweep(SCENARIO, points=points, paths=paths, seed=7, out=out, engine=engine)
        found: Dict[str, Any] = {}
        for metric in METRICS:
            effects = analysis.analyze(problem, drawn, sweep.at_points(metric), num_levels=levels, seed=seed)
            found[metric] = dict(zip(effects["names"], (float(value) for value in effects["mu_star"])))
    return {
        "mu_star": found,
        "worlds": len(sweep),
        "core_hours": float(sweep.worlds["wall_s"].sum()) / 3600,
        "sweep": sweep,
    }


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--trajectories", type=int, default=10)
    ask.add_argument("--paths", type=int, default=1, help="seeds a point")
    ask.add_argument("--engine", default="local", choices=("local", "ray"))
    args = ask.parse_args()
    answer = screen(args.trajectories, paths=args.paths, engine=args.engine)
    for metric, effects in answer["mu_star"].items():
        print(f"\n{metric}: mean absolute effect over a key's range")
        for key, effect in sorted(effects.items(), key=lambda row: -row[1]):
            print(f"  {key:36} {effect:.4g}")
    print(f"\n{answer['worlds']} worlds, {answer['core_hours']:.3f} core-hours; {answer['sweep'].path}")


if __name__ == "__main__":
    main()
