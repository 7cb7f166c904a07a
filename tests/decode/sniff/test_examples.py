"""The example layouts and their files: what a file shows of its layout is found, what only people know is not."""

import tomllib

from aponta.contract.layout import Layout
from aponta.decode.sniff import propose_layout, read_sample, sample_of_bytes
from aponta.lab.form import LAYOUTS


def example(folder, name, zone="America/Sao_Paulo"):
    """(what is sniffed, the layout as people wrote it)"""
    toml = (LAYOUTS / folder / f"{folder}_v1.toml").read_text(encoding="utf-8")
    return propose_layout([read_sample(LAYOUTS / folder / name)], f"{folder}_v1", zone), Layout.model_validate(
        tomllib.loads(toml)
    )


def differing(found, layout, table):
    """Fields of the two that are not the same, ranges left out."""
    mine, theirs = (
        {name: one.model_dump(exclude={"range"}) for name, one in getattr(each, table).items()}
        for each in (found.layout, layout)
    )
    return {name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}


def test_a_logger_of_pairs():
    found, layout = example("logger", "ROB3-2026010507.log")
    assert found.problem is None and (found.proof.records, found.proof.quarantined) == (7, 0)
    assert found.layout.text == layout.text.model_copy(update={"rewrite": "no"})  # one file shows no growth
    assert (found.layout.lines, found.layout.hour) == (layout.lines, layout.hour)
    assert differing(found, layout, "fields") == set()
    assert found.layout.sensors["amp"].key == layout.sensors["current_a"].key


def test_a_paperless_recorder_of_utf_16():
    found, layout = example("yokogawa", "FOR1_260105_07.txt")
    assert found.problem is None and (found.proof.records, found.proof.quarantined) == (5, 0)
    assert (found.layout.text, found.layout.hour) == (layout.text, layout.hour)
    assert (found.layout.lines.skip, found.layout.lines.header) == (5, "^Date\t")
    assert differing(found, layout, "fields") == {"product", "quality"}  # the layout's own words
    assert [one.column for one in found.layout.sensors.values()] == [one.column for one in layout.sensors.values()]
    assert list(found.layout.sensors) == ["temp1_c", "press1_bar"]


def test_an_injection_moulder_whose_rows_are_all_wrapped():
    found, layout = example("euromap63", "INJ1/20260105/REPORT0001.DAT")
    assert found.problem is None and (found.proof.records, found.proof.quarantined) == (5, 0)
    assert found.layout.text == layout.text.model_copy(update={"encoding": "cp1252"})  # no more than ASCII is seen
    assert (found.layout.lines.header, found.layout.lines.continuation) == ("^DATE,", "^ ")
    assert found.layout.match("REPORT0002.DAT", "reports/INJ2/20260106")["path:machine"] == "INJ2"
    assert differing(found, layout, "fields") == {"quality"}  # that 0 is good is known of EUROMAP 63 only
    taken = {one.column for one in found.layout.sensors.values()}
    assert taken >= {one.column for one in layout.sensors.values()}


def test_a_terminal_of_fixed_width():
    """Its own file is of 5 January in both orders, and is rightly refused; one of the 15th tells."""
    found, layout = example("terminal", "MAQ07.0705")
    assert found.problem.code == "decode.date_order"
    data = (LAYOUTS / "terminal" / "MAQ07.0705").read_bytes().replace(b"05012026", b"15012026")
    found = propose_layout([sample_of_bytes("MAQ07.0715", data)], "terminal_v1")
    assert found.problem is None and (found.proof.records, found.proof.quarantined) == (
        6,
        1,
    )  # the trailer is not found
    for name in ("counter", "produced_at", "product", "quality"):
        assert found.layout.fields[name] == layout.fields[name]
    assert found.layout.lines.comment == "^[15]"


def test_a_line_whose_counters_are_read_each_minute():
    found, layout = example("totals", "ESM1_20260105_07.txt")
    assert found.problem is None and (found.proof.records, found.proof.quarantined) == (15, 0)
    assert found.layout.totals == ("good_total", "scrap_total")
    assert (found.layout.hour, found.layout.fields["produced_at"]) == (layout.hour, layout.fields["produced_at"])
    assert differing(found, layout, "fields") == {
        "product",
        "good_total",
        "scrap_total",
    }  # by name; it never rolled over
    assert [found.layout.fields[name].column for name in found.layout.totals] == ["BOAS", "REFUGO"]


def test_how_many_good_there_were_in_each_minute_are_no_total():
    data = b"DATA;HORA;PRODUTO;BOAS;REFUGO\r\n" + b"".join(
        b"15/01/2026;07:%02d:00;P-%d;%d;%d\r\n" % (n, n % 2, 15 + n * 7 % 10, n % 3) for n in range(30)
    )
    found = propose_layout([sample_of_bytes("M01_20260115_07.txt", data)], "minutes_v1", "America/Sao_Paulo")
    assert found.layout.totals == ()
