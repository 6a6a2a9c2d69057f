from __future__ import annotations

from pathlib import Path

import pytest

import margincall as mc


@pytest.fixture(scope="module")
def stressed(book: Path, tmp_path_factory: pytest.TempPathFactory) -> mc.Stress:
    return mc.stress(book, {"BTC": "-25%/10min"}, out=tmp_path_factory.mktemp("stress") / "a", vary="off")


def test_stress(stressed: mc.Stress, book: Path) -> None:
    assert stressed.answer[0].startswith("BTC −25 % in 10 min")
    outcome = stressed.summary["shock"]
    assert outcome["accounts_liquidated"] > 0
    liquidations = stressed.table("liquidations")
    # An account may be closed in several steps.
    assert len(set(liquidations["account"])) == outcome["accounts_liquidated"]
    assert "funds" in stressed.tables and stressed.report.is_file()
    loaded = mc.load(stressed.folder)
    assert isinstance(loaded, mc.Stress) and loaded.hash == stressed.hash
    assert "BTC" in repr(stressed) and "accounts_liquidated" in stressed._repr_html_()
    again = mc.stress(book, "BTC=-25%/10min", vary="off")
    assert again.hash == stressed.hash and again.summary == stressed.summary
    place = again.folder
    del again
    assert not place.exists()
    with pytest.raises(KeyError, match="liquidations"):
        stressed.table("nothing")


def test_shares_are_percent(book: Path) -> None:
    one = mc.stress(book, {"BTC": -0.1}, vary="off", report=None, no_report=True)
    assert one.answer[0].startswith("BTC −10 %")
    assert not one.report.exists()


def test_stress_errors(book: Path, tmp_path: Path) -> None:
    with pytest.raises(mc.MargincallError) as caught:
        mc.stress(tmp_path / "none.csv", "BTC=-10%")
    assert caught.value.exit_code == 4 and "none.csv" in str(caught.value)
    with pytest.raises(mc.MargincallError) as caught:
        mc.stress(book, "BTC=-10%", no_such_option=1)
    assert caught.value.exit_code == 2 and "no-such-option" in str(caught.value)


def test_compare_runs(run: mc.Run, tiny: Path, tmp_path: Path) -> None:
    other = mc.run(tiny, seed=4)
    comparison = mc.compare(run, other)
    assert "BTC" in repr(comparison) and "<pre>" in comparison._repr_html_()
    table = comparison.table()
    assert len(table) > 10
    page = comparison.report(tmp_path / "compare.html")
    assert page.read_text(encoding="utf-8").lstrip().startswith("<!")


def test_compare_stresses(stressed: mc.Stress, book: Path) -> None:
    comparison = mc.compare(stressed, mc.stress(book, {"BTC": "-10%/10min"}, vary="off"))
    assert "liquidated" in repr(comparison)


def test_compare_errors(run: mc.Run, stressed: mc.Stress) -> None:
    with pytest.raises(ValueError):
        mc.compare(run)
    with pytest.raises(mc.MargincallError):
        mc.compare(run, stressed)
