#!/usr/bin/env python3
"""Do the tests notice when a decision is changed? Makes small changes over the files that decide (margin,
liquidation, funds, auto-deleveraging, funding, ...), runs the tests that reach each of them, and says which
change nobody noticed.

    tools/mutate.py                    the named changes and 60 drawn by --seed
    tools/mutate.py --draw 5 --seed 1  a few more than the named ones
    tools/mutate.py --all              every place; takes hours
    tools/mutate.py --only 17,204      these ids of --list
    tools/mutate.py --list             all places, nothing is built

Kinds: comparison (< to <=, == to !=), sign (+ to -), rounding (up to down), constant (0 to 1, 100 to 200),
extreme (min to max), logic (&& to ||), dropped (a statement left out), named (the table below).

All changes are compiled into one binary per test program: each place asks a switch that MC_MUTANT sets. The
mutated copies, their objects and the programs lie in build/mutants; the source tree is not touched. The other
objects are those of the build folder: a mutated object on the link line takes the place of the library's.
What does not compile is dropped. One run per program notes which test reaches which place, so that a change
is judged by those tests only, the quick ones first. A failure, an abort or a time-out kills it.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "mutants"
RULES = ("adl_allocation adl_rank close_out funding funding_index insurance_fund liquidation liquidation_price margin "
         "margin_schedule mark_price portfolio_liquidation portfolio_margin position_terms price_band reduction shortage")
FILES = ([f"src/rules/{name}.cpp" for name in RULES.split()] + ["src/clearing/*.cpp"] +
         ["src/defi/aave_account.cpp", "src/defi/aave_liquidation.cpp", "src/defi/aave_pool_liquidation.cpp"])
# Changes that once survived, and must not again: name, file, text (once in the file; white space does not
# count), what it becomes. A text that ends in a semicolon may become nothing.
ENGINE = "src/clearing/liquidation_engine.cpp"
DECISIONS = "src/rules/liquidation.cpp"
NAMED = [
    ("ADL delay left out", ENGINE, "host.now() + rules.adl.delay", "host.now()"),
    ("drawdown threshold doubled", DECISIONS, "from_ppm(-rules.adl.drawdown_ppm)", "from_ppm(-2 * rules.adl.drawdown_ppm)"),
    ("average fall doubled", DECISIONS, "from_ppm(rules.adl.drawdown_ppm)", "from_ppm(2 * rules.adl.drawdown_ppm)"),
    ("vault takes negative accounts", "src/rules/reduction.cpp", "margin.equity < Money{}",
     "margin.equity < Money{} && rule.takeover != TakeoverMethod::vault_below_share"),
    ("ADL ties reversed", "src/rules/adl_rank.cpp", "a.row < b.row", "a.row > b.row"),
    ("fund-cap boundary", DECISIONS, "(held + more) * whole_ppm <= i128{cash.raw()} * cap_ppm",
     "(held + more) * whole_ppm < i128{cash.raw()} * cap_ppm"),
    ("trading fee rounded down", "src/clearing/clearing_house.cpp",
     "rounded_quotient<std::int64_t>(product, whole_ppm, Round::up)",
     "rounded_quotient<std::int64_t>(product, whole_ppm, Round::down)"),
    ("trading fee of a huge fill rounded down", "src/clearing/clearing_house.cpp",
     "mul_div(value.raw(), rate_ppm, whole_ppm, Round::up)", "mul_div(value.raw(), rate_ppm, whole_ppm, Round::down)"),
    ("released cost rounded up", "src/clearing/clearing_house.cpp",
     "mul_div(cost, closed, magnitude(before), Round::down)", "mul_div(cost, closed, magnitude(before), Round::up)"),
    ("linear funding count not reset", "src/rules/funding.cpp", "premiums_ = {};", ""),
    ("winners closed below zero", DECISIONS, "equity.raw() + change >= 0", "true"),
    ("pool cap doubled", ENGINE, "house.rules(house.venue(account)).fund.position_cap_ppm",
     "2 * house.rules(house.venue(account)).fund.position_cap_ppm"),
    ("fee above equity", "src/clearing/any_account.cpp", "std::min({Money::from_raw(fee), cash(a), worth()})",
     "std::min({Money::from_raw(fee), cash(a)})"),
    ("ADL wallet floor", "src/rules/adl_rank.cpp", "std::max(1.0, account.wallet)", "account.wallet"),
    ("reduction boundary", "src/rules/reduction.cpp", "i128{equity_now.raw()} * whole_ppm > i128{notional_now.raw()} * i128{fee_ppm}",
     "i128{equity_now.raw()} * whole_ppm >= i128{notional_now.raw()} * i128{fee_ppm}"),
    ("Aave close factor at exactly 0.95", "src/defi/aave_liquidation.cpp", "r.health_factor > close_factor_health",
     "r.health_factor >= close_factor_health"),
]
# Changes that alter nothing a test could see: file, piece of code (white space does not count), kinds, reason. A
# row that fits no place is an error, so that the list does not outlive the code.
NEVER_ZERO = "the size is not zero here"
DISTINCT = "rows are distinct"
WALK = "the start or the bound of a search that ends at the exact answer"
AT_ZERO = "both branches give zero at zero"
SAME = [
    ("src/rules/liquidation_price.cpp",
     "const std::int64_t reach = 8 + narrow_i64(div_round(4 * i128{state.weight}, worth, Round::up))",
     "rounding constant", "a bound on a walk that ends by itself; only its order of magnitude matters"),
    ("src/rules/adl_allocation.cpp", "candidates_[a].account.row < candidates_[b].account.row", "comparison", DISTINCT),
    ("src/rules/adl_allocation.cpp", "return remainder[a] > remainder[b]", "comparison",
     "they differ, the line before says so"),
    ("src/rules/adl_allocation.cpp", "left_ > 0 && taken_[k] < size(k)", "comparison",
     "a rest is left only where nobody gives all he has"),
    ("src/rules/adl_allocation.cpp", "std::clamp<i128>(fifth, 1, 5)", "constant", "no fifth is beyond the fifth"),
    ("src/rules/adl_rank.cpp", "profit > 0.0 ? profit * leverage", "comparison", AT_ZERO),
    ("src/rules/adl_rank.cpp", "profit > 0.0 ? profit / ratio", "comparison", AT_ZERO),
    ("src/rules/adl_rank.cpp", "a.row < b.row", "comparison", DISTINCT),
    ("src/rules/close_out.cpp", "qty.raw() < 0 ? qty + closed", "comparison constant", NEVER_ZERO),
    ("src/rules/close_out.cpp", "top >= bottom", "comparison", "equal terms are one either way"),
    ("src/rules/close_out.cpp", "qty.raw() < 0 ? -money", "comparison constant", NEVER_ZERO),
    ("src/rules/close_out.cpp", "change <= Amount{}", "comparison", "the cap of nothing is nothing"),
    ("src/rules/close_out.cpp", "(other.qty.raw() > 0) == (insolvent.qty.raw() > 0)", "comparison", NEVER_ZERO),
    ("src/rules/close_out.cpp", "insolvent.qty.raw() < 0 ? -lots", "comparison constant", NEVER_ZERO),
    ("src/rules/funding.cpp", "bid > 0.0 ?", "comparison", "a bid of zero is below every index"),
    ("src/rules/funding_index.cpp", "if (notional <= 0)", "constant", "the first lot has the best price"),
    ("src/rules/funding_index.cpp", "if (votes.size() < least)", "comparison", "as many as there are: nothing is added"),
    ("src/rules/liquidation_price.cpp", "state.qty.raw() > 0", "comparison", NEVER_ZERO),
    ("src/rules/liquidation_price.cpp", "if (worth > 0)", "comparison", NEVER_ZERO),
    ("src/rules/liquidation_price.cpp", "if (line.denominator > 0)", "comparison constant", "a rate of 100 % was left out"),
    ("src/rules/liquidation_price.cpp", "div_round(line.numerator, line.denominator, is_long ? Round::down : Round::up)",
     "rounding", WALK),
    ("src/rules/liquidation_price.cpp", "std::clamp<i128>(start, 1, price_max)", "constant", WALK),
    ("src/rules/liquidation_price.cpp", "[[maybe_unused]] std::int64_t steps = 0", "constant", WALK),
    ("src/rules/liquidation_price.cpp", "std::int64_t steps = 0; steps < reach", "constant comparison", WALK),
    ("src/rules/liquidation_price.cpp", "price + outward <= price_max", "comparison", "the start was clamped to it"),
    ("src/rules/margin_schedule.cpp", "into <= 0", "comparison", AT_ZERO),
    ("src/rules/margin_schedule.cpp", "if (above <= 0)", "comparison", AT_ZERO),
    ("src/rules/margin_schedule.cpp", "i128 need = 0;", "constant", "always written"),
    ("src/rules/liquidation_price.cpp", "reach = 8 + narrow_i64", "sign", WALK),
    ("src/rules/portfolio_liquidation.cpp", "starts.erase(std::unique(starts.begin(), starts.end()), starts.end());",
     "dropped", "an empty piece is looked at in vain"),
    ("src/rules/portfolio_liquidation.cpp", "constexpr std::int64_t most_steps = 10'000", "constant", WALK),
    ("src/rules/portfolio_liquidation.cpp", "const std::int64_t step = to > from ? 1 : -1", "comparison",
     "without a way there is no step"),
    ("src/rules/portfolio_liquidation.cpp", "const std::int64_t middle = from + (to - from) / 2", "constant", WALK),
    ("src/rules/portfolio_liquidation.cpp", "line.excess(middle + step) > line.excess(middle)", "comparison", WALK),
    ("src/rules/portfolio_liquidation.cpp", "std::int64_t reach = 1;", "constant", WALK),
    ("src/rules/portfolio_liquidation.cpp", "at = reach >= left ?", "comparison", "either way it is the end"),
    ("src/rules/portfolio_liquidation.cpp", "reach *= 2", "constant", WALK),
    ("src/rules/portfolio_liquidation.cpp", "step > 0 && piece.last >= start", "comparison", "a step is not zero"),
    ("src/rules/portfolio_liquidation.cpp", "step < 0 && piece.first <= start", "comparison constant", "a step is one or minus one"),
    ("src/rules/portfolio_liquidation.cpp", "if (step < 0) {", "comparison constant", "a step is one or minus one"),
    ("src/rules/portfolio_liquidation.cpp", "positions[point.position].qty.raw() < 0 ?", "comparison constant", NEVER_ZERO),
    ("src/rules/reduction.cpp", "i128 lots = 1;", "constant", "the search starts two lots lower"),
    ("src/rules/reduction.cpp", "std::max<i128>(1, lots - 2); x <= lots + slack && x < whole.raw()",
     "constant comparison logic", WALK),
    ("src/rules/reduction.cpp", "const bool is_long = state.qty.raw() > 0", "comparison", NEVER_ZERO),
    ("src/clearing/clearing_house.cpp", "config.hedge_mode && i < config.instruments.size()", "comparison",
     "a place more, of no factor"),
    ("src/clearing/trigger_index.cpp", "comes_before(price_a, price_b) : a < b", "comparison", DISTINCT),
    ("src/rules/shortage.cpp", "i128 out = 1; for (int n = 0; n < exponent; ++n)", "constant comparison",
     "both terms of a scale carry it"),
    ("src/rules/shortage.cpp", "if (c.price == 0 || ratio <= c.liquidator_fee) {", "constant comparison logic",
     "such a price or ratio frees nothing, which is the next answer"),
    ("src/rules/shortage.cpp", "std::max<i128>(0, ratio - c.liquidator_fee - short_share)", "constant",
     "19 / 20 of one is nothing"),
    ("src/rules/shortage.cpp", "std::max<i128>(0, most - c.freed_before)", "constant", "one in 50 million is nothing"),
    ("src/rules/shortage.cpp", "transfer > asset.amount ?", "comparison", AT_ZERO),
]
# By what a changed room reaches: the test programs, the quick ones first.
PROGRAMS = {"rules": "rules vector_check clearing desk scenario sim", "clearing": "clearing desk scenario sim agents",
            "desk": "desk", "defi": "defi chain agents"}
KEYWORDS = ("if for while switch return do else case default using namespace template struct class enum static "
            "constexpr const auto break continue CHECK DCHECK CHECK_EQ CHECK_NE throw goto typedef friend public "
            "private void").split()


class Place:
    """One change: `edits` are (start, end, text) of the original file; start == end inserts."""

    def __init__(self, file, kind, start, end, original, changed):
        self.file, self.kind, self.start, self.end = file, kind, start, end
        self.original, self.changed = original, changed
        self.name, self.id, self.result, self.same = "", 0, "", ""
        self.make = None  # id -> edits

    def line(self, text):
        return text.count("\n", 0, self.start) + 1


def masked(text):
    """The same text with comments, strings, preprocessor lines and assertions blanked out."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z])\'(?:\\.|[^\'\\])\'|^[ \t]*#[^\n]*',
                         re.S | re.M)
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    text = pattern.sub(blank, text)
    for m in list(re.finditer(r"\b(?:D?CHECK(?:_[A-Z]+)?|static_assert)\(|\btemplate <", text)):
        end = closing(text, m.end() - 1) if text[m.end() - 1] == "(" else text.index(">", m.end())
        text = text[:m.start()] + re.sub(r"[^\n]", " ", text[m.start():end + 1]) + text[end + 1:]
    text = re.sub(r"\bcase [^\n:]*(?:::[^\n:]*)*:", blank, text)
    return re.sub(r"\benum (?:class |struct )?\w+[^;{]*\{[^}]*\}", blank, text, flags=re.S)


OPENERS, CLOSERS = "([{", ")]}"


def closing(text, at):
    """Position of the bracket that closes the one at `at`."""
    depth = 0
    for k in range(at, len(text)):
        depth += (text[k] in OPENERS) - (text[k] in CLOSERS)
        if depth == 0:
            return k
    raise ValueError("unbalanced")


def operand_end(text, at, stop_at_and):
    depth = 0
    k = at
    while k < len(text):
        c = text[k]
        if depth == 0:
            if c in CLOSERS or c in ";,?" or text.startswith("||", k) or (stop_at_and and text.startswith("&&", k)):
                break
            if c == ":":
                if not text.startswith("::", k):
                    break
                k += 1
        depth += (c in OPENERS) - (c in CLOSERS)
        k += 1
    return len(text[:k].rstrip())


def operand_start(text, at, stop_at_or):
    depth = 0
    k = at - 1
    while k >= 0:
        c = text[k]
        if depth == 0:
            if c in OPENERS or c in ";,?" or (stop_at_or and text.startswith("||", k - 1)):
                break
            if c == ":":
                if text[k - 1] != ":":
                    break
                k -= 1
            if c == "=" and text[k - 1] == " " and text[k + 1] in " \n":
                break
            if c == "n" and re.search(r"\breturn$", text[:k + 1]):
                break
        depth += (c in CLOSERS) - (c in OPENERS)
        k -= 1
    k += 1
    return k + len(text[k:]) - len(text[k:].lstrip())


COMPARE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
FUNCTION = {"<": "std::less<>", "<=": "std::less_equal<>", ">": "std::greater<>", ">=": "std::greater_equal<>",
            "==": "std::equal_to<>", "!=": "std::not_equal_to<>", "+": "std::plus<>", "-": "std::minus<>"}


def places_of(file, text):
    """The places of one file, by position."""
    code = masked(text)
    places = []

    def add(kind, start, end, changed, make):
        place = Place(file, kind, start, end, " ".join(text[start:end].split()), changed)
        place.make = make
        places.append(place)

    def binary(kind, sign, changed, start, end, open_sign, close_sign):
        op = f"::mut::op<{FUNCTION[sign]}, {FUNCTION[changed]}>"
        add(kind, start, end, changed,
            lambda n: [(start, end, f"{open_sign} {op}({n}) {close_sign}")])

    for m in re.finditer(r"(?<=[\w)\]}]) (<=|>=|==|!=|<|>)(?=[ \n])", code):
        sign = m.group(1)
        equality = sign in ("==", "!=")
        binary("comparison", sign, COMPARE[sign], m.start(1), m.end(1), *(("==", "==") if equality else "<>"))
    for m in re.finditer(r"(?<=[\w)\]}]) ([+-])(?=[ \n])", code):
        binary("sign", m.group(1), "-" if m.group(1) == "+" else "+", m.start(1), m.end(1), "+", "+")
    for m in re.finditer(r" ([+-])=(?=[ \n])", code):
        other = "-=" if m.group(1) == "+" else "+="
        at = (m.start(1), m.end())
        add("sign", *at, other, lambda n, at=at, s=m.group(1): [(*at, f"{s}= ::mut::Assign{{{n}}} {s}=")])
    for m in re.finditer(r"\bRound::(up|down)\b", code):
        other = "Round::down" if m.group(1) == "up" else "Round::up"
        at = m.span()
        add("rounding", *at, other, lambda n, at=at: [(*at, f"::mut::round({n}, {text[at[0]:at[1]]})")])
    for m in re.finditer(r"\bstd::(min|max)(<[\w:]+>)?\(", code):
        at = (m.start(), m.end() - 1)
        new = "least" if m.group(1) == "min" else "most"
        add("extreme", *at, "max" if new == "least" else "min",
            lambda n, at=at, new=new, t=m.group(2): [(*at, f"::mut::{new}{t or '<>'}({n})")])
    constants = [(m.start(1), m.end(1), m.end(), code.find(";", m.end())) for m in
                 re.finditer(r"\b(constexpr)\s+[^;()]*?\b\w+(?:\[\w*\])?\s*(?:=|\{)", code)]
    for m in re.finditer(r"(?<![\w.'<])(\d[\d']*)([uUlL]*)(?![\w.'])", code):
        if code[m.end():m.end() + 1] == ">" or re.search(r"\boperator\s*$", code[:m.start()]):
            continue
        value = int(m.group(1).replace("'", ""))
        changed = f"{value + 1 if value <= 2 else 2 * value}{m.group(2)}"
        at = m.span()
        inside = [c for c in constants if c[2] <= at[0] < c[3]]
        edits = [(inside[0][0], inside[0][1], "const")] if inside else []
        add("constant", *at, changed, lambda n, at=at, changed=changed, edits=edits:
            edits + [(*at, f"::mut::lit({n}, {text[at[0]:at[1]]}, {changed})")])
    for m in re.finditer(r" (&&|\|\|)(?=[ \n])", code):
        both = m.group(1) == "&&"
        start, end = operand_start(code, m.start(), both), operand_end(code, m.end(), both)
        if start >= m.start() or end <= m.end():
            continue
        at = m.span(1)
        name = "and_or" if both else "or_and"
        add("logic", *at, "||" if both else "&&", lambda n, at=at, start=start, end=end, name=name: [
            (start, start, f"::mut::{name}({n}, static_cast<bool>(", end),
            (*at, "), [&] { return static_cast<bool>("), (end, end, "); })", start)])
    for start, end in statements(code):
        if not re.search(r"\.reserve\(", code[start:end]):
            add("dropped", start, end, "", lambda n, start=start, end=end: [
                (start, start, f"if (!::mut::on({n})) {{ ", end), (end, end, " }", start)])
    for m in re.finditer(r"< (0) \? -|(\S+) != (\S+) \? \2 > \3", code):
        for p in places:  # a magnitude at zero; an order of two that differ
            if m.start() <= p.start < m.end() and (p.kind, p.original) in (
                    ("comparison", "<"), ("constant", "0"), ("comparison", ">")):
                p.same = "makes no difference at the bound"
    for m in re.finditer(r"(?:\.reserve|\bprefetch\w*)\(", code):  # room and speed, no results
        start, end = code.rfind("\n", 0, m.start()), closing(code, m.end() - 1)
        for p in places:
            if start <= p.start < end:
                p.same = "room or speed"
    places.sort(key=lambda p: (p.start, p.kind))
    return places


def drawn_places(places, seed, count):
    """The same few as long as their code stands, whatever is changed elsewhere."""
    seen = collections.Counter()
    rank = {}
    for p in places:
        name = f"{p.file} {p.kind} {p.original}"
        seen[name] += 1
        rank[p.id] = hashlib.sha256(f"{seed} {name} {seen[name]}".encode()).digest()
    return sorted((p for p in places if not p.same and p.kind != "named"), key=lambda p: rank[p.id])[:count]


def statements(code):
    """Expression statements within function bodies, as (start, end after the semicolon)."""
    stack = []
    head = re.compile(r"(?:\+\+|--|\*)?([A-Za-z_]\w*)(?:(?:::|\.|->)\w+|\[[^\];]*\])*"
                      r"(?:\(| (?:[-+*/|&^]|<<|>>)?= |\+\+;|--;|;)")
    out = []
    fresh = True  # the next token begins a statement
    for k, c in enumerate(code):
        if c.isspace():
            continue
        if fresh and stack and stack[-1] == "block":
            m = head.match(code, k)
            if m and m.group(1) not in KEYWORDS:
                end = code_end(code, k)
                if end:
                    out.append((k, end + 1))
        fresh = False
        if c == "{":
            before = code[:k].rstrip()
            block = bool(re.search(r"(?:\)|\bconst|\belse|\bdo|\bmutable|\bnoexcept|[;{}]|-> [\w:<>&* ]+)$", before))
            stack.append("block" if block else "space" if re.search(r"\bnamespace[^;{}]*$", before) else "other")
            fresh = block
        elif c in "([":
            stack.append("paren")
        elif c in CLOSERS:
            kind = stack.pop() if stack else ""
            fresh = c == "}" and kind == "block"
        elif c == ";":
            fresh = bool(stack) and stack[-1] == "block"
    return out


def code_end(code, at):
    """The semicolon that ends the statement at `at`; None when a block comes first."""
    k = at
    while k < len(code):
        c = code[k]
        if c in OPENERS:
            k = closing(code, k)
        elif c == ";":
            return k
        elif c in CLOSERS:
            return None
        k += 1
    return None


def find_code(text, find):
    """Where a piece of code stands in a file, whatever its line breaks: all spans, comments left out."""
    words = [re.escape(w) for w in re.findall(r"\w+|[^\w\s]", find)]
    return [m.span() for m in re.finditer(r"\s*".join(words), masked(text))]


def named_places(texts):
    """The table above as places; a text that is not there exactly once stops the script."""
    places, wrong = [], []
    for name, file, find, changed in NAMED:
        if file not in texts:
            path = ROOT / file
            texts[file] = path.read_text() if path.exists() else ""
        hits = find_code(texts[file], find)
        if len(hits) != 1:
            wrong.append(f"named change \"{name}\": its text is {len(hits)} times in {file}, not once:\n    {find}")
            continue
        start, end = hits[0]
        place = Place(file, "named", start, end, find, changed or "nothing")
        place.name = name
        if changed:
            place.make = lambda n, s=start, e=end, c=changed: [
                (s, s, f"(::mut::on({n}) ? ({c}) : (", e), (e, e, "))", s)]
        else:
            place.make = lambda n, s=start, e=end: [(s, s, f"if (!::mut::on({n})) {{ ", e), (e, e, " }", s)]
        places.append(place)
    if wrong:
        sys.exit("\n".join(wrong) + "\nRepair NAMED at the top of tools/mutate.py.")
    return places


def all_places():
    texts = {}
    for pattern in FILES:
        found = sorted(ROOT.glob(pattern))
        if not found:
            sys.exit(f"{pattern}: no such file; repair FILES at the top of tools/mutate.py")
        for path in found:
            texts[str(path.relative_to(ROOT))] = path.read_text()
    generated = [p for file, text in texts.items() for p in places_of(file, text)]
    places = named_places(texts) + generated
    for n, place in enumerate(places, 1):
        place.id = n
    for file, code, kinds, reason in SAME:
        spans = find_code(texts[file], code)
        hits = [p for p in places for start, end in spans
                if p.file == file and p.kind in kinds.split() and start <= p.start < end]
        if not hits:
            sys.exit(f"SAME at the top of tools/mutate.py fits no place any more: {file}: {code}")
        for p in hits:
            p.same = reason
    return texts, places


def mutated_copy(text, places):
    """The file with the switches of `places`, and per place the (line, first, last column) it became."""
    edits = []
    for place in places:
        for edit in place.make(place.id):
            start, end, new = edit[:3]
            if start < end:
                rank = (2, 0)
            else:  # what encloses more opens first and closes last
                rank = (1, -edit[3]) if edit[3] > start else (0, -edit[3])
            edits.append((start, rank, end, new, place))
    out, spans, at, done = [], [], 0, set()
    line = column = 1

    def put(piece):
        nonlocal line, column
        out.append(piece)
        line += piece.count("\n")
        column = len(piece) - piece.rfind("\n") if "\n" in piece else column + len(piece)

    for start, rank, end, new, place in sorted(edits, key=lambda e: e[:3]):
        if (start, end, new) in done and new == "const":
            continue
        done.add((start, end, new))
        put(text[at:start])
        first = column
        put(new)
        spans.append((line, first, column, place))
        at = end
    put(text[at:])
    return "".join(out), spans


def compile_commands(build):
    """The command of every source file; "joined" is the file of several that it is compiled in, or itself."""
    out = {}
    for command in json.loads((build / "compile_commands.json").read_text()):
        joined = pathlib.Path(command["file"])
        inside = re.findall(r'^#include "(.*)"$', joined.read_text(), re.M) if "/Unity/" in str(joined) else []
        for file in inside or [command["file"]]:
            out[file] = command | {"joined": str(joined)}
    return out


def compile_copy(entry, copy, obj, more):
    return run_compiler(entry, copy, obj, ["-fpermissive", "-Wno-narrowing", "-fmax-errors=0", "-include",
                                           str(ROOT / "tools/mutate/mut.hpp")] + more)


def run_compiler(entry, source, obj, more):
    """Compiles `source` with the flags of another file, its warnings off."""
    words = entry["command"].split()
    words[words.index("-o") + 1] = str(obj)
    words[words.index("-c") + 1] = str(source)
    words = [w for w in words if w != "-Werror"] + ["-w", "-fno-diagnostics-show-caret", "-g0"] + more
    return subprocess.run(words, cwd=entry["directory"], capture_output=True, text=True)


def compile_with(entry, source, obj, more):
    done = run_compiler(entry, source, obj, more)
    if done.returncode != 0:
        sys.exit(done.stderr)


def build_file(file, text, places, entry, log):
    """Writes a mutated copy without what the compiler refuses. Returns the copy and the places kept."""
    copy = OUT / file
    copy.parent.mkdir(parents=True, exist_ok=True)
    kept = list(places)
    for _ in range(40):
        code, spans = mutated_copy(text, kept)
        copy.write_text(code)
        done = compile_copy(entry, copy, OUT / (file + ".o"), ["-fsyntax-only"])
        if done.returncode == 0:
            return copy, kept
        where = {(int(m[1]), int(m[2])) for m in
                 re.finditer(re.escape(str(copy)) + r":(\d+):(\d+):(?=\s+(?:error|required from here))", done.stderr)}
        bad = set()
        for line, column in where:
            here = [s for s in spans if s[0] == line]
            near = [s for s in here if s[1] <= column <= s[2]]
            inside = [s for s in spans if s[3].line(text) <= line <= s[3].line(text) + s[3].original.count("\n")]
            bad |= {s[3].id for s in near or here or inside}
        names = set(re.findall(r"‘(?:const [^’]*?|[\w:]*::)?(\w+)’ is not usable in a constant", done.stderr))
        bad |= {p.id for p in kept if p.kind == "constant" and
                any(re.search(rf"\b{n}\b", text[text.rfind(";", 0, p.start):p.start]) for n in names)}
        if not bad:  # an error far from its cause: the changes one by one would take too long
            bad = {p.id for p in kept[::2]} if len(kept) > 1 else {p.id for p in kept}
            log.append(f"{file}: gave up {len(bad)} places: {done.stderr.strip()[:300]}")
        kept = [p for p in kept if p.id not in bad]
    sys.exit(f"{file}: does not compile:\n{done.stderr}")


def build_object(joined, copies, entry):
    """The object of one compilation with the mutated copies ({file: copy}) in the place of their files."""
    room = pathlib.Path(next(iter(copies))).parent.name
    obj = OUT / "src" / room / (pathlib.Path(joined).stem + ".o")
    source = pathlib.Path(next(iter(copies.values())))
    if joined not in copies:
        text = pathlib.Path(joined).read_text()
        for file, copy in copies.items():
            text = text.replace(f'"{file}"', f'"{copy}"')
        source = obj.with_suffix(".cxx")
        source.write_text(text)
    done = compile_copy(entry, source, obj, [])
    if done.returncode != 0:
        sys.exit(f"{joined}: does not compile with its changes:\n{done.stderr[:3000]}")
    return obj


def link(build, program, objects, common, out):
    """A program of the build folder once more, with these objects in front of the libraries'."""
    lines = subprocess.run(["ninja", "-C", str(build), "-t", "commands", f"bin/{program}"],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    command = next(l for l in reversed(lines) if f"-o bin/{program} " in l)
    command = command.split(" && cd ")[0]  # without the discovery of the tests
    rooms = {o for o in objects if f"libmc_{o.parent.name}.a" in command}
    target = out / "bin" / program
    target.parent.mkdir(parents=True, exist_ok=True)
    mine = " ".join(str(o) for o in sorted(rooms) + [common])
    first = re.search(r" \S+\.o ", command)
    command = command[:first.start()] + " " + mine + command[first.start():]
    command = command.replace(f"-o bin/{program} ", f"-o {target} ")
    subprocess.run(command, shell=True, cwd=build, check=True, capture_output=True)
    return target


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_tests(program, tests, mutant, timeout, seen=None):
    """Returns (status, output); status "timeout" when it took too long."""
    env = dict(os.environ, MC_MUTANT=str(mutant), RC_PARAMS="seed=1")
    if seen:
        env["MC_MUTANT_SEEN"] = str(seen)
    flags = OUT / "flags" / f"{program.name}.{mutant}.{time.monotonic_ns()}"
    flags.parent.mkdir(exist_ok=True)
    flags.write_text(f"--gtest_filter={tests}\n")
    words = [str(program), f"--gtest_flagfile={flags}"] + ([] if mutant < 0 else ["--gtest_fail_fast"])
    child = subprocess.Popen(words, cwd=program.parent, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             text=True, errors="replace", start_new_session=True, preexec_fn=limit)
    try:
        text, _ = child.communicate(timeout=timeout)
        return child.returncode, text
    except subprocess.TimeoutExpired as late:
        os.killpg(child.pid, signal.SIGKILL)  # with what it forked
        child.communicate()
        text = late.stdout or b""
        return "timeout", text if isinstance(text, str) else text.decode(errors="replace")
    finally:
        flags.unlink()


def reach(programs, longest):
    """Runs every program once, unchanged: {id: {program: [(milliseconds, test)]}}, tests of up to `longest` s."""
    out = collections.defaultdict(lambda: collections.defaultdict(list))
    for program in programs:
        seen = OUT / f"{program.name}.seen"
        status, text = run_tests(program, "-Slow*", -1, 3600, seen)
        failing = set(re.findall(r"^\[  FAILED  \] ([^\s,]+)", text, re.M))
        if failing:
            print(f"not used, for they fail without any change: {' '.join(sorted(failing))}")
        elif status != 0:
            sys.exit(f"{program.name} ends with {status} without any change:\n{text[-3000:]}")
        for line in seen.read_text().splitlines():
            test, ms, ids = line.split("\t")
            if test in failing or int(ms) > 1000 * longest:
                continue
            for n in ids.split():
                out[int(n)][program].append((int(ms), test))
    return out


def judge(place, reached):
    if not reached:
        return "SURVIVED (no test of that length reaches it)"
    parts = []
    for program, tests in reached.items():
        quick = [t for t in tests if t[0] <= 300]
        slow = [t for t in tests if t[0] > 300]
        parts += [(sum(t[0] for t in group), program, group) for group in (quick, slow) if group]
    for total, program, group in sorted(parts, key=lambda p: p[0]):
        tests = ":".join(t[1] for t in group)
        status, text = run_tests(program, tests, place.id, 8 + total / 1000 * 4)
        if status != 0:
            told = (re.findall(r"^\[  FAILED  \] ([^\s,]+)", text, re.M) or
                    re.findall(r"^\[ RUN      \] (\S+)", text, re.M)[-1:])
            test = told[0] if told else "?"
            return f"{program.name} {test}" + (" (time-out)" if status == "timeout" else "")
    return "SURVIVED"


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--draw", type=int, default=60, help="places drawn beside the named ones")
    ask.add_argument("--all", action="store_true")
    ask.add_argument("--only", help="ids, with commas; without the named ones")
    ask.add_argument("--file", help="only places of files whose name contains this")
    ask.add_argument("--list", action="store_true")
    ask.add_argument("--least", type=float, default=95.0, help="per cent that must be killed")
    ask.add_argument("--longest", type=float, default=5.0, help="tests that take more seconds are not used")
    ask.add_argument("--programs", help="only these test programs, e.g. rules,clearing,desk,defi")
    ask.add_argument("--build", default="build/release", help="a configured build folder; brought up to date")
    ask.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    args = ask.parse_args()

    texts, places = all_places()
    if args.file:
        places = [p for p in places if args.file in p.file]
    if args.list:
        for p in places:
            print(f"{p.id:5}  {p.file}:{p.line(texts[p.file])}  {p.name or p.kind}  {p.original} -> {p.changed or 'nothing'}"
                  + (f"  (same: {p.same})" if p.same else ""))
        return 0
    generated = [p for p in places if p.kind != "named" and not p.same]
    if args.only:
        wanted = {int(n) for n in args.only.split(",")}
        chosen = [p for p in places if p.id in wanted]
    else:
        drawn = generated if args.all else drawn_places(places, args.seed, args.draw)
        chosen = [p for p in places if p.kind == "named"] + drawn
    print(f"{len(places)} places in {len({p.file for p in places})} files; {len(chosen)} chosen (seed {args.seed})")

    build = ROOT / args.build
    rooms = {p.file.split("/")[1] for p in chosen}
    programs = []
    for room in PROGRAMS:
        for name in PROGRAMS[room].split() if room in rooms else []:
            if f"test_{name}" not in programs and (not args.programs or name in args.programs.split(",")):
                programs.append(f"test_{name}")
    subprocess.run(["cmake", "--build", str(build), "-j", str(args.jobs), "--target", *programs], check=True,
                   stdout=subprocess.DEVNULL)
    OUT.mkdir(parents=True, exist_ok=True)
    entries = compile_commands(build)
    by_file = collections.defaultdict(list)
    for p in chosen:
        by_file[p.file].append(p)
    log = []
    pool = concurrent.futures.ThreadPoolExecutor(args.jobs)
    built = list(pool.map(lambda f: build_file(f, texts[f], by_file[f], entries[str(ROOT / f)], log), by_file))
    kept = [p for _, some in built for p in some]
    together = collections.defaultdict(dict)
    for file, (copy, _) in zip(by_file, built):
        together[entries[str(ROOT / file)]["joined"]][str(ROOT / file)] = str(copy)
    objects = list(pool.map(lambda j: build_object(j, together[j], entries[next(iter(together[j]))]), together))
    common = OUT / "mut.o"
    compile_with(entries[str(ROOT / FILES[0])], ROOT / "tools/mutate/mut.cpp", common, [])
    print("\n".join(log + [f"{len(kept)} of {len(chosen)} compile"]), flush=True)
    lost = [p.name for p in chosen if p.kind == "named" and p not in kept]
    if lost:
        sys.exit(f"named changes that do not compile: {', '.join(lost)}")
    linked = list(pool.map(lambda name: link(build, name, objects, common, OUT), programs))
    reached = reach(linked, args.longest)

    kept.sort(key=lambda p: p.id)
    for p, result in zip(kept, pool.map(lambda p: judge(p, reached[p.id]), kept)):
        p.result = result
        print(f"{p.id:5}  {p.file}:{p.line(texts[p.file])}  {p.name or p.kind}  {p.original} -> {p.changed or 'nothing'}"
              f"  {result if 'SURVIVED' in result else 'killed by ' + result}", flush=True)
    survived = [p for p in kept if "SURVIVED" in p.result]
    share = 100.0 * (len(kept) - len(survived)) / max(1, len(kept))
    per_kind = collections.Counter(p.kind for p in kept)
    lost_kind = collections.Counter(p.kind for p in survived)
    print("\n" + ", ".join(f"{kind} {n - lost_kind[kind]}/{n}" for kind, n in sorted(per_kind.items())))
    print(f"{len(kept)} changes, {len(kept) - len(survived)} killed, {len(survived)} survived: {share:.1f} % "
          f"(at least {args.least:g} %)")
    return 0 if share >= args.least else 1


if __name__ == "__main__":
    sys.exit(main())
