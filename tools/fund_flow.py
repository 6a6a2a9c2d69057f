#!/usr/bin/env python3
"""How the flow of the US spot funds answers to returns: E = e0 + e1 r(t-1) + e2 r(t) + noise, measured.

Flow in m USD a trading day (data set sentiment-etf-stablecoins), returns in per cent from one New York close (21:00 UTC)
to the next trading day's (data set candles, one spot venue, hourly). Least squares; standard errors allow for
noise of changing size and for memory over five days (Newey and West 1987). `ac1` is what of the noise stays the next day.

    tools/fund_flow.py --shared ../shared
"""
import argparse
import csv
import datetime
import gzip
import math
import pathlib

CLOSE_HOUR = 21  # UTC: 16:00 in New York in winter; an hour late in summer
LAGS = 5


def closes(path):
    out = {}
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.datetime.fromisoformat(row["time_utc"].replace("Z", "+00:00"))
            if at.hour == CLOSE_HOUR - 1:
                out[at.date()] = float(row["close"])
    return out


def days(shared, coin):
    prices = closes(shared / "data" / "candles" / f"kucoin_spot_{coin}USDT_1h_2022-01_2026-03.csv.gz")
    name = f"{coin.lower()}_spot_etf_flows_daily.csv"
    flows = []
    with open(shared / "data" / "sentiment-etf-stablecoins" / name, newline="") as file:
        for row in csv.DictReader(file):
            date = datetime.date.fromisoformat(row["date"])
            filled = any(row[key] for key in row if key.endswith("_usd") and key not in ("total_flow_usd", "price_usd"))
            if filled and date in prices:
                flows.append((date, float(row["total_flow_usd"]) / 1e6))
    out = []
    for before, yesterday, today in zip(flows, flows[1:], flows[2:]):
        r1 = 100.0 * math.log(prices[yesterday[0]] / prices[before[0]])
        r0 = 100.0 * math.log(prices[today[0]] / prices[yesterday[0]])
        out.append((today[0], today[1], r1, r0))
    return out


def solve(a, b):
    """a x = b for small a, by elimination with the largest pivot."""
    n = len(b)
    m = [row[:] + [value] for row, value in zip(a, b)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(m[i][k]))
        m[k], m[pivot] = m[pivot], m[k]
        for i in range(n):
            if i != k:
                factor = m[i][k] / m[k][k]
                m[i] = [x - factor * y for x, y in zip(m[i], m[k])]
    return [m[i][n] / m[i][i] for i in range(n)]


def regression(rows):
    """rows: (flow, r1, r0). Coefficients, their errors, sd of the noise, R2, autocorrelation of the noise."""
    xs = [(1.0, r1, r0) for _, r1, r0 in rows]
    ys = [flow for flow, _, _ in rows]
    n = len(ys)
    xx = [[sum(x[i] * x[j] for x in xs) for j in range(3)] for i in range(3)]
    beta = solve(xx, [sum(x[i] * y for x, y in zip(xs, ys)) for i in range(3)])
    noise = [y - sum(b * v for b, v in zip(beta, x)) for x, y in zip(xs, ys)]
    scores = [[x[i] * e for i in range(3)] for x, e in zip(xs, noise)]
    meat = [[0.0] * 3 for _ in range(3)]
    for lag in range(LAGS + 1):
        weight = 1.0 - lag / (LAGS + 1)
        for t in range(lag, n):
            for i in range(3):
                for j in range(3):
                    both = scores[t][i] * scores[t - lag][j]
                    meat[i][j] += weight * both
                    if lag:
                        meat[j][i] += weight * both
    inverse = [solve(xx, [1.0 if i == k else 0.0 for i in range(3)]) for k in range(3)]
    errors = [
        math.sqrt(sum(inverse[k][i] * meat[i][j] * inverse[k][j] for i in range(3) for j in range(3))) for k in range(3)
    ]
    mean = sum(ys) / n
    rest = sum(e * e for e in noise)
    return {
        "n": n,
        "beta": beta,
        "errors": errors,
        "sd": math.sqrt(rest / (n - 3)),
        "r2": 1.0 - rest / sum((y - mean) ** 2 for y in ys),
        "ac1": sum(a * b for a, b in zip(noise, noise[1:])) / rest,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=pathlib.Path, required=True, help="folder of the measured data")
    shared = parser.parse_args().shared
    print(f"{'days':<36} {'n':>4} {'e0':>14} {'e1 (r t-1)':>14} {'e2 (r t)':>14} {'noise':>6} {'R2':>5} {'ac1':>5}")
    for coin in ("BTC", "ETH"):
        rows = days(shared, coin)
        october = datetime.date(2025, 10, 1)
        middle = rows[len(rows) // 2][0]
        parts = [
            ("all", lambda d: True),
            ("before October 2025", lambda d: d < october),
            (f"before {middle}", lambda d: d < middle),
            (f"{middle} to September 2025", lambda d: middle <= d < october),
        ]
        for name, wanted in parts:
            f = regression([row[1:] for row in rows if wanted(row[0])])
            cells = [f"{b:+6.0f} +-{e:4.0f}" for b, e in zip(f["beta"], f["errors"])]
            print(
                f"{coin + ' ' + name:<36} {f['n']:>4} {cells[0]:>14} {cells[1]:>14} {cells[2]:>14} "
                f"{f['sd']:>6.0f} {f['r2']:>5.2f} {f['ac1']:>5.2f}"
            )


if __name__ == "__main__":
    main()
