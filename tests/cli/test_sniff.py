"""aponta sniff as a person types it: with and without a factory folder, what is printed, written and refused."""

import json
import tomllib

import command_line
import pytest
from command_line import spoken
from source import REPO

from aponta.config import load
from aponta.config.template import create_factory

SAMPLE = next((REPO / "examples" / "small-factory" / "landing").iterdir())
ROWS = "".join(f"{n};05/01/2026 07:00:0{n};P-1;OK\n" for n in range(1, 8))


def aponta(*arguments, cwd, language="en_US.UTF-8"):
    return command_line.aponta(*arguments, cwd=cwd, environment=spoken(language))


@pytest.fixture
def shop(tmp_path):
    create_factory(tmp_path / "shop")
    return tmp_path / "shop"


def test_without_a_factory_folder_in_the_terminals_language(tmp_path):
    done = aponta("sniff", SAMPLE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "text.delimiter" in done.stdout and "sure: cut at ;" in done.stdout
    assert "quarantines 1 row" in done.stderr and "24O00,0" in done.stderr
    portuguese = aponta("sniff", SAMPLE, cwd=tmp_path, language="pt_BR.UTF-8")
    assert "certo: cortadas em ;" in portuguese.stdout
    assert not list(tmp_path.iterdir())


def test_the_layout_that_is_written_is_one_of_the_factory(shop, tmp_path):
    done = aponta("sniff", SAMPLE, "--name", "press_v2", "--write", "-C", shop, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    layout = load(shop).layouts["press_v2"]
    assert layout.match(SAMPLE.name, "")
    assert layout.fields["cycle_s"].scale == 0.01
    assert "# " in (shop / "layouts" / "press_v2.toml").read_text(encoding="utf-8")
    again = aponta("sniff", SAMPLE, "--name", "press_v2", "--write", "-C", shop, cwd=tmp_path)
    assert again.returncode == 2 and "press_v2" in again.stderr


def test_a_row_for_machines_csv(shop, tmp_path):
    (tmp_path / "M44_20260105_07.txt").write_text(ROWS)
    answer = json.loads(aponta("sniff", tmp_path / "M44_20260105_07.txt", "--json", "-C", shop, cwd=tmp_path).stdout)
    assert answer["machines_csv"] == ["M44,M44,L1,,,m_v1,,finished,,,"]
    with (shop / "machines.csv").open("a", encoding="utf-8") as file:
        file.write(answer["machines_csv"][0] + "\n")
    (shop / "layouts" / "m_v1.toml").write_text(answer["toml"], encoding="utf-8")
    assert load(shop).machines["M44"].layout == "m_v1"
    assert json.loads(aponta("sniff", SAMPLE, "--json", "-C", shop, cwd=tmp_path).stdout)["machines_csv"] == []


def test_the_machines_row_may_be_there_before_its_layout(shop, tmp_path):
    (tmp_path / "INJ-7_20260105_07.txt").write_text(ROWS)
    with (shop / "machines.csv").open("a", encoding="utf-8") as file:
        file.write("INJ-7,Injetora,L1,,,inj7,,finished,,,\n")
    refused = aponta("doctor", "-C", shop, cwd=tmp_path)
    assert "aponta sniff FILE --name inj7 --write" in refused.stdout + refused.stderr
    done = aponta("sniff", "INJ-7_20260105_07.txt", "--name", "inj7", "--write", "-C", shop, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = load(shop)
    assert made.layouts[made.machines["INJ-7"].layout].match("INJ-10_20260105_07.txt", "")
    assert "machines.csv" not in done.stderr, "its row is there"


def test_to_a_file_and_as_json(tmp_path):
    answer = json.loads(aponta("sniff", SAMPLE, "--name", "press", "-o", "press.toml", "--json", cwd=tmp_path).stdout)
    assert tomllib.loads((tmp_path / "press.toml").read_text(encoding="utf-8")) == tomllib.loads(answer["toml"])
    assert (answer["records"], answer["quarantined"], answer["layout"]) == (11, 1, "press")
    guess = next(one for one in answer["guesses"] if one["key"] == "fields.produced_at")
    assert guess["confidence"] == "high" and "2026-01-05 07h" in guess["evidence"][0]


def test_what_is_not_sure_is_refused_with_what_would_decide_it(tmp_path):
    (tmp_path / "M01.txt").write_text(ROWS)
    done = aponta("sniff", "M01.txt", "-o", "m.toml", cwd=tmp_path)
    assert done.returncode == 1
    assert "dd/mm/yyyy, mm/dd/yyyy" in done.stderr and "after the 12th" in done.stderr
    assert "--dates dd/mm" in done.stderr
    assert "text.delimiter" in done.stdout and not (tmp_path / "m.toml").exists()
    done = aponta("sniff", "M01.txt", "--json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["error"]) == (1, "decode.date_order")


def test_the_order_of_dates_is_given(tmp_path):
    (tmp_path / "M01.txt").write_text(ROWS)
    done = aponta("sniff", "M01.txt", "--dates", "mm/dd", "-o", "m.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = tomllib.loads((tmp_path / "m.toml").read_text(encoding="utf-8"))
    assert written["fields"]["produced_at"]["format"] == "%m/%d/%Y %H:%M:%S"
    wrong = aponta("sniff", "M01.txt", "--dates", "day first", cwd=tmp_path)
    assert wrong.returncode == 2 and "dd/mm" in wrong.stderr


def test_samples_that_contradict_each_other(tmp_path):
    (tmp_path / "a.txt").write_text(ROWS)
    (tmp_path / "b.txt").write_text(ROWS.replace(";", "|"))
    done = aponta("sniff", "a.txt", "b.txt", cwd=tmp_path)
    assert done.returncode == 1
    assert "a.txt" in done.stderr and "b.txt" in done.stderr and "delimiter" in done.stderr


def test_a_file_that_is_not_there(tmp_path):
    done = aponta("sniff", "none.txt", cwd=tmp_path)
    assert done.returncode == 2 and "none.txt" in done.stderr


def test_a_huge_file_is_read_in_part_with_a_message(tmp_path):
    with (tmp_path / "M01_20260105_07.txt").open("w") as file:
        for n in range(200_000):
            file.write(f"{n};2026-01-05 07:{n // 60 % 60:02}:{n % 60:02};P-1;OK;{n % 90},5\n")
    done = aponta("sniff", "M01_20260105_07.txt", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5" in done.stderr and "are read" in done.stderr
    assert json.loads(done.stdout)["quarantined"] == 0
