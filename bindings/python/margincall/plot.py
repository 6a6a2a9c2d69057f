"""Pictures of a run by matplotlib, which is imported when the first one is drawn.

Losses and shorts' counterparts keep one colour everywhere: longs red-orange, shorts blue. Every axis has its unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from .tables import Table, needed

if TYPE_CHECKING:
    from .runs import Run

LONG, SHORT, LINE, PALE = "#d1495b", "#2e6f9e", "#333333", "#9bb8d3"
BANDS = ["<=5", "5-10", "10-25", "25-50", ">50"]
BAND_COLOURS = ["#fde0c5", "#facba6", "#f2a173", "#e0703f", "#a63c06"]


def _pyplot() -> Any:
    needed("matplotlib", "a picture", "plot")
    import matplotlib.pyplot

    return matplotlib.pyplot


class Plots:
    """``run.plot()`` and its like; each gives the matplotlib figure."""

    def __init__(self, run: "Run") -> None:
        self._run = run

    def __call__(self, asset: Optional[str] = None) -> Any:
        """The price; of several paths the first one's with the median and bands of all, where they are kept."""
        plt = _pyplot()
        asset = asset or self._first_asset()
        figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
        self._price(axis, asset)
        self._title(figure, f"{asset} price")
        return figure

    def strip(self, asset: Optional[str] = None) -> Any:
        """Price, depth, liquidations and open interest of a coin over one time axis."""
        plt = _pyplot()
        asset = asset or self._first_asset()
        figure, axes = plt.subplots(
            4, 1, sharex=True, figsize=(9, 9), layout="constrained", height_ratios=[2, 1, 1, 1]
        )
        self._price(axes[0], asset)
        time, columns = self._sums(
            asset,
            ["bid_1_usd", "ask_1_usd", "liquidated_long_usd", "liquidated_short_usd", "open_interest_usd"],
        )
        axes[1].fill_between(time, columns["bid_1_usd"] / 1e6, color=PALE, label="bids")
        axes[1].fill_between(time, -columns["ask_1_usd"] / 1e6, color="#f0c9a8", label="asks")
        axes[1].set_ylabel("within 1 %\nm USD")
        axes[1].legend(loc="upper right", frameon=False, fontsize="small")
        self._bars(axes[2], time, columns)
        axes[3].plot(time, columns["open_interest_usd"] / 1e9, color=LINE, lw=1)
        axes[3].set_ylabel("open interest\nbn USD")
        self._time_axis(axes[3])
        self._title(figure, f"{asset}, all books")
        return figure

    def liquidations(self, asset: Optional[str] = None) -> Any:
        """Forced closings so far (true, not as published), longs and shorts; default all coins."""
        plt = _pyplot()
        numpy = needed("numpy", "a picture", "plot")
        table = self._run.table("liquidations")
        usd, side, moments = table["notional_usd"], table["side"], table["time"]
        chosen = numpy.ones(len(usd), dtype=bool) if asset is None else table["asset"] == asset
        figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
        for word, colour in (("long", LONG), ("short", SHORT)):
            rows = chosen & (side == word)
            order = numpy.argsort(moments[rows], kind="stable")
            axis.step(
                moments[rows][order],
                numpy.cumsum(usd[rows][order]) / 1e6,
                where="post",
                color=colour,
                label=f"{word}s",
            )
        axis.set_ylabel("liquidated so far, m USD")
        axis.legend(frameon=False)
        self._time_axis(axis)
        self._title(figure, f"Liquidations, {asset or 'all coins'}")
        return figure

    def map(self, asset: Optional[str] = None, at: int = 0) -> Any:
        """The liquidation map: what would be liquidated if the mark reached a price, by leverage.

        ``at`` numbers the moments at which it was recorded; 0 is the start, -1 the last.
        """
        plt = _pyplot()
        numpy = needed("numpy", "a picture", "plot")
        asset = asset or self._first_asset()
        table = self._run.table("map")
        of_asset = table["asset"] == asset
        figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
        moments = numpy.unique(table["time_ns"][of_asset])
        if len(moments) == 0:
            axis.text(0.5, 0.5, "no data", transform=axis.transAxes, ha="center")
            return figure
        rows = of_asset & (table["time_ns"] == moments[at])
        low, high = table["price_low"][rows], table["price_high"][rows]
        usd, band = table["notional_usd"][rows], table["leverage_band"][rows]
        bins = numpy.unique(low)
        place = numpy.searchsorted(bins, low)
        width = float(numpy.min(high - low))
        bottom = numpy.zeros(len(bins))
        for word, colour in zip(BANDS, BAND_COLOURS):
            part = numpy.zeros(len(bins))
            numpy.add.at(part, place[band == word], usd[band == word])
            axis.bar(bins, part / 1e6, width, bottom / 1e6, align="edge", color=colour, label=f"{word} times")
            bottom += part
        axis.axvline(self._price_at(asset, int(moments[at])), color=LINE, lw=1, ls="--", label="price")
        axis.set_xlabel("mark price, USD")
        axis.set_ylabel("would be liquidated, m USD")
        axis.legend(frameon=False, fontsize="small", title="leverage")
        moment = str(table["time"][rows][0])[:16].replace("T", " ")
        self._title(figure, f"Liquidation map, {asset}, {moment} UTC")
        return figure

    # --- parts ---

    def _first_asset(self) -> str:
        return str(self._run.table("assets")["name"][0])

    def _book(self, asset: str) -> str:
        books: Dict[str, str] = self._run._core.reference_books.get(asset, {})
        for kind in ("spot", "perp"):
            if kind in books:
                return books[kind]
        raise KeyError(f"the reference venue has no book of {asset!r}")

    def _price_at(self, asset: str, time_ns: int) -> float:
        """At the end of the bar in which a moment lies."""
        series = self._run.table("series")
        rows = series["instrument"] == self._book(asset)
        later = rows & (series["time_ns"] >= time_ns)
        closes = series["close"][later] if later.any() else series["close"][rows][-1:]
        return float(closes[0]) if len(closes) else float("nan")

    def _price(self, axis: Any, asset: str) -> None:
        series = self._run.table("series")
        book = self._book(asset)
        rows = series["instrument"] == book
        several = len(self._run.seeds) > 1
        axis.plot(
            series["time"][rows],
            series["close"][rows],
            color=LINE,
            lw=1,
            label=f"seed {self._run.seed}" if several else book,
        )
        if several:
            self._bands(axis, asset)
        axis.set_ylabel(f"{asset}, USD")
        axis.legend(frameon=False, fontsize="small")
        self._time_axis(axis)

    def _bands(self, axis: Any, asset: str) -> None:
        bands: Table = self._run.table("bands")
        rows = bands["series"] == f"{asset.lower()}_price"
        if not rows.any():
            return
        time = bands["time"][rows]
        paths = len(self._run.seeds)
        axis.fill_between(
            time, bands["p05"][rows], bands["p95"][rows], color=PALE, alpha=0.5, lw=0, label="5 to 95 %"
        )
        axis.plot(time, bands["p50"][rows], color=SHORT, lw=1.5, label=f"median of {paths} paths")

    def _sums(self, asset: str, names: List[str]) -> Tuple[Any, Dict[str, Any]]:
        """Columns of the series summed over the books of a coin, by bar."""
        numpy = needed("numpy", "a picture", "plot")
        series = self._run.table("series")
        rows = series["asset"] == asset
        moments, place = numpy.unique(series["time"][rows], return_inverse=True)
        out = {}
        for name in names:
            total = numpy.zeros(len(moments))
            numpy.add.at(total, place, numpy.nan_to_num(series[name][rows]))
            out[name] = total
        return moments, out

    def _bars(self, axis: Any, time: Any, columns: Dict[str, Any]) -> None:
        if len(time) > 1:
            width = time[1] - time[0]
            axis.bar(time, columns["liquidated_short_usd"] / 1e6, width, color=SHORT, label="shorts")
            axis.bar(time, -columns["liquidated_long_usd"] / 1e6, width, color=LONG, label="longs")
            axis.legend(loc="upper right", frameon=False, fontsize="small")
        axis.axhline(0, color=LINE, lw=0.5)
        axis.set_ylabel("liquidated\nm USD a bar")

    def _time_axis(self, axis: Any) -> None:
        dates = needed("matplotlib.dates", "a picture", "plot")
        locator = dates.AutoDateLocator()
        axis.xaxis.set_major_locator(locator)
        axis.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        axis.set_xlabel("UTC")

    def _title(self, figure: Any, what: str) -> None:
        run = self._run
        figure.suptitle(
            f"{what} · {run.title} · seed {run.seed} · {run.summary.json['scenario_hash'][:8]}", fontsize="small"
        )
