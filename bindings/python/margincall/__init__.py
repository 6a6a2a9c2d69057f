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

from .errors import MargincallError, ScenarioError, ScenarioWarning
from .scenario import Scenario, builtin_names
from .tables import Table

if TYPE_CHECKING:
    pass

_lazy = {
    "sweep": "margincall.sweep",
    "Sweep": "margincall.sweep",
    "load_sweep": "margincall.sweep",
    "World": "margincall.world",
    "Agent": "margincall.world",
}

__all__ = [
    "MargincallError",
    "Scenario",
    "ScenarioError",
    "ScenarioWarning",
    "Table",
    "builtin_names",
]


def __getattr__(name: str) -> Any:
    module = _lazy.get(name)
    if module is None:
        raise AttributeError(f"module 'margincall' has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted(set(globals()) | set(_lazy))
