"""Margincall's core; use the package `margincall`."""

from collections.abc import Callable, Sequence
import pathlib
from typing import Annotated, Any

import numpy
from numpy.typing import NDArray


class Table:
    """Columns in memory as Arrow has them; margincall.Table wraps it."""

    @property
    def name(self) -> str: ...

    @property
    def num_rows(self) -> int: ...

    @property
    def column_names(self) -> list[str]: ...

    @property
    def column_units(self) -> list[str]: ...

    @property
    def column_meanings(self) -> list[str]: ...

    @property
    def column_types(self) -> list[str]: ...

    def values(self, name: str) -> Any:
        """The values of a column: a read-only numpy view, or a list of texts."""

    def known(self, name: str) -> Any:
        """Which rows have a value; None when all do."""

    def words(self, name: str) -> list[str] | None:
        """The texts that the numbers of a word column stand for."""

    def __arrow_c_schema__(self) -> object: ...

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class Compiled:
    """A checked scenario; margincall.Scenario holds one."""

    @property
    def file(self) -> str: ...

    @property
    def resolved(self) -> str: ...

    @property
    def original(self) -> str: ...

    @property
    def hash(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def about(self) -> str: ...

    @property
    def size(self) -> str: ...

    @property
    def seed(self) -> int: ...

    @property
    def paths(self) -> int: ...

    @property
    def start_unix_s(self) -> int: ...

    @property
    def length_ns(self) -> int: ...

    def warnings(self) -> list[dict[str, Any]]: ...

    def tree(self) -> dict[str, Any]:
        """The resolved scenario as nested dicts."""

def compile_path(path: str, overrides: Sequence[str]) -> Compiled: ...

def compile_text(text: str, name: str, directory: str, overrides: Sequence[str]) -> Compiled: ...

def builtin_names() -> list[str]:
    """The shipped scenarios."""

class Run:
    """One run; margincall.Run wraps it."""

    @property
    def resolved(self) -> str: ...

    @property
    def digest(self) -> int: ...

    @property
    def seeds(self) -> list[int]: ...

    @property
    def not_saved(self) -> str: ...

    @property
    def recorded(self) -> bool: ...

    @property
    def interrupted(self) -> bool: ...

    @property
    def title(self) -> str: ...

    @property
    def start_unix_s(self) -> int: ...

    @property
    def reference_books(self) -> dict[str, dict[str, str]]: ...

    def summary_json(self) -> str: ...

    def summary_text(self, width: int = 100) -> str: ...

    def headline(self) -> list[dict[str, str]]: ...

    def sentences(self) -> list[str]: ...

    def table_names(self) -> list[str]: ...

    def table(self, name: str) -> Table: ...

    def save(self, folder: str, command: str) -> pathlib.Path: ...

def run_in_memory(scenario: Compiled, command: str, record: bool, progress: Callable[[float], Any] | None) -> Run:
    """Simulates one world; Ctrl-C raises KeyboardInterrupt."""

def load_run(folder: str) -> Run: ...

def query(database: str, sql: str) -> Table: ...

def read_csv(path: str) -> Table: ...

def command(arguments: Sequence[str]) -> tuple[int, str, str]:
    """
    What `margincall ARGUMENTS...` does, in this process: exit code, standard output and error.
    """

version: str = '0.1.0'

class TaskList:
    """What is to be run: cells times seeds, with keys."""

    @staticmethod
    def make(scenario: str, text: tuple[str, str] | None, overrides: Sequence[str], varies: Sequence[tuple[str, Sequence[str]]], points: Sequence[Sequence[str]], paths: int | None, seed: int | None) -> TaskList:
        """From a scenario (a file, or a text with its folder), a grid or points."""

    @staticmethod
    def from_json(plan: str, resolved: Sequence[str]) -> TaskList: ...

    @staticmethod
    def of_folder(folder: str) -> TaskList: ...

    def json(self) -> str: ...

    @property
    def hash(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def folder(self) -> str: ...

    @property
    def paths(self) -> int: ...

    @property
    def seed_from(self) -> int: ...

    @property
    def cells(self) -> list[list[str]]: ...

    @property
    def resolved(self) -> list[str]: ...

    def key(self, index: int) -> str: ...

    def __len__(self) -> int: ...

class HeldFolder:
    """A folder whose worlds others run."""

    @property
    def finished(self) -> list[str]: ...

    @property
    def failed(self) -> list[str]: ...

    def close(self) -> None: ...

def hold_folder(tasks: TaskList, folder: str, shard: tuple[int, int]) -> HeldFolder:
    """Opens or begins the folder; E712 while another process works on it."""

def run_worlds(tasks: TaskList, folder: str, workers: int | None, shard: tuple[int, int], retry_failed: bool, progress: Any) -> dict[str, int]:
    """Runs what the folder lacks on threads of this process."""

def run_block(tasks: TaskList, folder: str, part: str, indices: Sequence[int]) -> list[tuple[int, str, str, str, float, float, str]]:
    """
    Runs a few worlds for a folder that another process holds: index, key, how it ended, digest, seconds, MiB, reason.
    """

def append_failed(tasks: TaskList, folder: str, index: int, reason: str) -> None: ...

class SweepContent:
    """What a folder of many worlds holds."""

    @property
    def finished(self) -> int: ...

    @property
    def failed(self) -> int: ...

    def worlds(self) -> Table: ...

    def summary(self) -> Table: ...

    def series(self) -> Table: ...

    def failures(self) -> Table: ...

    def bands(self, cell: int) -> Table: ...

    def write_summary(self, folder: str) -> None: ...

def read_sweep(folder: str, tasks: TaskList) -> SweepContent: ...

def read_keys(folder: str) -> list[tuple[str, str]]:
    """Keys and digests of the finished worlds."""

def parse_vary(text: str) -> tuple[str, list[str]]:
    """KEY=LO:HI:N or KEY=A,B,C as --vary of the command line reads it."""

class Market:
    """What an agent is shown and may do; valid while on_step runs."""

    @property
    def time_ns(self) -> int: ...

    @property
    def bid(self) -> object: ...

    @property
    def ask(self) -> object: ...

    @property
    def last(self) -> object: ...

    @property
    def mark(self) -> object: ...

    @property
    def index(self) -> object: ...

    @property
    def bid_depth_usd(self) -> object: ...

    @property
    def ask_depth_usd(self) -> object: ...

    @property
    def volume_1m_usd(self) -> object: ...

    @property
    def funding_8h(self) -> object: ...

    @property
    def position(self) -> object: ...

    @property
    def cash_usd(self) -> object: ...

    @property
    def fills(self) -> dict[str, Any]: ...

    def uniform(self, n: int) -> object: ...

    def normal(self, n: int) -> object: ...

    def order(self, instrument: int, side: int, qty: float, price: float, tif: str, post_only: bool, reduce_only: bool) -> int: ...

    def orders(self, instrument: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], side: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], qty: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], price: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], tif: str, post_only: bool, reduce_only: bool) -> object: ...

    def cancel(self, instrument: int, order: int) -> None: ...

    def cancel_all(self, instrument: int) -> None: ...

class World:
    """A world stepped by hand; margincall.World wraps it."""

    def step_to(self, until_ns: int, progress: object | None) -> None: ...

    def inject(self, row: str) -> dict[str, Any]: ...

    def fork(self) -> World: ...

    def finish(self) -> Run: ...

    def observe(self) -> dict[str, Any]: ...

    def snapshot(self) -> str: ...

    @property
    def reached_ns(self) -> int: ...

    @property
    def finished(self) -> bool: ...

    @property
    def digest(self) -> int: ...

    @property
    def seed(self) -> int: ...

    @property
    def resolved(self) -> str: ...

def world_names(scenario: Compiled) -> dict[str, Any]: ...

def begin_world(scenario: Compiled, agents: list[Any], record: bool) -> World: ...

class Snapshot:
    """A snapshot that was read; restore_world makes its state."""

    @property
    def scenario(self) -> Compiled: ...

def read_snapshot(text: str, file: str) -> Snapshot: ...

def restore_world(snapshot: Snapshot, agents: list[Any], progress: Callable[[float], Any] | None) -> World: ...
