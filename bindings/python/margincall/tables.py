"""Tables: columns with units, shared with pyarrow, polars, pandas, duckdb and numpy."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple

from . import _core

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars
    import pyarrow


def needed(module: str, what: str, extra: str) -> Any:
    """The module, or an ImportError that says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as problem:
        raise ImportError(
            f"{what} needs {module}: pip install {module}  (or pip install 'margincall[{extra}]')"
        ) from problem


class Table:
    """Columns of equal length, each with a unit and a meaning; they do not change.

    Any library that reads the Arrow PyCapsule protocol takes a table as it is and shares its memory:
    ``polars.from_arrow(t)``, ``pyarrow.table(t)``, ``duckdb.sql("select * from t")``. Money is USD as float64,
    in columns that end in ``_usd``; times are UTC; what is not known is null.
    """

    def __init__(self, core: _core.Table) -> None:
        self._core = core

    # --- what it is ---

    @property
    def name(self) -> str:
        """Name of the table, e.g. ``"liquidations"``."""
        return self._core.name

    @property
    def num_rows(self) -> int:
        """Rows; the same as ``len(table)``."""
        return self._core.num_rows

    @property
    def column_names(self) -> List[str]:
        """Names of the columns, in their order."""
        return self._core.column_names

    @property
    def units(self) -> Dict[str, str]:
        """Unit of each column; empty for names, flags and pure numbers."""
        return dict(zip(self._core.column_names, self._core.column_units))

    @property
    def meanings(self) -> Dict[str, str]:
        """What each column is, in words."""
        return dict(zip(self._core.column_names, self._core.column_meanings))

    @property
    def types(self) -> Dict[str, str]:
        """int64, double, bool, text, word (one of few texts) or timestamp[ns, UTC]."""
        return dict(zip(self._core.column_names, self._core.column_types))

    def __len__(self) -> int:
        return self._core.num_rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.column_names)

    def __contains__(self, column: object) -> bool:
        return column in self._core.column_names

    # --- to other libraries ---

    def __arrow_c_schema__(self) -> object:
        return self._core.__arrow_c_schema__()

    def __arrow_c_array__(self, requested_schema: object = None) -> Tuple[object, object]:
        return self._core.__arrow_c_array__(requested_schema)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._core.__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> "pyarrow.Table":
        """A pyarrow.Table on the same memory; units and meanings are its fields' metadata."""
        return needed("pyarrow", "to_arrow()", "tables").table(self)

    def to_polars(self) -> "polars.DataFrame":
        """A polars.DataFrame; numbers and times share the memory, texts are made anew by polars."""
        return needed("polars", "to_polars()", "tables").DataFrame(self)

    def to_pandas(self) -> "pandas.DataFrame":
        """A pandas.DataFrame through pyarrow; pandas lays columns out in its own way, which copies."""
        needed("pandas", "to_pandas()", "tables")
        return self.to_arrow().to_pandas()

    def to_numpy(self) -> Dict[str, "numpy.ndarray[Any, Any]"]:
        """Each column as a numpy array, see ``table[column]``."""
        return {name: self[name] for name in self.column_names}

    def __getitem__(self, column: str) -> "numpy.ndarray[Any, Any]":
        """A column as a numpy array.

        float64 (not known: NaN) and int64 are read-only views of the table's memory, times datetime64[ns] views
        in UTC. Texts are arrays of objects (not known: None). Whole numbers and flags of which some are not
        known become float64 with NaN, which copies.
        """
        import numpy

        kind = self.types.get(column)
        if kind is None:
            raise KeyError(f"{column!r}; the table {self.name!r} has {', '.join(self.column_names)}")
        values = self._core.values(column)
        known = self._core.known(column)
        if kind == "double":
            return values
        if kind == "timestamp[ns, UTC]":
            moments = values.view("datetime64[ns]")
            if known is not None:
                moments = moments.copy()
                moments[~known] = numpy.datetime64("NaT")
            return moments
        if kind == "word":
            words = numpy.array([*(self._core.words(column) or []), None], dtype=object)
            return words[values if known is None else numpy.where(known, values, len(words) - 1)]
        if kind == "text":
            out = numpy.empty(len(values), dtype=object)
            out[:] = values
            return out
        if known is not None:
            out = values.astype(float)
            out[~known] = numpy.nan
            return out
        return values

    # --- on the screen ---

    def _head(self, rows: int) -> List[List[str]]:
        shown = min(rows, self.num_rows)
        columns = [[_cell(value) for value in self[name][:shown]] for name in self.column_names]
        return [list(row) for row in zip(*columns)]

    def __repr__(self) -> str:
        names = self.column_names
        width = max([len(name) for name in names], default=0)
        units = self.units
        types = self.types
        lines = [f"Table {self.name!r}: {self.num_rows} rows, {len(names)} columns"]
        for name in names:
            unit = f"  [{units[name]}]" if units[name] else ""
            lines.append(f"  {name:{width}}  {types[name]}{unit}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        units = self.units
        meanings = self.meanings
        head = "".join(
            f'<th title="{escape(meanings[name])}">{escape(name)}<br><small>{escape(units[name])}</small></th>'
            for name in self.column_names
        )
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self._head(10)
        )
        return (
            f"<table><caption>{escape(self.name)}: {self.num_rows:,} rows</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return str(value)
