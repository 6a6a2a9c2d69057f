"""Runs, or stresses, beside each other."""

from __future__ import annotations

import os
import tempfile
from html import escape
from pathlib import Path
from typing import Any, List, Union

from . import _core
from .commands import checked, command
from .errors import MargincallError
from .tables import Table

PathLike = Union[str, "os.PathLike[str]"]


class Comparison:
    """Differences to the first: levels at the start, their minimum and end, every metric, the keys that differ."""

    def __init__(self, folders: List[str], keep: Any, mix: bool) -> None:
        self._folders = folders
        self._keep = keep
        self._more = ["--mix"] if mix else []
        self._text = self._ask("--no-color")

    def _ask(self, *more: str) -> str:
        answer = command(["compare", *self._folders, *self._more, *more])
        if answer.code != 0:
            raise MargincallError([], answer.err.strip(), exit_code=answer.code)
        return answer.out

    def table(self) -> Table:
        """All of it as rows, what ``margincall compare --csv`` prints."""
        with tempfile.TemporaryDirectory(prefix="margincall-") as place:
            file = Path(place) / "comparison.csv"
            file.write_text(self._ask("--csv"), encoding="utf-8")
            return Table(_core.read_csv(os.fspath(file)))

    def report(self, path: PathLike) -> Path:
        """Writes one page that opens offline, with the runs' pictures on one scale."""
        checked(["compare", *self._folders, *self._more, "--out", os.fspath(path)])
        return Path(path)

    def __repr__(self) -> str:
        return self._text.rstrip()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self._text)}</pre>"


def compare(*runs: Any, mix: bool = False) -> Comparison:
    """Compares runs, or stresses, with the first one.

    Parameters
    ----------
    *runs
        :class:`Run` or :class:`Stress` objects, or their folders; two or more.
    mix
        Compare worlds of different sizes all the same.

    Raises
    ------
    MargincallError
        They cannot be compared, e.g. a run with a stress.
    """
    if len(runs) < 2:
        raise ValueError("compare wants two runs or more")
    folders = [os.fspath(getattr(one, "folder", one)) for one in runs]
    return Comparison(folders, runs, mix)
