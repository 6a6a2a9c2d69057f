from __future__ import annotations

import gc
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import margincall as mc

np = pytest.importorskip("numpy")
pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")
pd = pytest.importorskip("pandas")
duckdb = pytest.importorskip("duckdb")


def test_every_table_is_what_the_command_line_stored(run: mc.Run, folder: Path) -> None:
    """Of the same seed: equal digest, and every column of run.db equal to the last bit."""
    stored = mc.load(folder)
    assert run.digest == stored.digest
    db = sqlite3.connect(folder / "run.db")
    described = db.execute("SELECT table_name, column_name FROM columns").fetchall()
    compared = 0
    ids = {"instrument": "instruments", "venue": "venues", "asset": "assets"}
    for table_name, column in described:
        if table_name in ("runs", "columns"):
            continue
        ours, theirs = run.table(table_name), stored.table(table_name)
        rows = [r[0] for r in db.execute(f'SELECT "{column}" FROM "{table_name}" ORDER BY rowid')]
        assert len(rows) == len(ours) == len(theirs), table_name
        micro = column.endswith("_usd_micro")
        name = column[: -len("_micro")] if micro else column
        if table_name == "instruments" and column == "kind":
            name = "contract"
        for table in (ours, theirs):
            values = table[name]
            if column in ids and table_name != ids[column]:
                names = [r[0] for r in db.execute(f"SELECT name FROM {ids[column]} ORDER BY rowid")]
                assert [names[r] for r in rows] == list(values)
            elif table_name == "liquidations" and column == "kind":
                words = ["book", "takeover", "adl", "no_counterparty"]
                assert [words[r] for r in rows] == list(values)
            elif values.dtype == object:
                assert rows == list(values)
            elif micro:
                # Sixty-four bits of mantissa, as the reader divides: above nine billion dollars a double is coarser.
                exact = np.array([0 if r is None else r for r in rows], dtype=np.longdouble) / 10**6
                wanted = np.where([r is None for r in rows], np.nan, exact).astype(float)
                assert np.array_equal(wanted, values, equal_nan=True), (table_name, column)
            else:
                wanted = np.array([np.nan if r is None else r for r in rows], dtype=float)
                assert np.array_equal(wanted, values.astype(float), equal_nan=True), (table_name, column)
        compared += 1
    assert compared > 150


def test_friendly_columns(run: mc.Run) -> None:
    liquidations = run.table("liquidations")
    assert len(liquidations) > 10
    start = np.datetime64(run.start.replace(tzinfo=None), "ns")
    since = liquidations["time_ns"].astype("timedelta64[ns]")
    assert (liquidations["time"] == start + since).all()
    assert set(liquidations["side"]) <= {"long", "short"}
    assert ((liquidations["side"] == "long") == liquidations["was_long"]).all()
    assert liquidations.units["notional_usd"] == "USD"
    assert liquidations.meanings["published"] == "1 = the venue's feed shows it"
    books = {i: (v, a) for i, v, a in zip(*(run.table("instruments")[c] for c in ("name", "venue", "asset")))}
    rows = zip(liquidations["instrument"], liquidations["venue"], liquidations["asset"])
    assert all(books[i] == (v, a) for i, v, a in rows)


def test_leverage_bands_are_those_of_the_map(run: mc.Run) -> None:
    table = run.table("map")
    words = np.array(["<=5", "5-10", "10-25", "25-50", ">50"], dtype=object)
    assert (words[table["band"]] == table["leverage_band"]).all()


def address(values: Any) -> int:
    return int(values.__array_interface__["data"][0])


def test_nothing_is_copied(run: mc.Run) -> None:
    table = run.table("series")
    arrow, frame = table.to_arrow(), table.to_polars()
    checked = 0
    for name, kind in table.types.items():
        if kind not in ("int64", "double", "timestamp[ns, UTC]"):
            continue
        here = address(table[name])
        assert arrow.column(name).chunk(0).buffers()[1].address == here, name
        assert pa.chunked_array(frame[name]).chunk(0).buffers()[1].address == here, name
        checked += 1
    assert checked > 30
    assert address(run.table("series")["close"]) == address(table["close"])  # made once
    assert not table["close"].flags.writeable


def test_memory_outlives_the_run(tiny: Path) -> None:
    run = mc.run(tiny)
    table = run.table("series")
    view, arrow, frame = table["close"], table.to_arrow(), table.to_polars()
    wanted = view.copy()
    del run, table
    gc.collect()
    assert (view == wanted).all()
    assert (arrow["close"].to_numpy() == wanted).all()
    assert (frame["close"].to_numpy() == wanted).all()


@pytest.mark.parametrize("name", ["series", "liquidations", "map", "metrics", "observed", "inputs", "adl"])
def test_each_library_reads_each_kind_of_table(run: mc.Run, name: str) -> None:
    table = run.table(name)
    rows = len(table)
    arrow = pa.table(table)
    arrow.validate(full=True)
    assert arrow.num_rows == rows and arrow.column_names == table.column_names
    assert pa.record_batch(table).num_rows == rows
    assert pa.RecordBatchReader.from_stream(table).read_all().num_rows == rows
    frame = table.to_polars()
    assert frame.shape == (rows, len(table.column_names))
    assert frame.equals(pl.DataFrame(arrow))
    pandas = table.to_pandas()
    assert pandas.shape == frame.shape
    these = table
    assert duckdb.sql("SELECT count(*) FROM these").fetchall() == [(rows,)]
    numpy = table.to_numpy()
    for column in table.column_names:
        known = [value for value in arrow[column].to_pylist() if value is not None]
        seen = [value for value in numpy[column].tolist() if value is not None and value == value]
        assert len(known) == len(seen), column


def test_units_and_meanings_are_field_metadata(run: mc.Run) -> None:
    field = run.table("liquidations").to_arrow().schema.field("fee_usd")
    assert field.metadata == {b"unit": b"USD", b"meaning": b"liquidation fee"}
    assert str(run.table("series").to_arrow().schema.field("time").type) == "timestamp[ns, tz=UTC]"


def test_unknown_is_null(run: mc.Run) -> None:
    metrics = run.table("metrics")
    frame = metrics.to_polars()
    known = {name: figure.value for name, figure in run.summary.items()}
    for name, value in zip(frame["name"], frame["value"]):
        assert value == known[name]
    assert frame["value"].null_count() == sum(v is None for v in known.values()) > 0


def test_sums_agree_between_libraries(run: mc.Run) -> None:
    liquidations = run.table("liquidations")
    by_side = (
        liquidations.to_polars().group_by("side").agg(pl.col("notional_usd").sum()).sort("side").rows()
    )
    of_duck = duckdb.sql(
        "SELECT side, sum(notional_usd) FROM liquidations GROUP BY side ORDER BY side"
    ).fetchall()
    of_pandas = liquidations.to_pandas().groupby("side", observed=True)["notional_usd"].sum().to_dict()
    of_sql = run.query(
        "SELECT CASE was_long WHEN 1 THEN 'long' ELSE 'short' END AS side, sum(notional_usd_micro) AS usd "
        "FROM liquidations GROUP BY 1 ORDER BY 1"
    )
    for (side, usd), (duck_side, duck_usd), micro in zip(by_side, of_duck, of_sql["usd"]):
        assert side == duck_side
        assert usd == pytest.approx(duck_usd, rel=1e-12) == pytest.approx(of_pandas[side], rel=1e-12)
        assert usd == pytest.approx(micro / 1e6, rel=1e-9)


def test_capsules(run: mc.Run) -> None:
    table = run.table("fund")
    assert '"arrow_schema"' in repr(table.__arrow_c_schema__())
    schema, array = table.__arrow_c_array__()
    assert '"arrow_schema"' in repr(schema) and '"arrow_array"' in repr(array)
    assert '"arrow_array_stream"' in repr(table.__arrow_c_stream__(None))
    for _ in range(100):  # capsules that nobody takes
        table.__arrow_c_array__()
        table.__arrow_c_stream__()


def test_wrong_names(run: mc.Run) -> None:
    with pytest.raises(KeyError, match="did you mean 'liquidations'"):
        run.table("liquidation")
    with pytest.raises(KeyError, match="notional_usd"):
        run.table("liquidations")["notional"]


def test_repr(run: mc.Run) -> None:
    table = run.table("liquidations")
    assert "notional_usd" in repr(table) and "[USD]" in repr(table)
    html = table._repr_html_()
    assert html.startswith("<table>") and "notional_usd" in html
    assert run.table("adl")._repr_html_()  # no rows
