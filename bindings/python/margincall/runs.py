"""Runs: simulating a scenario, and what came of it."""

from __future__ import annotations

import datetime
import json
import os
import shlex
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Union

from . import _core
from .commands import checked, json_lines
from .errors import MargincallError
from .scenario import Scenario
from .tables import Table

if TYPE_CHECKING:
    from .plot import Plots

PathLike = Union[str, "os.PathLike[str]"]
Progress = Union[None, bool, Callable[[float], Any]]


class Figure(NamedTuple):
    """One headline figure; None is "not known"."""

    name: str
    unit: str
    value: Optional[float]
    """Of several paths the median."""
    p05: Optional[float]
    p95: Optional[float]
    n: int
    """Paths that have a value."""
    se: Optional[float]
    """Standard error of the median; of several paths only."""
    measured: Optional[float]
    tolerance: Optional[float]
    inside: Optional[bool]
    """Within the tolerance of what was measured; None when either is not known."""


class Summary(Mapping[str, Figure]):
    """The headline figures of a run: ``run.summary["btc_low"].value``.

    What the terminal, ``summary.json`` and the report show; docs/metrics.md says what each counts.
    """

    def __init__(self, core: _core.Run) -> None:
        self._core = core
        self._json: Dict[str, Any] = json.loads(core.summary_json())
        observed = {row["metric"]: row for row in self._json.get("observed", [])}
        self._figures: Dict[str, Figure] = {}
        for name, row in self._json["metrics"].items():
            other = observed.get(name, {})
            self._figures[name] = Figure(
                name,
                row["unit"],
                row["value"],
                row["p05"],
                row["p95"],
                row["n"],
                row.get("se"),
                other.get("measured"),
                other.get("tolerance"),
                other.get("inside"),
            )

    def __getitem__(self, name: str) -> Figure:
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    @property
    def json(self) -> Dict[str, Any]:
        """summary.json as a dict: also totals, wall time, forced closings by venue and coin."""
        return self._json

    @property
    def sentences(self) -> List[str]:
        """What happened, how it compares, and what the gates say of the prices, in words."""
        return self._core.sentences()

    def __repr__(self) -> str:
        return self._core.summary_text(shutil.get_terminal_size((100, 24)).columns).rstrip()

    def _repr_html_(self) -> str:
        several = len(self._core.seeds) > 1
        rows = []
        for row in self._core.headline():
            colour = {"in band": "#1b6ca8", "missed": "#c8502b"}.get(row["verdict"], "inherit")
            band = f"<td>{escape(row['band'])}</td>" if several else ""
            rows.append(
                f'<tr><td style="text-align:left" title="{escape(row["name"])}">{escape(row["label"])}</td>'
                f"<td><b>{escape(row['simulated'])}</b></td>{band}"
                f"<td>{escape(row['measured'])} {escape(row['tolerance'])}</td>"
                f'<td style="color:{colour}">{escape(row["verdict"])}</td></tr>'
            )
        head = "<th></th><th>simulated</th>" + ("<th>5 … 95 %</th>" if several else "")
        said = " ".join(escape(one) for one in self.sentences)
        return (
            f"<p>{said}</p><table><thead><tr>{head}<th>measured</th><th></th></tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


class Run:
    """What came of a scenario: figures, tables, pictures, the report. :func:`run` and :func:`load` make one."""

    def __init__(
        self,
        core: _core.Run,
        *,
        folder: Optional[Path] = None,
        typed: str = "",
        keep: Any = None,
    ) -> None:
        self._core = core
        self._folder = folder
        self._typed = typed
        self._keep = keep  # a temporary folder goes with the run
        self._summary: Optional[Summary] = None

    # --- figures ---

    @property
    def summary(self) -> Summary:
        """The headline figures."""
        if self._summary is None:
            self._summary = Summary(self._core)
        return self._summary

    @property
    def title(self) -> str:
        """Title of the scenario, with the world's size when that is not full."""
        return self._core.title

    @property
    def digest(self) -> str:
        """Digest of every event and the final state, 16 hexadecimal digits; of several paths of theirs in order."""
        return f"{self._core.digest:016x}"

    @property
    def seed(self) -> int:
        """The seed; of several paths the first one's."""
        return self._core.seeds[0]

    @property
    def seeds(self) -> List[int]:
        """One seed a path."""
        return self._core.seeds

    @property
    def resolved(self) -> str:
        """The complete scenario as TOML; running it gives the same digest. Of a world that was told of events or had
        agents in Python, which no scenario gives again, it begins with a line that says so."""
        return self._core.resolved

    @property
    def start(self) -> datetime.datetime:
        """Start of the simulated time, UTC."""
        return datetime.datetime.fromtimestamp(self._core.start_unix_s, tz=datetime.timezone.utc)

    @property
    def scenario(self) -> Scenario:
        """The scenario that this run is of, with its seed.

        Raises
        ------
        MargincallError
            E727: no scenario gives this run.
        """
        if self._core.not_saved:
            raise MargincallError([{"code": "E727", "message": self._core.not_saved}], self._core.not_saved)
        return Scenario.from_text(self._core.resolved, name="resolved.toml")

    # --- tables ---

    @property
    def tables(self) -> List[str]:
        """Names for :meth:`table`. Of several paths the records are those of the first one."""
        return self._core.table_names()

    def table(self, name: str) -> Table:
        """A table with units; docs/python.md lists them. Made once, then shared.

        Raises
        ------
        KeyError
            There is no such table; the message names the nearest and all.
        """
        try:
            return Table(self._core.table(name))
        except KeyError:
            import difflib

            near = difflib.get_close_matches(name, self.tables, 1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            note = "" if self._core.recorded else " (nothing was recorded: record=False)"
            raise KeyError(f"{name!r}: {meant}there are {', '.join(self.tables)}{note}") from None

    def query(self, sql: str) -> Table:
        """Answers read-only SQL over run.db (docs/run-database.md), where money is micro-dollars.

        A run in memory is written to a temporary folder first, once.

        Raises
        ------
        MargincallError
            E523 with line and column: the statement is wrong. E524: it does more than read.
        """
        return Table(_core.query(os.fspath(self.folder), sql))

    # --- files ---

    @property
    def folder(self) -> Path:
        """The run's folder; of a run in memory a temporary one, which goes with this object."""
        if self._folder is None:
            self._keep = tempfile.TemporaryDirectory(prefix="margincall-")
            self._folder = self._save(Path(self._keep.name) / self._name())
        return self._folder

    def save(self, folder: PathLike) -> Path:
        """Writes the run folder that ``margincall run --out FOLDER`` writes, and gives its path.

        Raises
        ------
        FileExistsError
            There is something of that name.
        """
        wanted = Path(folder)
        if wanted.exists():
            raise FileExistsError(f"{wanted} exists; a run folder is never written into")
        if self._folder is not None:
            return Path(shutil.copytree(self._folder, wanted))
        return self._save(wanted)

    def report(self, path: PathLike) -> Path:
        """Writes report.html, one page that opens offline, to ``path``."""
        checked(["report", os.fspath(self.folder), "--out", os.fspath(path)])
        return Path(path)

    def to_parquet(self, path: PathLike, tables: Optional[List[str]] = None, name: Optional[str] = None) -> List[Path]:
        """Writes tables as Parquet below ``path``, partitioned by table and run (docs/python-sweeps.md); needs pyarrow.

        Parameters
        ----------
        tables
            Names; default all.
        name
            Of the partition; default scenario, hash and seed.
        """
        from .parquet import write_run

        return write_run(self, path, tables=tables, name=name)

    def _name(self) -> str:
        info = self.summary.json
        return f"{info['scenario'] or 'run'}-seed{self.seed}-{info['scenario_hash'][:8]}"

    def _save(self, wanted: Path) -> Path:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        return Path(self._core.save(os.fspath(wanted), self._typed))

    # --- pictures ---

    @property
    def plot(self) -> "Plots":
        """Pictures by matplotlib: ``run.plot()``, ``run.plot.strip()``, ``.liquidations()``, ``.map()``."""
        from .plot import Plots

        return Plots(self)

    def __repr__(self) -> str:
        paths = f", {len(self.seeds)} paths" if len(self.seeds) > 1 else ""
        return f"Run {self.title!r}, seed {self.seed}{paths}, digest {self.digest}\n{self.summary!r}"

    def _repr_html_(self) -> str:
        return f"<h4>{escape(self.title)}</h4>{self.summary._repr_html_()}"


def run(
    scenario: Union[Scenario, PathLike],
    paths: Optional[int] = None,
    seed: Optional[int] = None,
    workers: Optional[int] = None,
    out: Optional[PathLike] = None,
    record: bool = True,
    progress: Progress = None,
) -> Run:
    """Simulates a scenario.

    Parameters
    ----------
    scenario
        A :class:`Scenario`, or what :meth:`Scenario.load` takes.
    paths
        Worlds with the seeds S, S + 1, ...; default what the scenario says (1). One world runs in memory on the
        calling thread; several run on ``workers`` threads into a run folder.
    seed
        S; default the scenario's.
    workers
        Worlds at a time of several paths; default one a core.
    out
        Run folder to write. Without it several paths go to a temporary folder that goes with the Run.
    record
        False leaves out tables, database and report; figures that are counted from them are not known.
    progress
        A function that is told the share that is done, 0 to 1, about ten times a second; True draws a line on
        standard error.

    Raises
    ------
    ScenarioError, MargincallError
        Not valid; disk full and the like. A bug of the core (``code`` "internal") ends the run, not the interpreter.
    KeyboardInterrupt
        Ctrl-C. Of several paths the finished worlds are kept in ``out``.partial.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    count = scenario._compiled.paths if paths is None else paths
    if count < 1:
        raise ValueError(f"paths must be at least 1, was {count}")
    tell = _teller(progress)
    if count == 1:
        return _run_one(scenario, seed, out, record, tell)
    return _run_paths(scenario, count, seed, workers, out, record, tell)


def _run_one(
    scenario: Scenario,
    seed: Optional[int],
    out: Optional[PathLike],
    record: bool,
    tell: Optional[Callable[[float], Any]],
) -> Run:
    changes: Dict[str, Any] = {}
    if seed is not None and seed != scenario.seed:
        changes["random.seed"] = str(seed)
    if scenario._compiled.paths != 1:
        changes["random.paths"] = 1
    one = scenario.copy().set(changes) if changes else scenario
    if out is not None and Path(out).exists():
        raise FileExistsError(f"{out} exists; a run folder is never written into")
    if out is not None:
        Path(out).parent.mkdir(parents=True, exist_ok=True)  # before it is simulated
    typed = shlex.join(_arguments(scenario, scenario.path or "scenario.toml", seed, None))
    made = Run(
        _core.run_in_memory(one._compiled, "margincall " + typed, record, tell),
        typed="margincall " + typed,
    )
    if tell is not None:
        tell(1.0)
    if out is not None:
        made._folder = made._save(Path(out))
    return made


def _run_paths(
    scenario: Scenario,
    paths: int,
    seed: Optional[int],
    workers: Optional[int],
    out: Optional[PathLike],
    record: bool,
    tell: Optional[Callable[[float], Any]],
) -> Run:
    keep = None
    if out is None:
        keep = tempfile.TemporaryDirectory(prefix="margincall-")
        folder = Path(keep.name) / f"{scenario.name}-paths{paths}"
    else:
        folder = Path(out)
        if folder.exists():
            raise FileExistsError(f"{folder} exists; a run folder is never written into")
        folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="margincall-") as place:
        file = scenario.path
        if file is None:
            # What relative paths of the text start at is known here only, so the complete text is run.
            file = os.path.join(place, "scenario.toml")
            Path(file).write_text(scenario.resolved, encoding="utf-8")
        arguments = _arguments(scenario, file, seed, paths)
        arguments += ["--out", os.fspath(folder), "--progress", "none"]
        if workers is not None:
            arguments += ["--workers", str(workers)]
        if not record:
            arguments += ["--no-record"]
        with _Watch(folder, paths, tell):
            answer = checked(arguments, good=(0, 9))
    lines = json_lines(answer.out)
    if not lines:  # every path failed
        raise MargincallError([], answer.err.strip(), exit_code=answer.code)
    return load(lines[-1]["run"], _keep=keep)


def _arguments(
    scenario: Scenario, file: str, seed: Optional[int], paths: Optional[int]
) -> List[str]:
    """The command line that runs the same."""
    out = ["run", file]
    if scenario.path is not None:
        for key, value in scenario.overrides.items():
            out += ["--set", f"{key}={value}"]
    out += ["--seed", str(scenario.seed if seed is None else seed)]
    if paths is not None:
        out += ["--paths", str(paths)]
    return out


def _teller(progress: Progress) -> Optional[Callable[[float], Any]]:
    if progress is True:
        return _draw
    return progress if callable(progress) else None


def _draw(share: float) -> None:
    end = "\n" if share >= 1.0 else ""
    sys.stderr.write(f"\rmargincall  {100 * share:5.1f} %{end}")
    sys.stderr.flush()


class _Watch:
    """Tells how many worlds of a folder are finished while a command writes it."""

    def __init__(self, folder: Path, paths: int, tell: Optional[Callable[[float], Any]]) -> None:
        self._parts = folder.with_name(folder.name + ".partial") / "parts"
        self._paths = paths
        self._tell = tell
        self._end = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def _finished(self) -> int:
        return sum(part.read_bytes().count(b"\n") for part in self._parts.glob("*.jsonl"))

    def _work(self) -> None:
        while not self._end.wait(0.25):
            if self._tell is not None:
                self._tell(min(self._finished() / self._paths, 1.0))

    def __enter__(self) -> "_Watch":
        if self._tell is not None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if self._thread is not None:
            self._end.set()
            self._thread.join()
        if kind is None and self._tell is not None:
            self._tell(1.0)


def load(folder: PathLike, *, _keep: Any = None) -> Any:
    """Opens a finished folder: a :class:`Run`, a :class:`Stress`, or the folder of a sweep.

    Nothing is simulated.

    Raises
    ------
    MargincallError
        E521 it is no such folder, E522 it is damaged, E525 it is of another version.
    """
    path = Path(folder)
    if (path / "result.jsonl").is_file():
        from .stresses import Stress

        return Stress(path)
    if (path / "plan.json").is_file() and not (path / "manifest.json").is_file():
        import margincall

        return getattr(margincall, "load_sweep")(path)
    return Run(_core.load_run(os.fspath(path)), folder=path, keep=_keep)
