"""Worlds stepped by hand: looked at, told of events, forked, written down; and agents written in Python."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _core
from .errors import MargincallError
from .runs import PathLike, Progress, Run, _teller
from .scenario import Scenario, _toml

Moment = Union[float, int, datetime.timedelta, datetime.datetime, str]
_second = 1_000_000_000


class Names:
    """What the rows of arrays are: ``instruments`` (``"A:BTC-PERP"``), ``assets``, ``venues``."""

    def __init__(self, core: Dict[str, Any]) -> None:
        self.instruments: Tuple[str, ...] = tuple(core["instruments"])
        self.kinds: Tuple[str, ...] = tuple(core["kinds"])
        """``"perp"`` or ``"spot"``, by instrument."""
        self.assets: Tuple[str, ...] = tuple(core["assets"])
        self.venues: Tuple[str, ...] = tuple(core["venues"])
        self._start_unix_s: int = core["start_unix_s"]
        self._length_ns: int = core["length_ns"]

    def instrument(self, name: Union[str, int]) -> int:
        """Row of an instrument by its name; a row is given back as it is.

        Raises
        ------
        KeyError
            There is none; the message names the nearest.
        """
        if isinstance(name, (int, np.integer)):
            return int(name)
        try:
            return self.instruments.index(name)
        except ValueError:
            import difflib

            near = difflib.get_close_matches(name, self.instruments, 1)
            meant = f"did you mean {near[0]!r}?" if near else ", ".join(self.instruments)
            raise KeyError(f"no instrument {name!r}: {meant}") from None


class Market:
    """What :meth:`Agent.on_step` is shown, and what it may do; valid while it runs.

    Arrays are read-only views with a row an instrument (or venue), as public data stood one latency ago. 0 is "none":
    no price, no depth sample yet.
    """

    def __init__(self, core: Any, names: Names) -> None:
        self._core = core
        self.names = names

    def __deepcopy__(self, memo: Any) -> "Market":
        raise TypeError("an agent keeps the market that on_step was shown; keep copies of its arrays instead")

    @property
    def time_s(self) -> float:
        """Simulated seconds since the start of the scenario."""
        return float(self._core.time_ns) / _second

    @property
    def now(self) -> datetime.datetime:
        """Simulated time, UTC."""
        return _moment(self.names, self._core.time_ns)

    @property
    def bid(self) -> Any:
        """Best bid, USD; shape (instruments,)."""
        return self._core.bid

    @property
    def ask(self) -> Any:
        """Best ask, USD; shape (instruments,)."""
        return self._core.ask

    @property
    def last(self) -> Any:
        """Price of the last trade, USD; shape (instruments,)."""
        return self._core.last

    @property
    def mark(self) -> Any:
        """Mark price, USD; perps only; shape (instruments,)."""
        return self._core.mark

    @property
    def index(self) -> Any:
        """Index price of the coin, USD; shape (instruments,)."""
        return self._core.index

    @property
    def bid_depth_usd(self) -> Any:
        """USD bid within 1 % of mid at the last public sample; shape (instruments,)."""
        return self._core.bid_depth_usd

    @property
    def ask_depth_usd(self) -> Any:
        """USD offered within 1 % of mid at the last public sample; shape (instruments,)."""
        return self._core.ask_depth_usd

    @property
    def volume_1m_usd(self) -> Any:
        """USD traded in the last minute; shape (instruments,)."""
        return self._core.volume_1m_usd

    @property
    def funding_8h(self) -> Any:
        """Funding estimate, fraction per 8 h; perps only; shape (instruments,)."""
        return self._core.funding_8h

    @property
    def position(self) -> Any:
        """What the agent knows it holds, coins, short negative; shape (instruments,)."""
        return self._core.position

    @property
    def cash_usd(self) -> Any:
        """The agent's cash, USD; shape (venues,)."""
        return self._core.cash_usd

    @property
    def fills(self) -> Dict[str, Any]:
        """What the agent has learned since its last step, a row an event, as arrays of one length.

        ``instrument``, ``side`` (1 buy, -1 sell), ``order``, ``price`` USD, ``qty`` coins (0: refused or removed, then
        ``left`` says what still rests), ``left`` coins, ``adl`` (1: auto-deleveraged).
        """
        return dict(self._core.fills)

    def uniform(self, n: int) -> Any:
        """``n`` uniform numbers in [0, 1) from the agent's own stream, which a fork goes on with."""
        return self._core.uniform(n)

    def normal(self, n: int) -> Any:
        """``n`` standard normal numbers from the agent's own stream, which a fork goes on with."""
        return self._core.normal(n)

    def order(
        self,
        instrument: Union[str, int],
        side: int,
        qty: float,
        price: Optional[float] = None,
        *,
        tif: str = "ioc",
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> int:
        """Sends one order; it arrives one latency later.

        Parameters
        ----------
        instrument
            Name or row.
        side
            1 buys, -1 sells.
        qty
            Coins; rounded down to lots.
        price
            Limit in USD, rounded to ticks so that it is never worse; None is a market order.
        tif
            ``"gtc"`` rests, ``"ioc"`` does not, ``"fok"`` all or nothing.

        Returns
        -------
        int
            The order's number; 0 when the size is below one lot and nothing was sent.
        """
        limit = float("nan") if price is None else float(price)
        row = self.names.instrument(instrument)
        return int(self._core.order(row, side, float(qty), limit, tif, post_only, reduce_only))

    def orders(
        self,
        instrument: Any,
        side: Any,
        qty: Any,
        price: Any = None,
        *,
        tif: str = "ioc",
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> Any:
        """Sends many orders at once; arrays as for :meth:`order`, broadcast to one length; ``price`` NaN is a market
        order. Returns their numbers, shape (n,)."""
        arrays = np.broadcast_arrays(
            np.atleast_1d(_whole(instrument, "instrument", self.names)),
            _whole(side, "side", self.names),
            np.asarray(qty, dtype=np.float64),
            np.asarray(np.nan if price is None else price, dtype=np.float64),
        )
        one, two, three, four = (np.ascontiguousarray(a) for a in arrays)
        return self._core.orders(one, two, three, four, tif, post_only, reduce_only)

    def cancel(self, instrument: Union[str, int], order: int) -> None:
        """Cancels a resting order by its number."""
        self._core.cancel(self.names.instrument(instrument), int(order))

    def cancel_all(self, instrument: Union[str, int]) -> None:
        """Cancels every resting order of the agent in one book."""
        self._core.cancel_all(self.names.instrument(instrument))


def _whole(values: Any, what: str, names: Names) -> Any:
    """Whole numbers (or instruments by name) as int64; a mask or a fraction is no row."""
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{what}: a masked array; give what is left of it, .compressed()")
    array = np.asarray(values)
    if array.dtype.kind == "U" and what == "instrument":
        rows = [names.instrument(str(one)) for one in array.ravel()]
        return np.array(rows, dtype=np.int64).reshape(array.shape)
    if array.dtype.kind not in "iu" and array.size > 0:
        mask = "; of a mask np.flatnonzero(mask) gives them" if array.dtype.kind == "b" else ""
        raise TypeError(f"{what}: wants whole numbers, was {array.dtype}{mask}")
    return array.astype(np.int64)


class Agent:
    """A population written in Python, beside those of the scenario: one call of :meth:`on_step` a step.

    It trades like a firm of the scenario: with a deposit at every venue that it uses, fees and latency, without margin
    requirements. What it decides must depend on what it is shown and on its own attributes alone (random numbers:
    ``m.uniform``, ``m.normal``); then a run is deterministic. A fork copies it with :func:`copy.deepcopy`.

    Examples
    --------
    >>> class Follower(Agent):
    ...     every = 10.0
    ...     def on_step(self, m):
    ...         cheap = m.bid < 0.999 * m.index
    ...         m.orders(np.flatnonzero(cheap), 1, 0.1)
    """

    name: str = ""
    """Default: the name of the class."""
    instruments: Union[str, Sequence[Union[str, int]]] = "perps"
    """``"perps"``, ``"spots"``, ``"all"``, or names."""
    every: float = 1.0
    """Seconds from step to step."""
    first: float = 0.0
    """Seconds after the start of the first step."""
    cash_usd_per_venue: float = 100e6
    """Deposit at each venue, USD."""
    latency: str = "arbitrage"
    """Whose latency: ``"maker"``, ``"arbitrage"`` or ``"retail"``."""

    def on_step(self, m: Market) -> None:
        """Looks and acts; called every :attr:`every` seconds of simulated time."""
        raise NotImplementedError


class _Bridge:
    """What the core calls and copies: the agent with the names of the arrays' rows."""

    def __init__(self, agent: Agent, names: Names) -> None:
        self.agent = agent
        self.names = names

    def on_step(self, core: Any) -> None:
        self.agent.on_step(Market(core, self.names))

    def __deepcopy__(self, memo: Dict[int, Any]) -> "_Bridge":
        import copy

        return _Bridge(copy.deepcopy(self.agent, memo), self.names)


def _terms(agents: Sequence[Agent], names: Names) -> List[Tuple[Any, ...]]:
    out: List[Tuple[Any, ...]] = []
    for agent in agents:
        wanted = agent.instruments
        if isinstance(wanted, str):
            kinds = {"perps": ("perp",), "spots": ("spot",), "all": ("perp", "spot")}.get(wanted)
            if kinds is None:
                raise ValueError('Agent.instruments is "perps", "spots", "all" or a list of names')
            rows = [k for k, kind in enumerate(names.kinds) if kind in kinds]
        else:
            rows = [names.instrument(one) for one in wanted]
        out.append(
            (
                _Bridge(agent, names),
                agent.name or type(agent).__name__,
                rows,
                round(agent.every * _second),
                round(agent.first * _second),
                float(agent.cash_usd_per_venue),
                agent.latency,
            )
        )
    return out


class Observation:
    """How a world stands: arrays with a row an instrument, asset or venue (:attr:`names`), copies of its state.

    0 is "none" where a price or depth is absent. ``liquidated_usd`` and ``adl_usd`` are None when nothing is recorded.
    """

    def __init__(self, core: Dict[str, Any], names: Names) -> None:
        self.names = names
        self.time_s: float = core["time_ns"] / _second
        self.now: datetime.datetime = _moment(names, core["time_ns"])
        self.events: int = core["events"]
        """Events so far, of any kind."""
        self.messages: int = core["messages"]
        """Commands that venues have processed."""
        self.trades: int = core["trades"]
        self.uncertainty: float = core["uncertainty"]
        self.liquidated_usd: Optional[float] = core["liquidated_usd"]
        """Notional of forced reductions so far, USD."""
        self.adl_usd: Optional[float] = core["adl_usd"]
        self.bid, self.ask, self.last = core["bid"], core["ask"], core["last"]  # USD, by instrument
        self.mark, self.index = core["mark"], core["index"]  # USD, by instrument
        self.open_interest_usd = core["open_interest_usd"]  # one side, at mark, by instrument
        self.funding_8h = core["funding_8h"]  # fraction per 8 h, by instrument
        self.bid_depth_usd = core["bid_depth_usd"]  # within 1 % of mid, by instrument
        self.ask_depth_usd = core["ask_depth_usd"]
        self.fair_value, self.asset_index = core["fair_value"], core["asset_index"]  # USD, by asset
        self.fund_usd = core["fund_usd"]  # cash of insurance funds, by venue
        self.bad_debt_usd = core["bad_debt_usd"]  # so far, by venue

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{asset} {price:,.2f}" for asset, price in list(zip(self.names.assets, self.asset_index))[:3]
        )
        forced = "" if self.liquidated_usd is None else f", {self.liquidated_usd / 1e6:,.1f} m USD liquidated"
        return f"Observation at {self.now:%Y-%m-%d %H:%M:%S} UTC: {shown}{forced}, {self.events:,} events"


class World:
    """One world of a scenario, stepped by hand.

    Examples
    --------
    >>> w = World(Scenario.load("2025-11-04", **{"world.size": "reduced"}))
    >>> w.step_to("2025-11-04T14:00:00Z")
    >>> hit = w.fork()
    >>> hit.inject({"type": "flow", "cause": "funds", "sell": {"BTC": "500 m USD"}, "minutes": 10, "forced": True})
    >>> w.run().summary, hit.run().summary
    """

    def __init__(
        self,
        scenario: Union[Scenario, PathLike],
        agents: Sequence[Agent] = (),
        *,
        seed: Optional[int] = None,
        record: bool = True,
    ) -> None:
        """Draws the accounts and opens the books; nothing has happened yet.

        Parameters
        ----------
        scenario
            A :class:`Scenario`, or what :meth:`Scenario.load` takes.
        agents
            Populations beside those of the scenario; each is copied, so that an agent may serve several worlds.
        seed
            Default the scenario's.
        record
            False keeps no records: no tables, less memory, cheaper forks.
        """
        import copy

        if not isinstance(scenario, Scenario):
            scenario = Scenario.load(scenario)
        if seed is not None and seed != scenario.seed:
            scenario = scenario.copy().set({"random.seed": str(seed)})
        self.names = Names(_core.world_names(scenario._compiled))
        own = [copy.deepcopy(agent) for agent in agents]
        self._core = _core.begin_world(scenario._compiled, _terms(own, self.names), record)

    _core: Any
    names: Names

    @classmethod
    def _of(cls, core: Any, names: Names) -> "World":
        made = object.__new__(cls)
        made._core = core
        made.names = names
        return made

    # --- time ---

    @property
    def time_s(self) -> float:
        """Simulated seconds since the start that have been reached."""
        return float(self._core.reached_ns) / _second

    @property
    def now(self) -> datetime.datetime:
        """Simulated time that has been reached, UTC."""
        return _moment(self.names, self._core.reached_ns)

    @property
    def end(self) -> datetime.datetime:
        """End of the scenario, UTC."""
        return _moment(self.names, self.names._length_ns)

    def step_to(self, time: Moment, progress: Progress = None) -> "World":
        """Executes every event up to ``time``, at most the end of the scenario. Gives the world back.

        Parameters
        ----------
        time
            Seconds or a timedelta since the start, or a moment as datetime or text (UTC).

        Raises
        ------
        ValueError
            The time has passed.
        KeyboardInterrupt
            Ctrl-C; the world stands between two events, and stepping may go on. One that comes while an agent's
            ``on_step`` runs is raised in it, and the world is lost (E728).
        MargincallError
            E723 the world is finished, E728 an agent raised in it.
        """
        until = self._ns(time)
        if until < self._core.reached_ns:
            raise ValueError(f"{time!r} has passed: the world stands at {self.now:%Y-%m-%dT%H:%M:%SZ}")
        self._core.step_to(until, _teller(progress))
        return self

    def step(self, seconds: Union[float, datetime.timedelta]) -> "World":
        """:meth:`step_to` from where it stands."""
        more = seconds.total_seconds() if isinstance(seconds, datetime.timedelta) else seconds
        return self.step_to(self.time_s + more)

    def run(self, progress: Progress = None) -> Run:
        """To the end of the scenario; figures and tables as of :func:`margincall.run`. The world is finished then."""
        self.step_to(self.names._length_ns / _second, progress)
        return self.finish()

    def finish(self) -> Run:
        """Ends here: figures and tables of what has happened. Before the end of the scenario the run counts as
        interrupted. The world is finished then; forks that were made before are not."""
        return Run(self._core.finish(), typed="margincall.World")

    # --- looking and telling ---

    def observe(self) -> Observation:
        """How it stands, as arrays."""
        return Observation(self._core.observe(), self.names)

    def inject(self, event: Union[str, Mapping[str, Any]]) -> Dict[str, Any]:
        """Declares an event that the scenario does not know.

        Parameters
        ----------
        event
            The keys of one row of ``[[events]]`` (docs/scenario-file.md), as a dict or as TOML. ``at`` defaults to
            now; instead of ``until`` a dict may say ``minutes``. ``cause`` defaults to ``"macro"``, ``source`` to
            ``"assumed: injected"``. Hacks cannot be injected.

        Returns
        -------
        dict
            ``name``, ``at`` and ``until`` of the event.

        Raises
        ------
        ScenarioError
            The event is not valid; E721 it cannot come by surprise, E722 its time has passed.
        """
        done = self._core.inject(event if isinstance(event, str) else self._row(event))
        return {
            "name": done["name"],
            "at": _moment(self.names, done["at_ns"]),
            "until": _moment(self.names, done["until_ns"]),
        }

    def _row(self, event: Mapping[str, Any]) -> str:
        row = dict(event)
        # Whole seconds, and never before now.
        at = row.setdefault("at", _moment(self.names, -(-self._core.reached_ns // _second) * _second))
        if "minutes" in row:
            start = self._ns(at)
            row["until"] = _moment(self.names, start + round(float(row.pop("minutes")) * 60 * _second))
        row.setdefault("cause", "macro")
        row.setdefault("source", "assumed: injected")
        for key in ("at", "until"):
            if isinstance(row.get(key), (str, int, float, datetime.timedelta)):
                row[key] = _moment(self.names, self._ns(row[key]))
        return "\n".join(f"{key} = {_toml(value)}" for key, value in row.items())

    # --- copies ---

    def fork(self) -> "World":
        """A world in this state that goes on by itself, bit for bit as this one would.

        It costs a copy of the state and the records so far (docs/python-worlds.md has figures).
        """
        return self._of(self._core.fork(), self.names)

    def snapshot(self, path: Optional[PathLike] = None) -> str:
        """The recipe of this state as JSON: scenario, injected events, number of events, digest; also written to
        ``path``. :meth:`restore` makes the state again, in any process with the same build, in the time that the run
        took to get here."""
        text = str(self._core.snapshot())
        if path is not None:
            target = Path(path)
            part = target.with_name(target.name + ".partial")
            part.write_text(text, encoding="utf-8")
            os.replace(part, target)
        return text

    @classmethod
    def restore(
        cls, snapshot: PathLike, agents: Sequence[Agent] = (), *, progress: Progress = None
    ) -> "World":
        """The world of a snapshot: a file, or the text that :meth:`snapshot` gave.

        Parameters
        ----------
        agents
            Those that the world was begun with, as they were then.

        Raises
        ------
        MargincallError
            E724 it is no snapshot, E725 another build wrote it, E726 its events gave another state.
        """
        import copy

        name = os.fspath(snapshot)
        text = name if name.lstrip().startswith("{") else Path(name).read_text(encoding="utf-8")
        file = "the snapshot" if text is name else name
        read = _core.read_snapshot(text, file)
        names = Names(_core.world_names(read.scenario))
        own = _terms([copy.deepcopy(agent) for agent in agents], names)
        return cls._of(_core.restore_world(read, own, _teller(progress)), names)

    @property
    def digest(self) -> str:
        """Of every event so far and the state, 16 hexadecimal digits; at the end that of the run."""
        return f"{self._core.digest:016x}"

    @property
    def seed(self) -> int:
        return int(self._core.seed)

    @property
    def finished(self) -> bool:
        return bool(self._core.finished)

    def _ns(self, time: Any) -> int:
        if isinstance(time, datetime.timedelta):
            return round(time.total_seconds() * _second)
        if isinstance(time, str):
            time = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
        if isinstance(time, datetime.datetime):
            moment = time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)
            return round((moment.timestamp() - self.names._start_unix_s) * _second)
        return round(float(time) * _second)

    def __repr__(self) -> str:
        state = "finished" if self.finished else f"ends {self.end:%Y-%m-%d %H:%M:%S}"
        return f"World at {self.now:%Y-%m-%d %H:%M:%S} UTC ({state}), seed {self.seed}"


def _moment(names: Names, ns: int) -> datetime.datetime:
    start = datetime.datetime.fromtimestamp(names._start_unix_s, tz=datetime.timezone.utc)
    return start + datetime.timedelta(microseconds=ns // 1000)


__all__ = ["Agent", "Market", "MargincallError", "Names", "Observation", "World"]
