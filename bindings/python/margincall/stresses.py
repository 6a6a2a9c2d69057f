"""Stress of a given account book or lending book, without a model of behaviour (docs/stress.md)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Union

from . import _core
from .commands import checked, json_lines
from .tables import Table

PathLike = Union[str, "os.PathLike[str]"]
Shocks = Union[None, str, Sequence[str], "Mapping[str, Union[str, float]]"]


class Stress:
    """What a shock does to a book. :func:`stress` and :func:`load` make one."""

    def __init__(self, folder: PathLike, *, keep: Any = None) -> None:
        self._folder = Path(folder)
        self._keep = keep
        text = (self._folder / "result.jsonl").read_text(encoding="utf-8")
        self._rows = json_lines(text)

    @property
    def folder(self) -> Path:
        """The folder; of a stress without ``out`` a temporary one, which goes with this object."""
        return self._folder

    @property
    def report(self) -> Path:
        """report.html, one page that opens offline."""
        return self._folder / "report.html"

    @property
    def answer(self) -> List[str]:
        """Who is hit, whether each fund holds, who is deleveraged, what bad debt is left; then how firm that is."""
        return [sentence for row in self._of("answer") for sentence in row.get("sentences", [])]

    @property
    def summary(self) -> Dict[str, Dict[str, Any]]:
        """The figures of each case ("shock", those of proposed rules), money in USD."""
        return {row["case"]: row for row in self._of("outcome")}

    @property
    def results(self) -> List[Dict[str, Any]]:
        """Every line of result.jsonl."""
        return self._rows

    @property
    def hash(self) -> str:
        """Hash of all that the answer depends on; two results of one hash say the same."""
        for row in self._rows:
            if "stress_hash" in row:
                return str(row["stress_hash"])
        return ""

    @property
    def tables(self) -> List[str]:
        """Names for :meth:`table`."""
        return sorted(file.stem for file in self._folder.glob("*.csv"))

    def table(self, name: str) -> Table:
        """One of the folder's CSV files as a table: liquidations, adl, funds, sizes, ...

        Raises
        ------
        KeyError
            There is no such table.
        """
        if name not in self.tables:
            raise KeyError(f"{name!r}: there are {', '.join(self.tables)}")
        return Table(_core.read_csv(os.fspath(self._folder / f"{name}.csv")))

    def _of(self, kind: str) -> List[Dict[str, Any]]:
        return [row for row in self._rows if row.get("kind") == kind]

    def __repr__(self) -> str:
        said = "\n".join(self.answer)
        return f"Stress {self.hash}\n{said}"

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.answer)
        cases = self.summary
        names = [name for name in next(iter(cases.values()), {}) if name not in ("kind", "case")]
        head = "".join(f"<th>{escape(case)}</th>" for case in cases)
        rows = "".join(
            f'<tr><td style="text-align:left">{escape(name)}</td>'
            + "".join(f"<td>{_shown(row.get(name))}</td>" for row in cases.values())
            + "</tr>"
            for name in names
        )
        return f"{said}<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return "" if value is None else escape(str(value))


def shock_texts(shocks: Shocks) -> List[str]:
    """``{"BTC": "-15%/10min"}``, ``{"BTC": -0.15}``, ``"BTC=-15%/10min"`` or a list, as ``--shock`` takes them."""
    if shocks is None:
        return []
    if isinstance(shocks, str):
        return [shocks]
    if isinstance(shocks, Mapping):
        return [
            f"{coin}={move}" if isinstance(move, str) else f"{coin}={100 * move:.12g}%"
            for coin, move in shocks.items()
        ]
    return list(shocks)


def stress(
    book: Union[PathLike, Sequence[PathLike]],
    shocks: Shocks = None,
    *,
    out: Optional[PathLike] = None,
    settings: Optional[Mapping[str, Any]] = None,
    **options: Any,
) -> Stress:
    """What happens to given accounts when prices move.

    Parameters
    ----------
    book
        An account book (CSV), account states, a lending book; several files as a list.
    shocks
        ``{"BTC": "-15%/10min"}`` (a share is a move at once: ``{"BTC": -0.15}``), or texts as ``--shock`` takes.
    out
        Folder to write; without it a temporary one that goes with the Stress.
    settings
        Changes of the market, as of :meth:`Scenario.set`.
    **options
        Options of ``margincall stress`` with _ for -: ``depth_factor=0.3``, ``reverse=True``,
        ``limit=["bad_debt_usd <= 0"]``, ``rules="proposed.toml"``, ``vary="off"``, ``market="flash.toml"``.

    Raises
    ------
    MargincallError, ScenarioError
        ``exit_code`` 2 an option, 3 market or rules, 4 the book; ``errors`` has every problem.
    """
    from .scenario import override_text

    files: List[Any] = [book] if isinstance(book, (str, os.PathLike)) else list(book)
    arguments = ["stress", *[os.fspath(file) for file in files]]
    for one in shock_texts(shocks):
        arguments += ["--shock", one]
    for key, value in (settings or {}).items():
        arguments += ["--set", f"{key}={override_text(value)}"]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            arguments.append(option)
        elif value is not None and value is not False:
            many = value if isinstance(value, (list, tuple)) else [value]
            for one in many:
                arguments += [option, os.fspath(one) if isinstance(one, os.PathLike) else str(one)]
    keep = None
    if out is None:
        keep = tempfile.TemporaryDirectory(prefix="margincall-")
        folder = Path(keep.name) / "stress"
    else:
        folder = Path(out)
        if folder.exists():
            raise FileExistsError(f"{folder} exists; a folder of results is never written into")
        folder.parent.mkdir(parents=True, exist_ok=True)
    checked([*arguments, "--out", os.fspath(folder), "--progress", "none"], good=(0, 5))
    return Stress(folder, keep=keep)
