"""Tables as a Parquet dataset: a folder a table, hive-partitioned by run or sweep. Needs pyarrow.

A file is written under a name that no reader takes for a part of the dataset, brought to the disk and renamed: a writer
that is killed leaves none that is broken. A file is written again only when what it holds has changed.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Union

from .tables import Table, needed

if TYPE_CHECKING:
    from .runs import Run
    from .sweeps import Sweep

FILES = 64
"""At most so many files a table of one sweep: a worker's part always goes into the same one of them."""

SWEEP_TABLES = ("worlds", "summary", "failed", "series")
_stamp = b"margincall.content"


def write_sweep(
    sweep: "Sweep",
    path: Union[str, "os.PathLike[str]"],
    tables: Sequence[str] = ("worlds", "summary", "failed"),
) -> List[Path]:
    """:meth:`Sweep.to_parquet`: gives the files that were written anew."""
    arrow = needed("pyarrow", "to_parquet()", "parquet")
    for name in tables:
        if name not in SWEEP_TABLES:
            raise ValueError(f"{name!r} is no table of a sweep; there are {', '.join(SWEEP_TABLES)}")
    place = _partition("sweep", sweep.name)
    written: List[Path] = []
    files = _files(list(sweep.worlds["part"]))
    for name in tables:
        folder = Path(path) / name / place
        table = _plain(getattr(sweep, name).to_arrow())
        if name in ("summary", "failed"):
            written += _put(folder / "part-00.parquet", table)
            continue
        if name == "worlds":
            numbers = arrow.array(files)
        else:
            of_world = dict(zip(sweep.worlds["index"].tolist(), files))
            numbers = arrow.array([of_world[index] for index in sweep.series["index"].tolist()])
        for number in sorted(set(files)):
            rows = table.filter(needed("pyarrow.compute", "to_parquet()", "parquet").equal(numbers, number))
            written += _put(folder / f"part-{number:02d}.parquet", rows)
    return written


def write_run(
    run: "Run",
    path: Union[str, "os.PathLike[str]"],
    tables: Optional[Sequence[str]] = None,
    name: Optional[str] = None,
) -> List[Path]:
    """``Run.to_parquet``: a folder a table and in it ``run=NAME``.

    Parameters
    ----------
    run
        A :class:`Run`.
    path
        Folder of the dataset; other runs in it stay.
    tables
        Names; default all.
    name
        What the partition is called; default the scenario's hash and the seed, by which the same run finds its files.

    Returns
    -------
    list of Path
        The files that were written anew.
    """
    needed("pyarrow", "to_parquet()", "parquet")
    place = _partition("run", name if name is not None else _run_name(run))
    written: List[Path] = []
    for table in tables if tables is not None else list(run.tables):
        rows: Table = run.table(table)
        written += _put(Path(path) / table / place / "part-00.parquet", _plain(rows.to_arrow()))
    return written


def _run_name(run: "Run") -> str:
    info = run.summary.json
    return f"{info['scenario']}-{info['scenario_hash'][:8]}-{run.seed}"


def _partition(key: str, value: str) -> str:
    return f"{key}={re.sub(r'[^A-Za-z0-9._-]+', '-', value)}"


def _files(parts: List[str]) -> List[int]:
    """The number of the file of each world: by its part's name, so that it stays when parts come."""
    numbers: Dict[str, int] = {}
    for part in parts:
        if part not in numbers:
            numbers[part] = int.from_bytes(hashlib.sha256(part.encode()).digest()[:4], "big") % FILES
    return [numbers[part] for part in parts]


def _plain(table: Any) -> Any:
    """Words as texts: the list of words of a whole table would be in every file and change with other files' rows."""
    arrow = needed("pyarrow", "to_parquet()", "parquet")
    fields = [
        field.with_type(arrow.string()) if arrow.types.is_dictionary(field.type) else field for field in table.schema
    ]
    return table.cast(arrow.schema(fields, metadata=table.schema.metadata))


def _put(path: Path, table: Any) -> List[Path]:
    """Writes the file unless it holds just that."""
    parquet = needed("pyarrow.parquet", "to_parquet()", "parquet")
    stamp = _content(table)
    if path.exists() and (parquet.read_schema(path).metadata or {}).get(_stamp) == stamp:
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _stamp: stamp})
    # Neither DuckDB's *.parquet nor pyarrow's datasets take a name that begins with a dot.
    working = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        parquet.write_table(table, working, compression="zstd")
        with open(working, "rb") as file:
            os.fsync(file.fileno())
        os.replace(working, path)
    finally:
        working.unlink(missing_ok=True)
    return [path]


def _content(table: Any) -> bytes:
    """A hash of everything in the table, its units and meanings among it."""
    arrow = needed("pyarrow", "to_parquet()", "parquet")

    class Hash:
        def __init__(self) -> None:
            self.hash = hashlib.sha256()
            self.closed = False

        def write(self, data: Any) -> int:
            self.hash.update(data)
            return len(data)

        def flush(self) -> None:
            pass

        def close(self) -> None:
            self.closed = True

        def readable(self) -> bool:
            return False

        def writable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return False

    sink = Hash()
    with arrow.ipc.new_stream(arrow.PythonFile(sink, mode="w"), table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return sink.hash.hexdigest().encode()
