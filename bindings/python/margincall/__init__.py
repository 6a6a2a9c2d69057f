"""Margincall: a stress lab for leveraged crypto markets.

>>> import margincall as mc
>>> s = mc.Scenario.load("flash", **{"world.size": "preview"})
>>> run = mc.run(s)
>>> run.summary
>>> run.table("liquidations").to_polars()

docs/python.md of the project has the manual. Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, List

from ._core import version as __version__
from .commands import command
from .comparisons import Comparison, compare
from .errors import MargincallError, ScenarioError, ScenarioWarning
from .runs import Figure, Run, Summary, load, run
from .scenario import Scenario, builtin_names
from .stresses import Stress, stress
from .tables import Table

if TYPE_CHECKING:
    from .sweeps import Sweep, lin, load_sweep, sweep

_lazy = {
    "lin": "margincall.sweeps",
    "sweep": "margincall.sweeps",
    "Sweep": "margincall.sweeps",
    "load_sweep": "margincall.sweeps",
    "World": "margincall.world",
    "Agent": "margincall.world",
}

__all__ = [
    "Comparison",
    "Figure",
    "MargincallError",
    "Run",
    "Scenario",
    "ScenarioError",
    "ScenarioWarning",
    "Stress",
    "Summary",
    "Sweep",
    "Table",
    "__version__",
    "builtin_names",
    "command",
    "compare",
    "lin",
    "load",
    "load_sweep",
    "run",
    "stress",
    "sweep",
]


def __getattr__(name: str) -> Any:
    home = _lazy.get(name)
    if home is None:
        raise AttributeError(f"module 'margincall' has no attribute {name!r}")
    module = importlib.import_module(home)
    # All of them at once: the import has put a module where `sweep` is to be the function.
    for one, its_home in _lazy.items():
        if its_home == home and hasattr(module, one):
            globals()[one] = getattr(module, one)
    if name not in globals():
        raise AttributeError(f"module {home!r} has no attribute {name!r}")
    return globals()[name]


def __dir__() -> List[str]:
    return sorted(set(globals()) | set(_lazy))
