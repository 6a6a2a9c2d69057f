from __future__ import annotations

import datetime
import pickle
from pathlib import Path

import pytest

import margincall as mc


def test_load_get_set_copy(tiny: Path) -> None:
    s = mc.Scenario.load(tiny)
    assert s.name == "tiny" and s.seed == 3 and len(s.hash) == 16
    assert s.start == datetime.datetime(2025, 11, 3, tzinfo=datetime.timezone.utc)
    assert s.length == datetime.timedelta(minutes=20)
    assert s["clock.length"] == "20 min"
    assert s["assets.BTC.price"].endswith("USD")
    assert s.source_of("assets.BTC.price").startswith("measured")
    before = s.hash
    other = s.copy()
    other["agents.market_maker.firms"] = 3
    assert other["agents.market_maker.firms"] == 3
    assert s.hash == before and other.hash != before and s != other
    assert other.overrides == {"agents.market_maker.firms": "3"}
    other.set({"agents.market_maker.firms": 4, "clock.length": "10 min", "clock.day_to": "10 min"})
    assert other.length == datetime.timedelta(minutes=10)
    assert "agents.market_maker.firms" in s and "no.such" not in s
    assert s.get("no.such", 5) == 5
    assert "length = " in s.resolved


def test_values_are_those_of_the_command_line(tiny: Path) -> None:
    s = mc.Scenario.load(tiny)
    s["events.0.until"] = datetime.datetime(2025, 11, 3, 0, 5, tzinfo=datetime.timezone.utc)
    assert s.overrides["events.0.until"] == "2025-11-03T00:05:00Z"
    s["meta.tags"] = ["a", "b"]
    assert s.overrides["meta.tags"] == '["a", "b"]'
    sets = [x for k, v in s.overrides.items() for x in ("--set", f"{k}={v}")]
    assert mc.command(["explain", str(tiny), *sets]).out == s.resolved


def test_builtin_and_text() -> None:
    assert "flash" in mc.builtin_names()
    flash = mc.Scenario.load("flash", **{"world.size": "preview"})
    assert flash["world.size"] == "preview" and "(preview)" in flash.title
    again = mc.Scenario.from_text(flash.resolved)
    assert again.hash == flash.hash and again == flash
    assert pickle.loads(pickle.dumps(flash)) == flash


def test_errors_say_where_and_what_helps(tiny: Path) -> None:
    s = mc.Scenario.load(tiny)
    with pytest.raises(mc.ScenarioError) as caught:
        s["agents.market_maker.firm"] = 3
    problem = caught.value
    assert isinstance(problem, ValueError) and problem.code == "E104"
    assert 'did you mean "firms"?' in str(problem)
    assert s.overrides == {}  # as it was

    with pytest.raises(mc.ScenarioError) as caught:
        s["clock.length"] = "20 kg"
    assert caught.value.column == 14 and "kg" in caught.value.message and caught.value.hint

    text = 'schema = 1\nextends = "builtin/flash.toml"\n[clock]\nlenth = "6 h"\n[random]\nseed = -1\n'
    with pytest.raises(mc.ScenarioError) as caught:
        mc.Scenario.from_text(text, name="mine.toml")
    problem = caught.value
    assert len(problem.errors) == 2  # all at once
    first = problem.errors[0]
    assert (problem.file, problem.line, problem.column) == (first["file"], first["line"], first["column"])
    assert {(e["file"], e["line"]) for e in problem.errors} == {("mine.toml", 4), ("mine.toml", 6)}
    assert pickle.loads(pickle.dumps(problem)).errors == problem.errors

    with pytest.raises(mc.MargincallError) as other:
        mc.Scenario.load("nowhere.toml")
    assert other.value.code == "E102" and not isinstance(other.value, mc.ScenarioError)


def test_asking_for_keys(tiny: Path) -> None:
    s = mc.Scenario.load(tiny)
    with pytest.raises(mc.ScenarioError, match="did you mean"):
        s["agents.market_maker.firm"]
    with pytest.raises(KeyError, match="not set"):
        s["meta.tags"]


def test_warnings_are_structured(tiny: Path) -> None:
    s = mc.Scenario.load(tiny)
    for problem in s.validate():
        assert problem["kind"] == "warning" and problem["code"] and problem["message"]


def test_lin() -> None:
    assert mc.lin(0.05, 1, 20)[0] == 0.05 and mc.lin(0.05, 1, 20)[-1] == 1 and len(mc.lin(0, 1, 20)) == 20
    with pytest.raises(ValueError):
        mc.lin(0, 1, 1)


def test_a_file_that_changes_behind_a_scenario_is_said(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle

    file = tmp_path / "a.toml"
    file.write_text(tiny.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    scenario = mc.Scenario.load("a.toml")
    monkeypatch.chdir(tmp_path.parent)
    assert pickle.loads(pickle.dumps(scenario)) == scenario == scenario.copy()
    file.write_text(tiny.read_text(encoding="utf-8").replace("Twenty", "Thirty"), encoding="utf-8")
    for again in (scenario.copy, lambda: scenario.set({"random.seed": 4}), lambda: mc.run(scenario, seed=9)):
        with pytest.raises(mc.MargincallError, match="has changed since"):
            again()
    assert scenario.title.startswith("Twenty")


def test_a_word_over_a_section_is_refused(tiny: Path) -> None:
    scenario = mc.Scenario.load(tiny)
    before = scenario.hash
    for key in ("world", "agents", "agents.market_maker"):
        with pytest.raises(mc.ScenarioError, match="should be a table"):
            scenario[key] = "preview"
    assert scenario.hash == before


def test_a_command_is_a_list_of_words() -> None:
    with pytest.raises(TypeError, match="list of words"):
        mc.command("explain E203")
    with pytest.raises(TypeError, match="whole number"):
        mc.lin(1, 2, 2.5)  # type: ignore[arg-type]
