#!/usr/bin/env python3
"""The figures of docs/, from runs of the program with fixed seeds.

    tools/make_figures.py build/release/bin/margincall            makes docs/images/NAME.svg and NAME.csv anew
    tools/make_figures.py build/release/bin/margincall --check    runs again and compares both with what is there
    tools/make_figures.py BINARY --only flash-price,stress-size

The numbers of a figure stand beside it as CSV. A figure is a function of its CSV, so with equal numbers it has
equal bytes. Equal runs are promised for one binary (docs/architecture.md, "Determinism"): another compiler or
maths library may need the figures made anew.

Needs Python 3 alone.
"""

import argparse
import csv
import io
import json
import math
import os
import sys
import tempfile

from lab_pages import call

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
IMAGES = os.path.join(ROOT, "docs", "images")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 320, 64, 16, 34, 44
COLOURS = ["#2f6690", "#c8553d", "#6b8f3c", "#7d5ba6"]

# Three hours of the shipped experiment `flash`: three billion dollars of BTC sold from 02:00 on. A preview.
FLASH = ["scenarios/flash.toml", "--preview", "--set", "clock.length=3 h", "--set", "clock.day_to=3 h"]
SEEDS = [1, 2, 3, 4, 5]


class Lab:
    """Runs the program; every run is made once."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.made = os.path.abspath(binary), folder, {}

    def call(self, *arguments):
        return call(self.binary, *arguments)

    def run(self, seed, *settings):
        key = (seed, settings)
        if key not in self.made:
            out = os.path.join(self.folder, f"run{len(self.made)}")
            words = [word for one in settings for word in ("--set", one)]
            self.call("run", *FLASH, "--seed", str(seed), *words, "--progress", "none", "-q", "--out", out)
            self.made[key] = out
        return self.made[key]

    def query(self, run, sql):
        return list(csv.reader(io.StringIO(self.call("query", run, sql, "--csv"))))[1:]

    def book(self):
        path = os.path.join(self.folder, "sample.csv.gz")
        if not os.path.exists(path):
            self.call("stress", "--make-sample", "20000", "--seed", "1", "-o", path, "-q")
        return path

    def stress(self, shock):
        """The folder of a stress of the sample book, made once."""
        if shock not in self.made:
            out = os.path.join(self.folder, f"stress{len(self.made)}")
            self.call("stress", self.book(), "--shock", shock, "--vary", "off", "--no-report", "--progress", "none", "-q",
                      "--out", out)
            self.made[shock] = out
        return self.made[shock]

    def sweep(self, *varies):
        """{values of the cell: {seed: metrics}} of `flash` over a grid, made once."""
        if varies not in self.made:
            out = os.path.join(self.folder, f"sweep{len(self.made)}")
            words = [word for one in varies for word in ("--vary", one)]
            self.call("sweep", *FLASH, *words, "--paths", str(len(SURFACE_SEEDS)), "--seed-from", str(SURFACE_SEEDS[0]),
                      "--progress", "none", "-q", "--out", out)
            with open(os.path.join(out, "plan.json"), encoding="utf-8") as file:
                plan = json.load(file)
            cells = [tuple(one.split("=", 1)[1] for one in cell["set"]) for cell in plan["cells"]]
            worlds = {cell: {} for cell in cells}
            for name in sorted(os.listdir(os.path.join(out, "parts"))):
                if name.endswith(".jsonl"):
                    with open(os.path.join(out, "parts", name), encoding="utf-8") as file:
                        for row in map(json.loads, file):
                            worlds[cells[row["index"] // plan["paths"]]][row["seed"]] = row["metrics"]
            self.made[varies] = worlds
        return self.made[varies]

    def outcome(self, fall):
        folder = self.stress(f"BTC=-{fall}%/10min")
        with open(os.path.join(folder, "result.jsonl"), encoding="utf-8") as file:
            return next(line for line in map(json.loads, file) if line["kind"] == "outcome" and line["case"] == "shock")


# --- drawing -----------------------------------------------------------------------------------------


def steps(low, high, count=5):
    """Round numbers from at most low to at least high."""
    raw = (high - low) / count or 1.0
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * k, 10) for k in range(first, last + 1)]


def short(value):
    return f"{value:,.10g}"


class Chart:
    def __init__(self, title, x_label, y_label, xs, ys, x_ticks=None, y_zero=True):
        self.xt = x_ticks or [(x, short(x)) for x in steps(min(xs), max(xs), 8)]
        self.yt = steps(min(0.0, *ys) if y_zero else min(ys), max(ys))
        self.x_low, self.x_high = min(*xs, self.xt[0][0]), max(*xs, self.xt[-1][0])
        self.parts, self.keys = [], []
        self.title, self.x_label, self.y_label = title, x_label, y_label

    def x(self, value):
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.x_low) / (self.x_high - self.x_low)

    def y(self, value):
        low, high = self.yt[0], self.yt[-1]
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    def at(self, points):
        return " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in points)

    def key(self, name, colour):
        if name:
            self.keys.append((name, colour))

    def line(self, xs, ys, colour, name=""):
        self.parts.append(f'<polyline points="{self.at(zip(xs, ys))}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        self.key(name, colour)

    def band(self, xs, lows, highs, colour):
        edge = list(zip(xs, highs)) + list(zip(xs, lows))[::-1]
        self.parts.append(f'<polygon points="{self.at(edge)}" fill="{colour}" fill-opacity="0.18"/>')

    def bars(self, xs, ys, width, colour, bases=None, name=""):
        for k, (x, y) in enumerate(zip(xs, ys)):
            base = bases[k] if bases else 0.0
            if y == 0:
                continue
            top, bottom = self.y(base + y), self.y(base)
            left, right = self.x(x) + 0.3, self.x(x + width) - 0.3
            self.parts.append(f'<rect x="{left:.1f}" y="{min(top, bottom):.1f}" width="{right - left:.1f}" '
                              f'height="{abs(bottom - top):.1f}" fill="{colour}"/>')
        self.key(name, colour)

    def svg(self):
        out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
               'font-family="sans-serif" font-size="11" fill="#333">',
               '<rect width="100%" height="100%" fill="#fff"/>',
               f'<text x="{LEFT}" y="16" font-size="13">{self.title}</text>']
        for value in self.yt:
            y = self.y(value)
            out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>'
                       f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(value)}</text>')
        for value, name in self.xt:
            out.append(f'<text x="{self.x(value):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{name}</text>')
        out += self.parts
        out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{self.x_label}</text>')
        out.append(f'<text transform="translate(13 {(TOP + HEIGHT - BOTTOM) / 2:.1f}) rotate(-90)" '
                   f'text-anchor="middle">{self.y_label}</text>')
        at = WIDTH - RIGHT
        for name, colour in reversed(self.keys):
            out.append(f'<text x="{at}" y="{TOP - 6}" text-anchor="end" fill="{colour}">{name}</text>')
            at -= 6 * len(name) + 18
        return "\n".join(out) + "\n</svg>\n"


def columns(rows):
    """The figure's numbers by column, as they stand in the CSV."""
    names, *values = rows
    return {name: [float(row[k]) for row in values] for k, name in enumerate(names)}


def clock(first, last, step):
    return [(m, f"{m // 60:02d}:{m % 60:02d}") for m in range(first, last + 1, step)]


# --- the figures: rows() from runs, draw() from the rows alone -----------------------------------------

FROM = 90  # minute from which the flash figures show


def price_rows(lab):
    sql = ("SELECT time_ns / 60000000000 AS minute, avg(mark) FROM series JOIN instruments USING (instrument) "
           "JOIN venues USING (venue) JOIN assets USING (asset) WHERE venues.name = 'A' AND assets.name = 'BTC' AND "
           f"instruments.kind = 'perp' AND minute >= {FROM} GROUP BY 1 ORDER BY 1")
    table, names = {}, ["minute"]
    for name, setting in (("with", []), ("without", ["mechanisms.forced_orders=false"])):
        for seed in SEEDS:
            names.append(f"{name}_{seed}")
            for minute, price in lab.query(lab.run(seed, *setting), sql):
                table.setdefault(int(minute), []).append(f"{float(price):.2f}")
    return [names] + [[minute, *prices] for minute, prices in sorted(table.items()) if len(prices) == len(names) - 1]


def price_draw(rows):
    data = columns(rows)
    begin = data["minute"].index(120)
    moves = {name: [100 * (v / values[begin] - 1) for v in values] for name, values in data.items() if name != "minute"}
    chart = Chart("flash, preview: mark of BTC at venue A since 02:00, median and range of five seeds", "UTC", "%", data["minute"],
                  [v for values in moves.values() for v in values], clock(FROM, 180, 15), False)
    for name, words, colour in (("without", "liquidated accounts sell nothing", COLOURS[2]), ("with", "as it is", COLOURS[1])):
        at = list(zip(*(moves[f"{name}_{seed}"] for seed in SEEDS)))
        chart.band(data["minute"], [min(v) for v in at], [max(v) for v in at], colour)
        chart.line(data["minute"], [sorted(v)[len(v) // 2] for v in at], colour, words)
    return chart.svg()


def liquidation_rows(lab):
    sql = ("SELECT time_ns / 60000000000 AS minute, sum(CASE WHEN kind = 0 THEN notional_usd_micro ELSE 0 END), "
           "sum(CASE WHEN kind = 0 THEN 0 ELSE notional_usd_micro END) FROM liquidations "
           f"WHERE was_long = 1 AND minute >= {FROM} GROUP BY 1 ORDER BY 1")
    return [["minute", "book_musd", "other_musd"]] + [
        [minute, f"{int(book) / 1e12:.3f}", f"{int(other) / 1e12:.3f}"] for minute, book, other in lab.query(lab.run(1), sql)]


def liquidation_draw(rows):
    data = columns(rows)
    both = [a + b for a, b in zip(data["book_musd"], data["other_musd"])]
    chart = Chart("flash, preview, seed 1: longs liquidated by minute", "UTC", "million USD", [FROM, 180], both, clock(FROM, 180, 15))
    chart.bars(data["minute"], data["book_musd"], 1, COLOURS[0], name="sold in the book")
    chart.bars(data["minute"], data["other_musd"], 1, COLOURS[1], data["book_musd"], "taken over or deleveraged")
    return chart.svg()


FALLS = range(4, 41, 4)
MILLION = 1e6


def size_rows(lab):
    names = ["in_book_usd", "taken_over_usd", "deleveraged_usd"]
    return [["fall_percent", *names]] + [
        [fall, *(f"{lab.outcome(fall)[name]:.0f}" for name in names)] for fall in FALLS]


def size_draw(rows):
    data = columns(rows)
    parts = [[v / MILLION for v in data[name]] for name in rows[0][1:]]
    chart = Chart("sample of 20,000 accounts: which way liquidated positions went, by the size of the fall",
                  "fall of BTC in 10 minutes, % (other coins by beta)", "million USD", [0, 44], [sum(v) for v in zip(*parts)],
                  [(fall, str(fall)) for fall in FALLS])
    bases = [0.0] * len(parts[0])
    for values, name, colour in zip(parts, ("sold in the book", "taken over", "deleveraged"), COLOURS):
        if any(values):
            chart.bars([fall - 1.2 for fall in data["fall_percent"]], values, 2.4, colour, bases, name)
        bases = [a + b for a, b in zip(bases, values)]
    return chart.svg()


def map_rows(lab):
    """BTC positions of the sample by the price at which they are liquidated."""
    folder = lab.stress("BTC=-4%/10min")  # the map is of the book before the shock
    with open(os.path.join(folder, "liquidation_map.csv"), encoding="utf-8", newline="") as file:
        bins = {}
        for row in csv.DictReader(file):
            if row["coin"] == "BTC":
                key = (float(row["price_low"]), float(row["price_high"]))
                bins.setdefault(key, [0.0, 0.0])[0 if row["side"] == "long" else 1] += float(row["notional_usd"])
    return [["price_low", "price_high", "long_usd", "short_usd"]] + [
        [f"{low:.2f}", f"{high:.2f}", f"{long:.0f}", f"{short_side:.0f}"] for (low, high), (long, short_side) in sorted(bins.items())]


def map_draw(rows):
    data = columns(rows)
    low, high = data["price_low"], data["price_high"]
    longs, shorts = ([v / MILLION for v in data[name]] for name in ("long_usd", "short_usd"))
    chart = Chart("sample of 20,000 accounts: BTC positions by their liquidation price", "BTC, thousand USD", "million USD",
                  [low[0] / 1000, high[-1] / 1000], [a + b for a, b in zip(longs, shorts)])
    for k, (a, b) in enumerate(zip(low, high)):
        chart.bars([a / 1000], [longs[k]], (b - a) / 1000, COLOURS[1])
        chart.bars([a / 1000], [shorts[k]], (b - a) / 1000, COLOURS[0], [longs[k]])
    chart.key("longs", COLOURS[1])
    chart.key("shorts", COLOURS[0])
    return chart.svg()


# How severe the same sale is, by leverage of cross accounts and by the depth that makers show (model 14.5).
SURFACE_SEEDS = [1, 2]
LEVERAGES, DEPTHS = ["1.6", "2.4", "4.8"], ["0.35", "1"]
SURFACE = ("population.cross.leverage_median=" + ",".join(LEVERAGES), "agents.market_maker.depth_state=" + ",".join(DEPTHS),
           "mechanisms.forced_orders=true,false")


def surface_rows(lab):
    worlds = lab.sweep(*SURFACE)
    rows = [["leverage", "depth", *(f"{word}_{seed}" for word in ("with", "without") for seed in SURFACE_SEEDS)]]
    for leverage in LEVERAGES:
        for depth in DEPTHS:
            falls = [worlds[leverage, depth, forced][seed]["btc_fall_open_to_low"]
                     for forced in ("true", "false") for seed in SURFACE_SEEDS]
            rows.append([leverage, depth, *(f"{100 * fall:.4f}" for fall in falls)])
    return rows


def surface_draw(rows, title, label, value):
    """One line a depth over leverage: mean of the two seeds, and their range as a band."""
    data = columns(rows)
    count = len(SURFACE_SEEDS)
    lines = {}
    for k, (leverage, depth) in enumerate(zip(data["leverage"], data["depth"])):
        seeds = sorted(value(data[f"with_{seed}"][k], data[f"without_{seed}"][k]) for seed in SURFACE_SEEDS)
        lines.setdefault(depth, []).append((leverage, seeds[0], sum(seeds) / count, seeds[-1]))
    points = [y for line in lines.values() for _, *ys in line for y in ys]
    chart = Chart(title, "median leverage of cross accounts", label, data["leverage"], points,
                  [(float(one), one) for one in LEVERAGES], False)
    for (depth, line), colour in zip(lines.items(), COLOURS):
        xs, low, middle, high = (list(part) for part in zip(*line))
        chart.band(xs, low, high, colour)
        chart.line(xs, middle, colour, f"depth {100 * depth:.0f} %")
    return chart.svg()


def surface_low_draw(rows):
    return surface_draw(rows, "flash, preview: BTC at the low, mean and range of two seeds", "%", lambda both, none: both)


def surface_a_draw(rows):
    return surface_draw(rows, "flash, preview: amplification A by forced orders, mean and range of two seeds", "A",
                        lambda both, none: both / none)


FIGURES = {
    "severity-low": (surface_rows, surface_low_draw),
    "severity-a": (surface_rows, surface_a_draw),
    "flash-price": (price_rows, price_draw),
    "flash-liquidations": (liquidation_rows, liquidation_draw),
    "stress-map": (map_rows, map_draw),
    "stress-size": (size_rows, size_draw),
}


def as_csv(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def kept(path):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def main():
    parser = argparse.ArgumentParser(description="figures of docs/ from runs with fixed seeds")
    parser.add_argument("binary")
    parser.add_argument("--check", action="store_true", help="compare with docs/images instead of writing there")
    parser.add_argument("--only", default=",".join(FIGURES), help="names, with commas")
    options = parser.parse_args()
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(options.binary, folder)
        for name in options.only.split(","):
            make_rows, draw = FIGURES[name]
            text = as_csv(make_rows(lab))
            figure = draw(list(csv.reader(io.StringIO(text))))
            for path, content in ((f"{name}.csv", text), (f"{name}.svg", figure)):
                path = os.path.join(IMAGES, path)
                if not options.check:
                    with open(path, "w", encoding="utf-8", newline="") as file:
                        file.write(content)
                elif kept(path) != content:
                    stale.append(path)
                    print(f"{os.path.relpath(path, ROOT)} is not what the program gives now")
    if stale:
        sys.exit("figures: make them anew with tools/make_figures.py, and look at them")
    print(f"figures: {len(options.only.split(','))} {'as they are in docs/images' if options.check else 'made'}")


if __name__ == "__main__":
    main()
