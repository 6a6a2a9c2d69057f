"""Scenarios: what a run depends on, checked by the core after every change."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import warnings as _warnings
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Union

from . import _core
from .errors import MargincallError, Problem, ScenarioError, ScenarioWarning

Value = Union[str, int, float, bool, datetime.datetime, List[Any], Dict[str, Any]]


def override_text(value: Any) -> str:
    """A Python value as ``--set KEY=VALUE`` takes it: TOML, or a text with its unit such as ``"4 %"``."""
    if isinstance(value, str):
        return value
    return _toml(value)


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(str(k))} = {_toml(v)}" for k, v in value.items())
        return "{ " + inner + " }"
    if isinstance(value, (list, tuple, range)):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if hasattr(value, "item"):  # of numpy
        return _toml(value.item())
    if isinstance(value, (int, float)):
        return repr(value)
    raise TypeError(f"a scenario has no value like {value!r}")


class Scenario:
    """One checked scenario.

    It is made by :meth:`load` or :meth:`from_text`, and changed by ``s["venues.A.leverage_max"] = 50``. Each
    change is checked by the core at once, with units, ranges and references; one that is not valid raises
    :class:`ScenarioError` and leaves the scenario as it was.

    Examples
    --------
    >>> s = Scenario.load("flash")
    >>> s["world.size"] = "preview"
    >>> s["venues.*.leverage_max"] = 20
    """

    def __init__(self) -> None:
        raise TypeError("Scenario.load(file) or Scenario.from_text(text) makes one")

    # --- making ---

    @classmethod
    def _make(cls, source: Dict[str, str], overrides: Dict[str, str]) -> "Scenario":
        made = object.__new__(cls)
        made._source = source
        made._overrides = overrides
        made._compiled = _compile(source, overrides)
        made._tree = None
        return made

    _source: Dict[str, str]  # {"path"}, or {"text", "name", "directory"}
    _overrides: Dict[str, str]
    _compiled: _core.Compiled
    _tree: Optional[Dict[str, Any]]

    @classmethod
    def load(cls, path: Union[str, "os.PathLike[str]"], **settings: Value) -> "Scenario":
        """Reads a scenario file, or a shipped one by its name (:func:`builtin_names`).

        Parameters
        ----------
        path
            A TOML or JSON file, or a name such as ``"2025-11-04"`` or ``"flash"``; a file of that name goes first.
        **settings
            Changes as of :meth:`set`, e.g. ``**{"world.size": "preview"}``.

        Raises
        ------
        ScenarioError
            It is not valid; all problems at once.
        MargincallError
            There is no such file.
        """
        name = os.fspath(path)
        if not Path(name).exists() and name in _core.builtin_names():
            name = f"builtin/{name}.toml"
        source = {"path": name}
        if Path(name).is_file():
            # Where it is and what was in it: a change of either is no change of this scenario.
            source = {"path": name, "at": os.path.abspath(name), "content": _content(name)}
        return cls._make(source, {k: override_text(v) for k, v in settings.items()})

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        name: str = "scenario.toml",
        directory: Union[str, "os.PathLike[str]"] = ".",
    ) -> "Scenario":
        """A scenario from its text; ``name`` stands in messages, relative paths inside start at ``directory``."""
        return cls._make({"text": text, "name": name, "directory": os.fspath(directory)}, {})

    def copy(self) -> "Scenario":
        """Another scenario with the same content; changing one does not change the other."""
        return self._make(dict(self._source), dict(self._overrides))

    def __reduce__(self) -> Any:  # for worker processes
        return (_again, (self._source, self._overrides))

    # --- changing ---

    def set(
        self, values: Optional[Mapping[str, Value]] = None, /, **more: Value
    ) -> "Scenario":
        """Sets several keys at once; they are checked together. Gives the scenario back.

        Parameters
        ----------
        values
            Dotted keys and their values; ``*`` stands for every name. A value is a number, a flag, a text with its
            unit (``"4 %"``, ``"1.2 bn USD"``, ``"8 h"``), a list, or a dict for a table.
        **more
            The same for keys without a dot.

        Raises
        ------
        ScenarioError
            With the nearest known key, the allowed range, or what else is wrong. Nothing is changed then.
        """
        wanted = dict(self._overrides)
        for key, value in {**(values or {}), **more}.items():
            wanted.pop(key, None)  # the last one counts last
            wanted[key] = override_text(value)
        self._compiled = _compile(self._source, wanted)
        self._overrides = wanted
        self._tree = None
        return self

    def __setitem__(self, key: str, value: Value) -> None:
        self.set({key: value})

    # --- asking ---

    def __getitem__(self, key: str) -> Any:
        """The value of a key in the resolved scenario, as text with its unit where it has one.

        Raises
        ------
        KeyError
            The key is known and the scenario does not set it.
        ScenarioError
            There is no such key; the hint names the nearest.
        """
        node = self._node(key)
        if node is _nothing:
            self._refuse_unknown(key)
            raise KeyError(f"{key}: known, but not set in this scenario")
        return node["value"] if isinstance(node, dict) and "value" in node else node

    def get(self, key: str, default: Any = None) -> Any:
        """The same, or ``default`` where the key is not set."""
        node = self._node(key)
        if node is _nothing:
            return default
        return node["value"] if isinstance(node, dict) and "value" in node else node

    def source_of(self, key: str) -> str:
        """Where a figure is from: ``"measured: ..."``, ``"assumed"``; empty when nothing is said."""
        node = self._node(key)
        return str(node.get("source", "")) if isinstance(node, dict) else ""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._node(key) is not _nothing

    def _refuse_unknown(self, key: str) -> None:
        """The core knows which keys there are and which of them was meant, so it is asked to set this one."""
        try:
            _compile(self._source, {**self._overrides, key: "0"})
        except ScenarioError as problem:
            if any(one["code"] in ("E104", "E106", "E111") for one in problem.errors):
                raise

    def _node(self, key: str) -> Any:
        if self._tree is None:
            self._tree = self._compiled.tree()
        node: Any = self._tree
        for part in key.split("."):
            if isinstance(node, dict) and part in node:
                node = node[part]
            elif isinstance(node, list) and part.isdigit() and int(part) < len(node):
                node = node[int(part)]
            else:
                return _nothing
        return node

    def validate(self) -> List[Problem]:
        """The core's warnings: implausible, not wrong. What is wrong raises ScenarioError when it is set."""
        return self._compiled.warnings()

    def warn(self) -> None:
        """Shows the core's warnings as Python warnings."""
        for problem in self.validate():
            _warnings.warn(problem["text"].rstrip(), ScenarioWarning, stacklevel=2)

    @property
    def overrides(self) -> Dict[str, str]:
        """What was changed, as ``--set`` of the command line takes it."""
        return dict(self._overrides)

    @property
    def path(self) -> Optional[str]:
        """The file that it was read from; None for a text."""
        return self._source.get("path")

    @property
    def hash(self) -> str:
        """Hash of the resolved scenario without its seed: what a run's figures depend on."""
        return self._compiled.hash

    @property
    def resolved(self) -> str:
        """The complete scenario as TOML: what it names is read in and every default written down."""
        return self._compiled.resolved

    @property
    def name(self) -> str:
        return self._compiled.name

    @property
    def title(self) -> str:
        return self._compiled.title

    @property
    def about(self) -> str:
        return self._compiled.about

    @property
    def seed(self) -> int:
        return self._compiled.seed

    @property
    def start(self) -> datetime.datetime:
        """Start of the simulated time, UTC."""
        return datetime.datetime.fromtimestamp(
            self._compiled.start_unix_s, tz=datetime.timezone.utc
        )

    @property
    def length(self) -> datetime.timedelta:
        """Length of the simulated time."""
        return datetime.timedelta(microseconds=self._compiled.length_ns / 1000)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Scenario)
            and self.hash == other.hash
            and self.seed == other.seed
        )

    def __hash__(self) -> int:
        return hash((self.hash, self.seed))

    def __repr__(self) -> str:
        changed = "".join(f"\n  {k} = {v}" for k, v in self._overrides.items())
        return f"Scenario {self.name!r} ({self._compiled.size}, hash {self.hash[:8]}): {self.title}{changed}"


class _Nothing:
    pass


_nothing = _Nothing()


def _content(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _again(source: Dict[str, str], overrides: Dict[str, str]) -> Scenario:
    return Scenario._make(source, overrides)


def _compile(source: Dict[str, str], overrides: Dict[str, str]) -> _core.Compiled:
    sets = [f"{key}={value}" for key, value in overrides.items()]
    if "at" in source:
        at = source["path"] if os.path.abspath(source["path"]) == source["at"] else source["at"]
        if Path(at).is_file() and _content(at) != source["content"]:
            raise MargincallError(
                [{"code": "changed", "file": at, "message": "the file has changed since the scenario was loaded"}],
                f"{at} has changed since the scenario was loaded; Scenario.load reads it again",
            )
        return _core.compile_path(at, sets)
    if "path" in source:
        return _core.compile_path(source["path"], sets)
    return _core.compile_text(source["text"], source["name"], source["directory"], sets)


def builtin_names() -> List[str]:
    """Names of the shipped scenarios, for :meth:`Scenario.load`."""
    return _core.builtin_names()
