"""Which values of two keys made these curves? A black-it Calibrator on the reduced world.

The curves are made with a planted truth and another seed than any that the calibration tries, so that what is found can
be compared: BTC's loading on shares, and the median leverage of accounts.

    python examples/calibration_black_it.py                     20 batches of 4 points
    python examples/calibration_black_it.py --batches 6

Needs: pip install 'margincall[calibration]'
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy

import margincall as mc

SCENARIO = Path(__file__).with_name("planted_shock.toml")
KEYS = ("factors.equities.BTC", "population.leverage_median")
BOUNDS = [[0.5, 5.0], [3.5, 30.0]]  # lows and highs
PRECISION = [0.05, 0.5]
TRUTH = (2.6, 18.0)
CURVES = ("btc_price", "liquidated_usd")


class Model:
    """What black-it calls: parameters, length and seed to curves; one world a call, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.worlds = 0
        self.seconds = 0.0

    def __call__(self, theta: Sequence[float], length: int, seed: int) -> "numpy.ndarray":
        point = {key: f"{value:.10g}" for key, value in zip(KEYS, theta)}
        name = "-".join([*point.values(), str(seed)])
        sweep = mc.sweep(
            SCENARIO, points=[point], paths=1, seed=int(seed), workers=1, out=self.folder / name, progress=False
        )
        self.worlds += int(sweep.usage["fresh"])
        self.seconds += float(sweep.usage["world_s"])
        price, liquidated = (sweep.series[curve] for curve in CURVES)
        # In units of about the same size: percent since the start, and powers of ten above a million dollars.
        curves = numpy.column_stack([100 * (price / price[0] - 1), numpy.log10(1 + liquidated / 1e6)])
        return curves[:length]


def calibrate(batches: int = 20, *, batch: int = 4, seed: int = 1, folder: Optional[str] = None) -> Dict[str, Any]:
    """Gives the best parameters, their loss, all losses in order, and what it cost."""
    from black_it.calibrator import Calibrator
    from black_it.loss_functions.minkowski import MinkowskiLoss
    from black_it.samplers.best_batch import BestBatchSampler
    from black_it.samplers.halton import HaltonSampler

    with tempfile.TemporaryDirectory() as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of black-it's own dependencies
        model = Model(Path(folder or temporary))
        length = 10  # one point a minute
        real = model(TRUTH, length, 1_000_003)
        of_truth, model.worlds, model.seconds = model.worlds, 0, 0.0
        with contextlib.redirect_stdout(io.StringIO()):
            calibrator = Calibrator(
                loss_function=MinkowskiLoss(),
                real_data=real,
                model=model,
                parameters_bounds=BOUNDS,
                parameters_precision=PRECISION,
                ensemble_size=1,
                samplers=[HaltonSampler(batch_size=batch), BestBatchSampler(batch_size=batch)],
                sim_length=length,
                verbose=False,
                random_state=seed,
                n_jobs=1,  # the model counts its worlds; mc.sweep(engine="ray") is there for more
            )
            parameters, losses = calibrator.calibrate(batches)
    assert of_truth <= 1
    best: List[float] = [float(value) for value in parameters[0]]
    return {
        "found": dict(zip(KEYS, best)),
        "planted": dict(zip(KEYS, TRUTH)),
        "loss": float(losses[0]),
        "losses": [float(loss) for loss in losses],
        "worlds": model.worlds,
        "core_hours": model.seconds / 3600,
    }


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--batches", type=int, default=20)
    args = ask.parse_args()
    answer = calibrate(args.batches)
    for key in KEYS:
        print(f"{key:36} planted {answer['planted'][key]:.4g}  found {answer['found'][key]:.4g}")
    print(f"loss {answer['loss']:.4g}; {answer['worlds']} worlds, {answer['core_hours']:.3f} core-hours")


if __name__ == "__main__":
    main()
