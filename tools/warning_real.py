#!/usr/bin/env python3
"""How well measured figures announced falls of bitcoin between 18 May and 14 November 2025 (docs/warning.md), as far as the
data go: those of the indicators of `margincall warn` whose inputs were measured all the time.

    tools/warning_real.py --shared ../shared                 prints the tables
    tools/warning_real.py --shared ../shared --page docs/experiments/warning.md

Data sets candles (Binance perpetual and spot, 5 minutes, settled funding) and coinglass-2025 (open interest of all venues, resting
bids, takers' sales and published liquidations of Binance, 4 hours). Nothing after 14 November is read. A figure of an interval counts
from its end on. Needs Python 3 alone."""
import argparse
import bisect
import csv
import datetime
import gzip
import math
import os
import pathlib
import random
import statistics

from lab_pages import replace_tables

FIRST, LAST = "2025-05-18T20:00:00Z", "2025-11-14T16:00:00Z"
WARM_UP_DAYS = 30  # of candles before the first minute that counts, for the daily standard deviation
STEP = 300  # seconds
TWO_HOURS = 24  # steps
HOUR_APART = 12  # steps: alarms closer than an hour are one
ALARM_STEPS = 2  # in a row beyond the threshold; the model's five minutes would be one
RETURNS = 48  # of 5 minutes: four hours
ALARM_SHARE = 0.05
RESAMPLES = 400
DAYS_LEAST = 5  # with a fall, for an interval
SIGMAS = (3.0, 2.0, 1.5)
INDICATORS = [  # name, words, +1: more of it is the warning
    ("oi_depth", "open interest of all venues over Binance perp bids", 1),
    ("depth", "Binance perp bids (less)", -1),
    ("oi_30d", "open interest in coins over its mean of 30 days", 1),
    ("funding", "settled funding, Binance", 1),
    ("funding_7d", "its mean of 7 days", 1),
    ("basis", "perp less spot (less)", -1),
    ("imbalance", "absolute imbalance of takers, mean of a day", 1),
    ("roll", "Roll's spread, four hours of 5 minutes", 1),
    ("variance", "variance, four hours of 5 minutes", 1),
    ("autocorrelation", "lag-1 autocorrelation, four hours of 5 minutes", 1),
]


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def rows(path, first, last):
    """Rows of a CSV between two times; later ones are not looked at."""
    opened = gzip.open(path, "rt", newline="") if path.suffix == ".gz" else open(path, newline="", encoding="utf-8")
    with opened as file:
        for row in csv.DictReader(file):
            if row["time_utc"] > last:
                return
            if row["time_utc"] >= first:
                yield row


def series(path, first, last, length_s, value):
    """[(moment from which it is known, value)]"""
    out = []
    for row in rows(path, first, last):
        try:
            out.append((seconds(row["time_utc"]) + length_s, value(row)))
        except (ValueError, ZeroDivisionError):
            pass  # an empty cell
    return out


def held(known, times):
    """The last value known at each time; None before the first."""
    moments = [moment for moment, _ in known]
    return [known[k - 1][1] if (k := bisect.bisect_right(moments, t)) > 0 else None for t in times]


def trailing_mean(values, count):
    out, total, kept = [], 0.0, []
    for value in values:
        kept.append(value)
        total += value
        if len(kept) > count:
            total -= kept[-count - 1]
        out.append(total / min(len(kept), count))
    return out


def load(shared):
    candles, glass = shared / "data" / "candles", shared / "data" / "coinglass-2025"
    begin = (datetime.datetime.fromisoformat(FIRST.replace("Z", "+00:00")) - datetime.timedelta(days=WARM_UP_DAYS)).strftime(
        "%Y-%m-%dT%H:%M:%SZ")
    perp = series(candles / "binance_perp_BTCUSDT_5m_2025-01_2026-02.csv.gz", begin, LAST, STEP, lambda r: float(r["close"]))
    spot = dict(series(candles / "binance_spot_BTCUSDT_5m_2025-01_2026-02.csv.gz", begin, LAST, STEP, lambda r: float(r["close"])))
    times, price = [t for t, _ in perp], [p for _, p in perp]
    returns = [0.0] + [math.log(b / a) for a, b in zip(price, price[1:])]
    four_hours = 4 * 3600
    interest = series(glass / "open_interest_usd_4h_BTC.csv", FIRST, LAST, four_hours, lambda r: float(r["all_close"]))
    bids = series(glass / "orderbook_depth_futures_binance_BTC_4h.csv", FIRST, LAST, four_hours, lambda r: float(r["bids_usd"]))
    takers = series(glass / "taker_volume_futures_aggregated_BTC_4h.csv", FIRST, LAST, four_hours,
                    lambda r: (float(r["buy_usd"]), float(r["sell_usd"])))
    liquidated = dict(series(glass / "liquidations_binance_4h_BTC.csv", FIRST, LAST, four_hours, lambda r: float(r["long_liq_usd"])))
    funding = series(candles / "binance_perp_BTCUSDT_funding_8h_or_4h.csv", begin, LAST, 0, funding_of)
    at = {}
    at["funding"] = held(funding, times)
    at["funding_7d"] = held([(t, m) for (t, _), m in zip(funding, trailing_mean([v for _, v in funding], 21))], times)
    oi, depth = held(interest, times), held(bids, times)
    at["oi_depth"] = [o / d if o and d else None for o, d in zip(oi, depth)]
    at["depth"] = depth
    price_at = dict(perp)
    coins = [(t, v / price_at[t]) for t, v in interest if t in price_at]
    means = trailing_mean([v for _, v in coins], 180)
    at["oi_30d"] = held([(t, v / m) for (t, v), m in zip(coins, means)], times)
    lean = [abs(b - s) / (b + s) for _, (b, s) in takers]
    at["imbalance"] = held([(t, m) for (t, _), m in zip(takers, trailing_mean(lean, 6))], times)
    at["basis"] = [1e4 * (p / spot[t] - 1) if t in spot else None for t, p in perp]
    for name in ("roll", "variance", "autocorrelation"):
        at[name] = [None] * len(times)
    for k in range(RETURNS, len(times)):
        part = returns[k - RETURNS + 1:k + 1]
        mean = sum(part) / RETURNS
        variance = sum((r - mean) ** 2 for r in part) / RETURNS
        covariance = sum((a - mean) * (b - mean) for a, b in zip(part, part[1:])) / RETURNS
        at["variance"][k] = variance * 288
        at["roll"][k] = 2e4 * math.sqrt(max(0.0, -covariance))
        at["autocorrelation"][k] = covariance / variance if variance > 0 else None
    per_day, sigma = 288, [None] * len(times)
    squares = [0.0]
    for r in returns:
        squares.append(squares[-1] + r * r)
    for k in range(WARM_UP_DAYS * per_day, len(times)):
        sigma[k] = math.sqrt((squares[k + 1] - squares[k + 1 - WARM_UP_DAYS * per_day]) / WARM_UP_DAYS)
    return times, price, sigma, at, liquidated, {t: s for t, (_, s) in takers}


def funding_of(row):
    return float(next(value for name, value in row.items() if name != "time_utc"))


def falls_of(price, sigma, sigmas):
    """(onset, low) of falls of more than so many daily standard deviations, of the day on which they begin, in two hours."""
    out, begin, k = [], 0, 0
    while k < len(price):
        first = max(begin, k - TWO_HOURS)
        if sigma[k] is not None and first < k:
            onset = max(range(first, k), key=lambda j: (price[j], j))
            if sigma[onset] is not None and price[k] / price[onset] - 1 < -sigmas * sigma[onset]:
                low = min(range(k, min(len(price), onset + TWO_HOURS + 1)), key=lambda j: (price[j], j))
                out.append((onset, low))
                begin, k = low + TWO_HOURS, low
        k += 1
    return out


def kinds_of(sigma, falls):
    kinds = [None if s is None else False for s in sigma]
    kinds[-TWO_HOURS:] = [None] * TWO_HOURS
    for onset, low in falls:
        for k in range(max(0, onset - TWO_HOURS), onset):
            kinds[k] = True
        for k in range(onset, min(len(kinds), low + TWO_HOURS)):
            kinds[k] = None
    return kinds


def alarms_of(values, threshold):
    out, row, last = [], 0, None
    for k, value in enumerate(values):
        row = row + 1 if value is not None and value > threshold else 0
        if row >= ALARM_STEPS:
            if last is None or k - last > HOUR_APART:
                out.append(k)
            last = k
    return out


def score(values, kinds, times, falls):
    day = [t // 86_400 for t in times]
    positive, negative = {}, {}
    for value, kind, d in zip(values, kinds, day):
        if value is not None and kind is not None:
            (positive if kind else negative).setdefault(d, []).append(value)
    quiet = sorted(v for one in negative.values() for v in one)
    if not positive or not quiet:
        return None
    days = sorted(set(positive) | set(negative))
    for one in negative.values():
        one.sort()
    wins = {p: {d: sum(0.5 * (bisect.bisect_left(negative[d], v) + bisect.bisect_right(negative[d], v)) for v in positive[p])
                for d in negative} for p in positive}

    def auc(weight):
        up = sum(weight.get(p, 0) * weight.get(d, 0) * w for p, row in wins.items() if weight.get(p) for d, w in row.items())
        n = sum(weight.get(p, 0) * len(v) for p, v in positive.items())
        m = sum(weight.get(d, 0) * len(v) for d, v in negative.items())
        return up / (n * m) if n and m else None

    chance = random.Random(114)
    drawn = []
    for _ in range(RESAMPLES):
        weight = {}
        for d in chance.choices(days, k=len(days)):
            weight[d] = weight.get(d, 0) + 1
        one = auc(weight)
        if one is not None:
            drawn.append(one)
    drawn.sort()
    threshold = quiet[min(len(quiet) - 1, int((1 - ALARM_SHARE) * len(quiet)))]
    leads = []
    for onset, _ in falls:
        inside = alarms_of(values[onset - TWO_HOURS:onset], threshold)
        if inside:
            leads.append(5 * (TWO_HOURS - inside[0]))
    false = sum(1 for k in alarms_of(values, threshold) if kinds[k] is False)
    return {"auc": auc({d: 1 for d in days}), "low": drawn[int(0.05 * len(drawn))], "high": drawn[int(0.95 * len(drawn))],
            "announced": len(leads), "lead": statistics.median(leads) if leads else None,
            "false": false / len(quiet) * 7 * 288, "n": sum(len(v) for v in positive.values())}


def tables(shared):
    times, price, sigma, at, liquidated, sold = load(shared)
    start = seconds(FIRST)
    sigma = [s if t >= start else None for s, t in zip(sigma, times)]
    out = []
    for sigmas in SIGMAS:
        falls = falls_of(price, sigma, sigmas)
        kinds = kinds_of(sigma, falls)
        positives, counted = sum(k is True for k in kinds), sum(k is not None for k in kinds)
        out.append(f"**More than {sigmas:g} daily standard deviations in two hours: {len(falls)} "
                   f"{'fall' if len(falls) == 1 else 'falls'}**; base rate {100 * positives / counted:.3f} % of {counted:,} steps of five minutes.")
        out.append("")
        if len(falls) <= 5:
            for onset, low in falls:
                utc = datetime.datetime.fromtimestamp(times[onset], datetime.timezone.utc).strftime("%d %B %H:%M")
                blocks = [t for t in sold if times[onset] < t and t - 4 * 3600 < times[low]]
                forced, takers = sum(liquidated.get(t, 0.0) for t in blocks), sum(sold[t] for t in blocks)
                share = f"{100 * forced / takers:.1f} %" if takers else "not known"
                out.append(f"- {utc} UTC, {100 * (price[low] / price[onset] - 1):.1f} % in {5 * (low - onset)} minutes; longs' liquidations that "
                           f"Binance published over takers' sales there, in the four-hour intervals it touches: {share}")
            out.append("")
        if not falls:
            out += ["No such fall in the sample: nothing is known.", ""]
            continue
        out += ["| indicator | AUC | 90 % interval | announced | lead, min | false alarms a week |", "| --- | --- | --- | --- | --- | --- |"]
        for name, words, sign in INDICATORS:
            values = [None if v is None else sign * v for v in at[name]]
            one = score(values, kinds, times, falls)
            if one is None:
                out.append(f"| {words} | not known | | | | |")
                continue
            days = len({times[onset] // 86_400 for onset, _ in falls})
            interval = f"{one['low']:.2f} … {one['high']:.2f}" if days >= DAYS_LEAST else f"not known: falls on {days} day{'s' * (days > 1)}"
            lead = "—" if one["lead"] is None else f"{one['lead']:.0f}"
            out.append(f"| {words} | {one['auc']:.2f} | {interval} | {one['announced']}/{len(falls)} | {lead} | {one['false']:.1f} |")
        out.append("")
    return "\n".join(out).strip() + "\n"


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--shared", default=os.environ.get("MARGINCALL_SHARED", "../shared"))
    ask.add_argument("--page", help="replaces what stands between the marks of this page")
    options = ask.parse_args()
    text = tables(pathlib.Path(options.shared))
    if not options.page:
        print(text, end="")
        return
    replace_tables(options.page, {"real": f"\n{text}"})


if __name__ == "__main__":
    main()
