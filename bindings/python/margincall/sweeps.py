"""Many worlds: a grid or a list of points times seeds, in one folder that any engine and the command line share."""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from . import _core
from .errors import MargincallError
from .scenario import Scenario, Value, override_text
from .tables import Table, needed

if TYPE_CHECKING:
    import matplotlib.axes
    import numpy

PathLike = Union[str, "os.PathLike[str]"]
Progress = Callable[[int, int, int, int, float], Any]
"""Called a few times a second with worlds, finished, failed, finished by this call, and running ones."""


class Lin(List[Union[int, float, str]]):
    """What :func:`lin` gives: the values, and how ``--vary`` writes them."""

    texts: List[str]


def lin(low: Value, high: Value, n: int) -> Lin:
    """``n`` values from ``low`` to ``high``, evenly, both included, as ``--vary KEY=LO:HI:N`` makes them.

    Parameters
    ----------
    low, high
        Numbers, or texts with one unit: ``lin("10 %", "50 %", 5)`` is ``["10 %", "20 %", ...]``.
    n
        2 or more.
    """
    if not isinstance(n, int):
        raise TypeError(f"lin wants a whole number of values, was {n!r}")
    if n < 2:
        raise ValueError(f"lin wants two values or more, was {n}")
    _, texts = _core.parse_vary(f"lin={override_text(low)}:{override_text(high)}:{n}")
    made = Lin(_number(text) for text in texts)
    made.texts = texts
    return made


def _number(text: str) -> Union[int, float, str]:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


GridValues = Union[range, str, Sequence[Value], "numpy.ndarray[Any, Any]"]


def sweep(
    scenario: Union[Scenario, PathLike],
    grid: Optional[Mapping[str, GridValues]] = None,
    *,
    points: Optional[Iterable[Mapping[str, Value]]] = None,
    paths: Optional[int] = None,
    seed: Optional[int] = None,
    engine: str = "local",
    workers: Optional[int] = None,
    shard: Union[None, str, Tuple[int, int]] = None,
    out: Optional[PathLike] = None,
    resume: bool = True,
    retries: int = 3,
    retry_failed: bool = False,
    progress: Union[None, bool, Progress] = None,
) -> "Sweep":
    """Runs a scenario for every cell of a grid, or every point of a list, with the same seeds in each.

    Worlds, keys and folder are those of ``margincall sweep``: what the command line, another shard or another engine
    has run is not run again, and each can finish what another began. A figure depends on scenario and seed alone,
    never on who ran it.

    Parameters
    ----------
    scenario
        A :class:`Scenario` with its changes, or a file or shipped name.
    grid
        Keys and their values: a list, a ``range``, :func:`lin`, or a text as ``--vary`` takes it
        (``"10 %:50 %:5"``, ``"2,4,8"``). Every combination is a cell; the last key goes fastest. A key may contain
        ``*``. ``"random.seed": range(50)`` means ``paths=50, seed=0``.
    points
        Cells one by one in place of a grid, each a mapping of keys to values: what a screening or a calibration asks
        for. Points that are written alike are one cell; :meth:`Sweep.at_points` has one row each all the same.
    paths
        Worlds a cell, with the seeds ``seed``, ``seed + 1``, ...; default the scenario's ``random.paths``.
    seed
        The first seed; default the scenario's ``random.seed``.
    engine
        ``"local"``: threads of this process. ``"ray"``: tasks on the Ray cluster that the process is connected to,
        or a new one of this machine; needs ``pip install 'margincall[ray]'`` and a folder that all machines see.
    workers
        Worlds at a time; default one a core, of a cluster one a CPU.
    shard
        ``"3/8"`` or ``(3, 8)``: only every eighth world, from the third.
    out
        Folder; default ``sweeps/NAME-HASH`` by what is swept, the same as the command line's.
    resume
        Go on with what the folder holds. False: E714 when it holds anything.
    retries
        Ray: how often a task whose process or machine died is started again. A world that failed for a reason of its
        own is not tried again.
    retry_failed
        Try worlds again that failed in an earlier call.
    progress
        True or False, or a function; default: a line on a terminal.

    Raises
    ------
    ScenarioError
        A cell is not a valid scenario; the message names it.
    MargincallError
        E711 the folder is for other worlds or from another build, E712 another process works on it, E714 ``resume``
        is False and it was begun, E715 it is another folder, E511 and E512 of the disk.
    KeyboardInterrupt
        After Ctrl-C, when the worlds that run are finished; they are kept, and the same call goes on.
    """
    if engine not in ("local", "ray"):
        raise ValueError(f'engine is "local" or "ray", not {engine!r}')
    if grid and points is not None:
        raise ValueError("a grid or points, not both")
    varies, paths, seed = _varies(grid or {}, paths, seed)
    cells, point_cells = _point_cells(points)
    if isinstance(scenario, Scenario):
        source = scenario._source
        overrides = [f"{key}={value}" for key, value in scenario.overrides.items()]
    else:
        source, overrides = Scenario.load(scenario)._source, []
    text = (source["text"], source["directory"]) if "text" in source else None
    name = source["name"] if text is not None else source["path"]
    tasks = _core.TaskList.make(name, text, overrides, varies, cells, paths, seed)
    folder = Path(tasks.folder if out is None else out)
    if not resume and (folder / "plan.json").exists() and _shard(shard) == (1, 1):
        raise _error("E714", "the folder holds a sweep already", "resume=True goes on with it; or another out=", folder)
    return _work(tasks, folder, point_cells, engine, workers, shard, retries, retry_failed, progress)


def load_sweep(folder: PathLike) -> "Sweep":
    """The sweep in a folder of :func:`sweep` or ``margincall sweep``, finished or not.

    Raises
    ------
    MargincallError
        E711 another build began it, E713 its worlds are damaged, E715 it is no such folder.
    """
    path = Path(folder)
    return Sweep(path, _core.TaskList.of_folder(str(path)))


class Sweep:
    """What a folder of many worlds holds. Tables are made when they are asked for; :meth:`reload` reads again."""

    def __init__(
        self,
        path: Path,
        tasks: _core.TaskList,
        content: Optional[_core.SweepContent] = None,
        point_cells: Optional[List[int]] = None,
        usage: Optional[Dict[str, Any]] = None,
    ) -> None:
        self._path = path
        self._tasks = tasks
        self._content = content if content is not None else _core.read_sweep(str(path), tasks)
        self._point_cells = point_cells
        self._tables: Dict[str, Table] = {}
        self.usage: Dict[str, Any] = usage or {}
        """Of the call that ran worlds: engine, elapsed_s, fresh (worlds it ran), world_s (their seconds together),
        workers, and core_use = world_s / (elapsed_s * workers)."""

    # --- what it is ---

    @property
    def path(self) -> Path:
        """The folder."""
        return self._path

    @property
    def name(self) -> str:
        """``NAME-HASH``: the scenario's name and what is swept."""
        return Path(self._tasks.folder).name

    @property
    def cells(self) -> List[Dict[str, str]]:
        """The values of each cell as text, in order; the number of a cell is its place here."""
        return [dict(text.split("=", 1) for text in cell) for cell in self._tasks.cells]

    @property
    def paths(self) -> int:
        """Worlds a cell."""
        return self._tasks.paths

    @property
    def seeds(self) -> range:
        """The seeds of every cell."""
        return range(self._tasks.seed_from, self._tasks.seed_from + self._tasks.paths)

    @property
    def finished(self) -> int:
        """Worlds that the folder held when it was read."""
        return self._content.finished

    @property
    def complete(self) -> bool:
        """Are all worlds there?"""
        return self._content.finished == len(self._tasks)

    def __len__(self) -> int:
        """Worlds of the whole sweep, finished or not."""
        return len(self._tasks)

    # --- tables ---

    @property
    def worlds(self) -> Table:
        """A row a finished world: key, index, cell, the value of every varied key, seed, digest, cost, every metric.

        A varied key is a column of numbers where all its values have one unit (``units`` of the table says which),
        else of words. Null is not known.
        """
        return self._table("worlds", self._content.worlds)

    @property
    def summary(self) -> Table:
        """A row a cell: its values, its number of worlds, and p05, p50, p95 of every metric."""
        return self._table("summary", self._content.summary)

    @property
    def series(self) -> Table:
        """The coarse curves: at most 200 rows a world, with index, cell, seed and time since the start."""
        return self._table("series", self._content.series)

    @property
    def failed(self) -> Table:
        """A row a world that did not end, with its reason."""
        return self._table("failed", self._content.failures)

    def bands(self, cell: int = 0) -> Table:
        """p05, p25, p50, p75, p95 of every curve over the worlds of a cell."""
        if not 0 <= cell < len(self._tasks.cells):
            raise IndexError(f"cell {cell} of {len(self._tasks.cells)}")
        return self._table(f"bands {cell}", lambda: self._content.bands(cell))

    def at_points(self, metric: str, statistic: str = "p50") -> "numpy.ndarray[Any, Any]":
        """A metric for every point, in the order in which ``points`` were given; for a grid every cell.

        Parameters
        ----------
        metric
            A name of docs/metrics.md, in its unit.
        statistic
            ``"p05"``, ``"p50"`` or ``"p95"`` over the cell's worlds. NaN where it is not known.
        """
        column = f"{metric}_{statistic}"
        if column not in self.summary:
            raise KeyError(f"{column!r}: a metric of docs/metrics.md and one of p05, p50, p95")
        values = self.summary[column]
        return values.copy() if self._point_cells is None else values[self._point_cells]

    def _table(self, name: str, make: Callable[[], _core.Table]) -> Table:
        if name not in self._tables:
            self._tables[name] = Table(make())
        return self._tables[name]

    # --- going on ---

    def reload(self) -> "Sweep":
        """Reads the folder again, in which others may have finished worlds."""
        return Sweep(self._path, self._tasks, None, self._point_cells, self.usage)

    def resume(
        self,
        *,
        engine: str = "local",
        workers: Optional[int] = None,
        shard: Union[None, str, Tuple[int, int]] = None,
        retries: int = 3,
        retry_failed: bool = False,
        progress: Union[None, bool, Progress] = None,
    ) -> "Sweep":
        """Runs what is missing; the parameters are those of :func:`sweep`. It needs no scenario file."""
        if engine not in ("local", "ray"):
            raise ValueError(f'engine is "local" or "ray", not {engine!r}')
        return _work(
            self._tasks, self._path, self._point_cells, engine, workers, shard, retries, retry_failed, progress
        )

    # --- to others ---

    def to_parquet(self, path: PathLike, tables: Sequence[str] = ("worlds", "summary", "failed")) -> List[Path]:
        """Adds the sweep to a Parquet dataset, or brings its part of it up to date.

        The dataset has a folder a table and in it ``sweep=NAME-HASH``. ``worlds`` and ``series`` have a file for
        each worker's part, at most 64; a file is written beside its place and renamed, and only when there is
        something new. See docs/python-sweeps.md.

        Parameters
        ----------
        path
            Folder of the dataset; other sweeps in it stay.
        tables
            Of ``worlds``, ``summary``, ``failed``, ``series``.

        Returns
        -------
        list of Path
            The files that were written anew.
        """
        from .parquet import write_sweep

        return write_sweep(self, path, tables)

    @property
    def plot(self) -> "SweepPlots":
        """Pictures; needs matplotlib."""
        return SweepPlots(self)

    def __repr__(self) -> str:
        keys = _keys(self.cells)
        failed = f", {self._content.failed} failed" if self._content.failed else ""
        return (
            f"Sweep {self.name!r}: {self.finished} of {len(self)} worlds{failed}; "
            f"{len(self.cells)} cells" + (f" of {', '.join(keys)}" if keys else "") + f" × {self.paths} seeds; {self.path}"
        )

    def _repr_html_(self) -> str:
        from html import escape

        shown = [
            m for m in ("btc_fall_open_to_low", "liquidated_true_usd", "adl_usd", "fund_min_usd")
            if f"{m}_p50" in self.summary
        ]
        units = self.summary.units
        head = "".join(f"<th>{escape(key)}</th>" for key in _keys(self.cells)) + "<th>worlds</th>" + "".join(
            f"<th>{escape(m)}<br><small>{escape(units[m + '_p50'])}; p50 [p05 … p95]</small></th>" for m in shown
        )
        rows = ""
        columns = {m: [self.summary[f"{m}_{q}"] for q in ("p50", "p05", "p95")] for m in shown}
        worlds = self.summary["worlds"]
        for c, cell in enumerate(self.cells[:50]):
            rows += "<tr>" + "".join(f"<td>{escape(cell.get(key, ''))}</td>" for key in _keys(self.cells))
            rows += f"<td>{worlds[c]}</td>"
            for m in shown:
                middle, low, high = (_short(column[c]) for column in columns[m])
                rows += f"<td>{middle} [{low} … {high}]</td>"
            rows += "</tr>"
        more = f"<p>… {len(self.cells) - 50} cells more</p>" if len(self.cells) > 50 else ""
        return f"<p>{escape(repr(self))}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


class SweepPlots:
    """Pictures of a sweep; every method gives the matplotlib axes."""

    def __init__(self, of: Sweep) -> None:
        self._sweep = of

    def surface(
        self,
        x: str,
        y: str,
        metric: str,
        *,
        statistic: str = "p50",
        where: Optional[Mapping[str, Any]] = None,
        ax: Optional["matplotlib.axes.Axes"] = None,
    ) -> "matplotlib.axes.Axes":
        """A metric in colour over two varied keys; a cell without a value is hatched.

        Parameters
        ----------
        x, y
            Varied keys.
        metric
            A name of docs/metrics.md.
        statistic
            ``"p05"``, ``"p50"`` or ``"p95"`` over each cell's worlds.
        where
            Values of the other varied keys, as the columns of ``summary`` have them; needed when there are others.
        """
        import numpy

        table = self._sweep.summary
        keep = self._rows(where, (x, y))
        values = self._sweep.summary[f"{metric}_{statistic}"][keep]
        xs, ys = table[x][keep], table[y][keep]
        columns, rows = _sorted(xs), _sorted(ys)
        field = numpy.full((len(rows), len(columns)), numpy.nan)
        for a, b, value in zip(xs, ys, values):
            field[rows.index(b), columns.index(a)] = value
        ax = _axes(ax)
        ax.set_facecolor("white")
        ax.patch.set_hatch("///")
        ax.patch.set_edgecolor("0.7")
        shown = ax.imshow(field, origin="lower", aspect="auto", cmap="viridis")
        ax.set_xticks(range(len(columns)), [_short(value) for value in columns])
        ax.set_yticks(range(len(rows)), [_short(value) for value in rows])
        ax.set_xlabel(_label(table, x))
        ax.set_ylabel(_label(table, y))
        ax.figure.colorbar(shown, ax=ax, label=f"{metric}, {statistic} [{table.units[f'{metric}_{statistic}']}]")
        return ax

    def band(
        self,
        metric: str,
        x: str,
        *,
        where: Optional[Mapping[str, Any]] = None,
        ax: Optional["matplotlib.axes.Axes"] = None,
    ) -> "matplotlib.axes.Axes":
        """A metric against one varied key: the median of each cell's worlds with p05 to p95."""
        import numpy

        table = self._sweep.summary
        keep = self._rows(where, (x,))
        order = numpy.argsort(table[x][keep], kind="stable")
        xs = table[x][keep][order]
        low, middle, high = (table[f"{metric}_{q}"][keep][order] for q in ("p05", "p50", "p95"))
        ax = _axes(ax)
        at = xs if xs.dtype != object else numpy.arange(len(xs))
        ax.fill_between(at, low, high, alpha=0.25, linewidth=0, label="p05 … p95")
        ax.plot(at, middle, marker="o", label="median")
        if xs.dtype == object:
            ax.set_xticks(at, list(xs))
        ax.set_xlabel(_label(table, x))
        ax.set_ylabel(f"{metric} [{table.units[f'{metric}_p50']}]")
        ax.legend()
        return ax

    def curve(
        self, curve: str = "btc_price", *, cell: int = 0, ax: Optional["matplotlib.axes.Axes"] = None
    ) -> "matplotlib.axes.Axes":
        """One of the curves over time: bands p05 to p95 and p25 to p75 and the median over a cell's worlds."""
        table = self._sweep.bands(cell)
        ax = _axes(ax)
        hours = table["hours"]
        ax.fill_between(hours, table[f"{curve}_p05"], table[f"{curve}_p95"], alpha=0.2, linewidth=0, label="p05 … p95")
        ax.fill_between(hours, table[f"{curve}_p25"], table[f"{curve}_p75"], alpha=0.3, linewidth=0, label="p25 … p75")
        ax.plot(hours, table[f"{curve}_p50"], label="median")
        ax.set_xlabel("hours since the start")
        ax.set_ylabel(f"{curve} [{table.units[f'{curve}_p50']}]")
        ax.legend()
        return ax

    def _rows(self, where: Optional[Mapping[str, Any]], used: Tuple[str, ...]) -> "numpy.ndarray[Any, Any]":
        import numpy

        table = self._sweep.summary
        keys = _keys(self._sweep.cells)
        for key in used:
            if key not in keys:
                raise KeyError(f"{key!r} was not varied; varied were {', '.join(keys) or 'none'}")
        keep = numpy.ones(len(table), dtype=bool)
        for key, value in (where or {}).items():
            keep &= table[key] == value
        others = [key for key in keys if key not in used and key not in (where or {})]
        open_keys = [key for key in others if len({str(v) for v in table[key][keep]}) > 1]
        if open_keys:
            raise ValueError(f"several cells for one place: where={{...}} chooses a value of {', '.join(open_keys)}")
        return keep


# --- what sweep() is made of ---


def _varies(
    grid: Mapping[str, GridValues], paths: Optional[int], seed: Optional[int]
) -> Tuple[List[Tuple[str, List[str]]], Optional[int], Optional[int]]:
    """The grid as the core takes it; seeds among the keys become paths and first seed."""
    varies: List[Tuple[str, List[str]]] = []
    for key, values in grid.items():
        if key == "random.paths":
            raise ValueError("random.paths is not varied: paths=N gives every cell N worlds")
        if key == "random.seed":
            if paths is not None or seed is not None:
                raise ValueError("random.seed in the grid, or paths= and seed=; not both")
            seed, paths = _seeds(values)
        elif isinstance(values, Lin):
            varies.append((key, values.texts))
        elif isinstance(values, str):
            varies.append(_core.parse_vary(f"{key}={values}"))
        else:
            texts = [override_text(value) for value in values]
            if not texts:
                raise ValueError(f"{key}: no values")
            varies.append((key, texts))
    return varies, paths, seed


def _seeds(values: GridValues) -> Tuple[int, int]:
    listed: List[Any] = [] if isinstance(values, str) else list(values)
    try:
        numbers = [int(value) for value in listed if int(value) == float(value)]
    except (TypeError, ValueError):
        numbers = []
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(listed))) or numbers[0] < 0:
        raise ValueError(
            "random.seed takes consecutive whole numbers, e.g. range(50): every cell has the seeds S, S + 1, ... so that "
            "cells can be compared in pairs"
        )
    return numbers[0], len(numbers)


def _point_cells(points: Optional[Iterable[Mapping[str, Value]]]) -> Tuple[List[List[str]], Optional[List[int]]]:
    """Cells of the points, each once, and the cell of every point."""
    if points is None:
        return [], None
    cells: List[List[str]] = []
    at: Dict[Tuple[str, ...], int] = {}
    out = []
    for point in points:
        for key in ("random.seed", "random.paths"):
            if key in point:
                raise ValueError(f"{key} is not a part of a point: paths= and seed= are the same for all")
        cell = tuple(f"{key}={override_text(value)}" for key, value in point.items())
        if not cell:
            raise ValueError("a point without values")
        if cell not in at:
            at[cell] = len(cells)
            cells.append(list(cell))
        out.append(at[cell])
    if not cells:
        raise ValueError("no points")
    return cells, out


def _shard(shard: Union[None, str, Tuple[int, int]]) -> Tuple[int, int]:
    if shard is None:
        return (1, 1)
    try:
        number, count = (int(part) for part in (shard.split("/") if isinstance(shard, str) else shard))
    except (TypeError, ValueError):
        number, count = 0, 0
    if not 1 <= number <= count:
        raise ValueError(f'shard is "i/n" or (i, n) with 1 <= i <= n, not {shard!r}')
    return (number, count)


def _work(
    tasks: _core.TaskList,
    folder: Path,
    point_cells: Optional[List[int]],
    engine: str,
    workers: Optional[int],
    shard: Union[None, str, Tuple[int, int]],
    retries: int,
    retry_failed: bool,
    progress: Union[None, bool, Progress],
) -> Sweep:
    if workers is not None and workers < 1:
        raise ValueError("workers is 1 or more")
    if (folder / "manifest.json").exists():  # a finished `run --paths`
        return Sweep(folder, tasks, None, point_cells)
    watch = _Watch(progress)
    started = time.monotonic()
    before = {key for key, _ in _core.read_keys(str(folder))}
    try:
        if engine == "ray":
            from .ray_engine import run_on_ray

            usage = run_on_ray(
                tasks, folder, shard=_shard(shard), workers=workers, retries=retries, retry_failed=retry_failed,
                progress=watch,
            )
        else:
            _core.run_worlds(tasks, str(folder), workers, _shard(shard), retry_failed, watch)
            usage = {"workers": workers or os.cpu_count() or 1}
    finally:
        watch.end()
    content = _core.read_sweep(str(folder), tasks)
    done = Sweep(folder, tasks, content, point_cells)
    fresh = [not known for known in map(before.__contains__, done.worlds["key"])]
    seconds = float(done.worlds["wall_s"][fresh].sum()) if any(fresh) else 0.0
    elapsed = time.monotonic() - started
    done.usage = {
        "engine": engine,
        "elapsed_s": elapsed,
        "fresh": sum(fresh),
        "world_s": seconds,
        **usage,
        "core_use": seconds / (elapsed * max(usage["workers"], 1)),
    }
    if content.finished + content.failed == len(tasks):
        content.write_summary(str(folder))
    if content.failed:
        warnings.warn(
            f"{content.failed} of {len(tasks)} worlds failed; sweep.failed says why", RuntimeWarning, stacklevel=3
        )
    return done


class _Watch:
    """Progress as the core reports it; a line on a terminal unless somebody else shows it."""

    def __init__(self, progress: Union[None, bool, Progress]) -> None:
        self._call = progress if callable(progress) else None
        self._line = progress is True or (progress is None and sys.stderr.isatty())
        self._started = time.monotonic()
        self._shown = 0.0
        self._used = False

    def __call__(self, worlds: int, finished: int, failed: int, fresh: int, running: float) -> None:
        if self._call is not None:
            self._call(worlds, finished, failed, fresh, running)
            return
        now = time.monotonic()
        if not self._line or now - self._shown < 0.5:
            return
        self._shown = now
        self._used = True
        left = worlds - finished - failed
        made = fresh + running
        wait = f", about {(now - self._started) / made * (left - running):.0f} s" if made >= 1 and left else ""
        bad = f", {failed} failed" if failed else ""
        print(f"\rworlds {finished} of {worlds}{bad}{wait}   ", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._used:
            print(file=sys.stderr)


def _error(code: str, message: str, hint: str, file: PathLike) -> MargincallError:
    problem = {"kind": "error", "file": str(file), "code": code, "message": message, "hint": hint, "allowed": "", "more": 0}
    problem["text"] = f"{file}: error[{code}]: {message}\n   help: {hint}"
    return MargincallError([problem], str(problem["text"]))


def _keys(cells: List[Dict[str, str]]) -> List[str]:
    return list(dict.fromkeys(key for cell in cells for key in cell))


def _sorted(values: Any) -> List[Any]:
    kept = list(dict.fromkeys(values))
    return kept if any(isinstance(value, str) or value is None for value in kept) else sorted(kept)


def _short(value: Any) -> str:
    if value is None or value != value:
        return "—"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _label(table: Table, key: str) -> str:
    unit = table.units[key]
    return f"{key} [{unit}]" if unit else key


def _axes(ax: Optional["matplotlib.axes.Axes"]) -> "matplotlib.axes.Axes":
    if ax is not None:
        return ax
    return needed("matplotlib.pyplot", "a picture", "plot").subplots()[1]
