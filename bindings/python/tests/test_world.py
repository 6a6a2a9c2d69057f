"""Worlds by hand: steps, forks, injected events, snapshots in other processes, agents in Python."""

import copy
import json
import random
import subprocess
import sys
import threading
import time

import margincall as mc
import numpy as np
import pytest


@pytest.fixture(scope="module")
def scenario(tiny):
    return tiny


@pytest.fixture(scope="module")
def digest(scenario):
    return mc.run(scenario, record=False).digest


def half(world):
    return world.names._length_ns / 2e9


def test_stepping_gives_the_run(scenario, digest):
    world = mc.World(scenario)
    while world.now < world.end:
        world.step(7.25)
    assert world.digest == digest
    run = world.finish()
    assert run.digest == digest
    assert world.finished
    whole = mc.run(scenario)
    for name in whole.tables:
        if name not in ("metrics",):
            assert run.table(name).num_rows == whole.table(name).num_rows, name
    with pytest.raises(mc.MargincallError) as stopped:
        world.step(1)
    assert stopped.value.code == "E723"


def test_time_does_not_run_backwards(scenario):
    world = mc.World(scenario, record=False).step_to(10)
    with pytest.raises(ValueError, match="has passed"):
        world.step_to(9)
    assert world.time_s == 10
    assert world.step_to(world.now).time_s == 10


def test_forks_go_on_bit_for_bit(scenario, digest):
    draw = random.Random(20251104)
    stem = mc.World(scenario, record=False)
    length = stem.names._length_ns / 1e9
    for at in sorted(draw.uniform(0, length) for _ in range(12)):
        stem.step_to(at)
        fork = stem.fork()
        assert fork.digest == stem.digest
        assert fork.step_to(length).digest == digest
    assert stem.step_to(length).digest == digest


def test_a_fork_lives_longer_than_its_original(scenario, digest):
    world = mc.World(scenario)
    fork = world.step_to(half(world)).fork()
    del world
    run = fork.run()
    assert run.digest == digest
    assert run.table("series").num_rows == mc.run(scenario).table("series").num_rows


def test_what_is_observed(scenario):
    world = mc.World(scenario).step_to(60)
    seen = world.observe()
    n = len(world.names.instruments)
    for column in (seen.bid, seen.ask, seen.mark, seen.open_interest_usd, seen.bid_depth_usd):
        assert column.shape == (n,) and column.dtype == np.float64
    perps = np.array([kind == "perp" for kind in world.names.kinds])
    both = (seen.bid > 0) & (seen.ask > 0)
    assert both.any() and (seen.bid[both] < seen.ask[both]).all()
    assert (seen.mark[perps] > 0).all() and (seen.mark[~perps] == 0).all()
    assert (seen.open_interest_usd[perps] > 0).any()
    assert seen.fund_usd.shape == (len(world.names.venues),)
    assert seen.time_s == 60 and seen.events > 0
    before = seen.bid.copy()
    world.step(30)
    assert (seen.bid == before).all(), "an observation is a copy"
    assert "Observation at" in repr(seen)


def test_an_injected_sale_moves_its_own_world_only(scenario):
    world = mc.World(scenario).step_to(30)
    hit = world.fork()
    done = hit.inject(
        {"type": "flow", "name": "sale", "sell": {"BTC": "300 m USD"}, "minutes": 1, "forced": True}
    )
    assert done["name"] == "sale" and done["at"] == hit.now
    one, other = world.step_to(100).observe(), hit.step_to(100).observe()
    assert other.asset_index[0] < one.asset_index[0]
    run = hit.run()
    assert "sale" in run.table("events").to_pandas()["name"].tolist()
    with pytest.raises(mc.MargincallError) as kept:
        run.save("nowhere")
    assert kept.value.code == "E727"


def test_what_cannot_be_injected(scenario):
    world = mc.World(scenario, record=False).step_to(60)
    before = world.digest
    with pytest.raises(mc.ScenarioError) as wrong:
        world.inject({"type": "flow", "sel": {"BTC": "1 m USD"}, "minutes": 1})
    assert any("sel" in one["message"] and one["line"] == 2 for one in wrong.value.errors), wrong.value
    with pytest.raises(mc.ScenarioError) as late:
        world.inject({"type": "uncertainty", "add": 0.1, "at": 10})
    assert late.value.code == "E722"
    assert world.digest == before


SNAPSHOT = """
import sys
import margincall as mc
world = mc.World.restore(sys.argv[1])
print(world.digest, world.time_s)
print(world.run().digest)
"""


def test_a_snapshot_is_restored_in_another_process(scenario, tmp_path):
    world = mc.World(scenario).step_to(40)
    world.inject({"type": "flow", "sell": {"BTC": "50 m USD"}, "minutes": 1, "forced": True})
    world.step_to(70)
    file = tmp_path / "w.json"
    world.snapshot(file)
    assert json.loads(file.read_text())["margincall_snapshot"] == 1
    said = subprocess.run(
        [sys.executable, "-c", SNAPSHOT, str(file)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert said == [world.digest, "70.0", world.fork().run().digest]
    again = mc.World.restore(world.snapshot())
    assert again.digest == world.digest
    file.write_text(file.read_text().replace('"events": ', '"events": 1', 1))
    with pytest.raises(mc.MargincallError) as other:
        mc.World.restore(file)
    assert other.value.code == "E726"
    with pytest.raises(mc.MargincallError) as none:
        mc.World.restore("{}")
    assert none.value.code == "E724"


def test_a_run_that_ends_early_can_be_made_again(scenario, tmp_path):
    run = mc.World(scenario).step_to(50).finish()
    assert run.summary.json["interrupted"]
    folder = run.save(tmp_path / "early")
    assert mc.load(folder).digest == run.digest
    assert mc.run(run.scenario).digest == run.digest


class Maker(mc.Agent):
    """Quotes both sides of one perp around its index, and counts what it is told."""

    every = 5.0

    def __init__(self, spread=0.001):
        self.spread = spread
        self.steps = 0
        self.filled = 0.0

    def on_step(self, m):
        self.steps += 1
        self.filled += float(np.abs(m.fills["qty"]).sum())
        row = next(k for k, kind in enumerate(m.names.kinds) if kind == "perp")
        m.cancel_all(row)
        price = m.index[row] * (1 + self.spread * np.array([-1.0, 1.0]))
        sent = m.orders([row, row], [1, -1], 0.5, price, tif="gtc")
        assert (sent > 0).all()


class Gambler(mc.Agent):
    every = 2.0
    latency = "retail"

    def __init__(self):
        self.made = []

    def on_step(self, m):
        draw = m.uniform(2)
        self.made.append(float(draw[0]))
        side = 1 if draw[0] < 0.5 else -1
        m.orders(np.flatnonzero(m.bid > 0)[:3], side, 0.2 * draw[1])


def test_agents_in_python_trade_and_are_deterministic(scenario, digest):
    agents = [Maker(), Gambler()]
    first = mc.World(scenario, agents)
    second = mc.World(scenario, agents)
    assert agents[1].made == [], "a world has copies of its own"
    for _ in range(9):
        first.step(10)
    second.step_to(90)
    assert first.digest == second.digest
    assert first.run().digest == second.run().digest != digest
    assert mc.World(scenario, [Maker()]).run().digest not in (digest, first.digest)


def test_a_fork_copies_what_a_python_agent_holds(scenario):
    world = mc.World(scenario, [Maker(), Gambler()], record=False).step_to(45)
    fork = world.fork()
    assert fork.digest == world.digest
    assert fork.step_to(120).digest == world.step_to(120).digest
    snapshot = world.snapshot()
    assert mc.World.restore(snapshot, [Maker(), Gambler()]).digest == world.digest
    with pytest.raises(mc.MargincallError) as other:
        mc.World.restore(snapshot, [Maker(0.002), Gambler()])
    assert other.value.code == "E726"


class Wrong(mc.Agent):
    def __init__(self, do):
        self.do = do

    def on_step(self, m):
        self.do(m)


@pytest.mark.parametrize(
    "do, error, words",
    [
        (lambda m: 1 / 0, ZeroDivisionError, "division"),
        (lambda m: m.order(0, 2, 1.0), ValueError, "side is 1"),
        (lambda m: m.order(0, 1, float("nan")), ValueError, "number of coins"),
        (lambda m: m.order(0, 1, 1.0, -5.0), ValueError, "price is positive"),
        (lambda m: m.order(10**6, 1, 1.0), IndexError, "no instrument"),
        (lambda m: m.order("A:BTC-PREP", 1, 1.0), KeyError, "did you mean"),
        (lambda m: m.order(0, 1, 1.0, tif="day"), ValueError, "tif is"),
        (lambda m: m.orders([0, 1], [1], [1.0, 2.0, 3.0]), ValueError, "broadcast"),
    ],
)
def test_what_an_agent_does_wrong_is_its_own_exception(scenario, do, error, words):
    world = mc.World(scenario, [Wrong(do)], record=False)
    with pytest.raises(error, match=words):
        world.step(5)
    with pytest.raises(mc.MargincallError) as lost:
        world.step(5)
    assert lost.value.code == "E728"


class Keeps(mc.Agent):
    def on_step(self, m):
        Keeps.market = m
        Keeps.array = m.bid
        with pytest.raises(ValueError, match="read-only"):
            m.bid[0] = 1.0


def test_a_market_serves_while_its_step_runs(scenario):
    mc.World(scenario, [Keeps()], record=False).step(3)
    with pytest.raises(RuntimeError, match="while on_step runs"):
        Keeps.market.order(0, 1, 1.0)
    assert Keeps.array.shape[0] > 0


def test_two_threads_do_not_step_one_world(scenario):
    world = mc.World(scenario, record=False)
    problems = []

    def step():
        try:
            world.step_to(world.names._length_ns / 1e9)
        except (RuntimeError, ValueError) as problem:
            problems.append(problem)

    threads = [threading.Thread(target=step) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.time_s == world.names._length_ns / 1e9
    assert len(problems) <= 1


def test_worlds_on_threads_give_their_own_digests(scenario, digest):
    found = {}

    def work(k):
        found[k] = mc.World(scenario, record=False).step_to(world_length).digest

    world_length = mc.World(scenario, record=False).names._length_ns / 1e9
    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found.values()) == {digest}


def test_masks_and_fractions_are_no_rows(scenario):
    for wrong, words in [
        (lambda m: m.orders(m.bid > 1e5, 1, 1.0), "flatnonzero"),
        (lambda m: m.orders([0.7, 1.9], 1, 1.0), "whole numbers"),
        (lambda m: m.orders([0], -1.9, 1.0), "side: wants whole"),
        (lambda m: m.orders(np.ma.masked_array([0, 1], [True, False]), 1, 1.0), "compressed"),
    ]:
        with pytest.raises(TypeError, match=words):
            mc.World(scenario, [Wrong(wrong)], record=False).step(3)


class Careful(mc.Agent):
    """Sends a batch with one wrong size, and goes on."""

    def __init__(self):
        self.heard = 0

    def on_step(self, m):
        self.heard += len(m.fills["qty"])
        try:
            m.orders([0, 1], 1, [0.1, float("nan")])
        except ValueError:
            pass
        assert m.orders([], 1, 1.0).shape == (0,)
        Careful.seen = self.heard


def test_a_batch_is_sent_whole_or_not_at_all(scenario):
    mc.World(scenario, [Careful()], record=False).step(30)
    assert Careful.seen == 0


class Hoards(mc.Agent):
    def on_step(self, m):
        self.kept = m


def test_an_agent_that_keeps_the_market_is_told_so(scenario):
    world = mc.World(scenario, [Hoards()], record=False).step(3)
    with pytest.raises(TypeError, match="copies of its arrays"):
        world.fork()


def test_a_run_that_was_told_of_events_is_named_otherwise(scenario, tmp_path):
    pytest.importorskip("pyarrow")
    world = mc.World(scenario).step_to(30)
    hit = world.fork()
    hit.inject({"type": "flow", "sell": {"BTC": "100 m USD"}, "minutes": 1, "forced": True})
    one, other = world.step_to(60).finish(), hit.step_to(60).finish()
    assert one.summary.json["scenario_hash"] != other.summary.json["scenario_hash"]
    assert other.resolved.startswith("# no scenario file gives this run again")
    with pytest.raises(mc.MargincallError) as none:
        other.scenario
    assert none.value.code == "E727"
    first = set(one.to_parquet(tmp_path, ["fund"]))
    assert first and first.isdisjoint(other.to_parquet(tmp_path, ["fund"]))
