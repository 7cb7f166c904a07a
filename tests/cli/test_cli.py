"""What a person types, and what comes back: exit codes, one JSON document on stdout, the words of the factory."""

import json

import command_line
import pytest
from command_line import spoken

GOOD = (
    "# maquina=M01 produto=PNL-20-AL inicio=05/01/2026 07:00:00\r\n"
    "M01;1;05/01/2026 07:00:02.703;PNL-20-AL;A;270,3;68,97;2,923\r\n"
    "M01;2;05/01/2026 07:00:05.403;PNL-20-AL;R;270,0;69,02;2,911\r\n"
    "# fim registros=2\r\n"
)
NAME = "M01_20260105_07.txt"


def aponta(*arguments, cwd=None, language="en_US.UTF-8"):
    return command_line.aponta(*arguments, cwd=cwd, environment=spoken(language))


def answer_of(*arguments, cwd=None, code=0):
    """The one JSON document on stdout."""
    done = aponta(*arguments, "--json", cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    assert aponta("init", folder).returncode == 0
    config = folder / "aponta.toml"
    text = config.read_text(encoding="utf-8").replace("stable_seconds = 5", "stable_seconds = 0")
    config.write_text(text.replace('language = "pt-BR"', 'language = "en"'), encoding="utf-8")
    return folder


@pytest.fixture
def ran(shop):
    (shop / "landing" / NAME).write_bytes(GOOD.encode("cp1252"))
    answer_of("run", cwd=shop)
    return shop


def test_a_file_becomes_stock_and_can_be_explained(shop):
    (shop / "landing" / NAME).write_bytes(GOOD.encode("cp1252"))
    first = answer_of("run", cwd=shop)
    assert first["files"] == {"seen": 1, "new": 1, "duplicate": 0, "version": 0, "quarantined": 0, "retried": 0}
    assert first["rows"] == {"total": 4, "records": 2, "states": 0, "quarantined": 0, "skipped": 2}
    assert first["items"] == {"new": 2, "known": 0, "changed": 0, "repeated": 0, "withdrawn": 0}
    assert first["stock"] == {"prepared": 2, "acknowledged": 2, "rejected": 0, "unknown": 0}
    again = answer_of("run", cwd=shop)
    assert (again["files"]["seen"], again["items"]["new"], again["stock"]["prepared"]) == (0, 0, 0)

    [main] = answer_of("stock", "status", cwd=shop)
    assert main["acknowledged"] == 2
    assert main["on_hand"] == [
        {"product": "PNL-20-AL", "location": "SP1/finished", "quantity": "1"},
        {"product": "PNL-20-AL", "location": "SP1/scrap", "quantity": "1"},
    ]
    rows = answer_of("sql", "select machine, hour, quality, pieces from gold.production order by quality", cwd=shop)
    assert rows[0] == {"machine": "M01", "hour": "2026-01-05T10:00:00Z", "quality": "good", "pieces": 1}
    found = answer_of("explain", "gold.production", "machine=M01", "quality=good", cwd=shop)
    assert [file["name"] for file in found["files"]] == [NAME]
    assert found["rows"][0]["text"].startswith("M01;1;05/01/2026 07:00:02.703")
    key = answer_of("sql", "select key from gold.stock_declarations order by key", cwd=shop)[0]["key"]
    assert answer_of("explain", "gold.stock_declarations", key, cwd=shop)["facts"][0]["key"] == key


def test_the_next_command_is_printed_with_what_was_refused(shop):
    (shop / "landing" / NAME).write_bytes(GOOD.replace("270,3", "27x,3").encode("cp1252"))
    done = aponta("run", cwd=shop)
    assert done.returncode == 1
    assert "1 row was quarantined. See them" in done.stderr and "aponta files quarantine" in done.stderr
    assert "1 file: 1 new" in done.stderr
    [row] = answer_of("sql", "select reason, column_name, value, row_no from silver.quarantine", cwd=shop)
    assert row == {"reason": "number", "column_name": "cycle_s", "value": "27x,3", "row_no": 2}


def test_messages_are_in_the_factorys_language(shop):
    config = shop / "aponta.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('language = "en"', 'language = "pt-BR"'), "utf-8")
    assert "Nenhum arquivo novo" in aponta("run", cwd=shop).stderr


def test_before_there_is_a_factory_the_language_is_the_terminals(tmp_path):
    assert "não é uma pasta de fábrica" in aponta("run", cwd=tmp_path, language="pt_BR.UTF-8").stderr
    done = aponta("run", cwd=tmp_path)
    assert done.returncode == 2
    assert "aponta init" in done.stderr


def test_an_error_is_one_document_too(tmp_path):
    error = answer_of("status", "-C", tmp_path, code=2)
    assert error["error"] == "config.no_factory" and "aponta init" in error["do"]


@pytest.mark.parametrize(
    "arguments",
    [["run", "--from", "nowhere"], ["run", "--from", "ship", "--to", "collect"], ["sql", "drop table silver.items"],
     ["sql", "select * from silver.itens"], ["explain", "gold.production", "maquina=M01"], ["files", "show", "abc"],
     ["files", "--hour", "noon"], ["sql", "select 1", "--json", "--format", "csv"],
     ["sql", "select 1", "--format", "parquet"], ["stock", "resume", "--to", "nobody"]],
)  # fmt: skip
def test_wrong_use_is_answered_with_what_to_do(ran, arguments):
    done = aponta(*arguments, cwd=ran)
    assert done.returncode == 2, done.stderr
    assert "What to do:" in done.stderr and "Traceback" not in done.stderr


def test_init_overwrites_nothing(shop):
    assert aponta("init", shop).returncode == 2


def test_doctor_is_content_with_what_init_made_and_names_what_is_not(shop):
    assert {one["state"] for one in answer_of("doctor", cwd=shop)} == {"good"}
    (shop / "landing").rmdir()
    findings = answer_of("doctor", cwd=shop, code=1)
    assert [one["check"] for one in findings if one["state"] == "bad"] == ["landing"]


def test_every_answer_can_be_had_in_every_format(ran):
    assert aponta("sql", "select machine, pieces from gold.production", cwd=ran).stdout.split()[:2] == [
        "machine",
        "pieces",
    ]
    csv = aponta(
        "sql", "select machine, sum(pieces) as n from gold.production group by all", "--format", "csv", cwd=ran
    )
    assert csv.stdout.splitlines() == ["machine,n", "M01,2"]
    out = ran / "answer.parquet"
    done = aponta("sql", "select * from silver.items", "--format", "parquet", "--out", out, cwd=ran)
    assert done.returncode == 0 and out.read_bytes()[:4] == b"PAR1"


def test_posting_is_paused_and_goes_on(shop):
    assert answer_of("stock", "pause", "--why", "count", cwd=shop) == {"destinations": ["main"], "paused": True}
    (shop / "landing" / NAME).write_bytes(GOOD.encode("cp1252"))
    assert answer_of("run", cwd=shop)["stock"] == {"prepared": 2, "acknowledged": 0, "rejected": 0, "unknown": 0}
    assert answer_of("stock", "resume", cwd=shop)["paused"] is False
    assert answer_of("stock", "post", cwd=shop)["acknowledged"] == 2


def test_a_lying_file_is_accepted_by_a_person(shop):
    (shop / "landing" / NAME).write_bytes(GOOD.replace("registros=2", "registros=9").encode("cp1252"))
    assert answer_of("run", cwd=shop)["stock"]["prepared"] == 0
    [file] = answer_of("files", cwd=shop)
    assert answer_of("files", "show", file["hash"], cwd=shop)[0]["trailer"] == "wrong"
    assert answer_of("files", "accept", file["hash"], cwd=shop)["hours"] == ["M01 2026-01-05T10Z"]
    assert answer_of("run", cwd=shop)["stock"]["acknowledged"] == 2
    assert aponta("files", "accept", file["hash"], cwd=shop).returncode == 2


def test_no_start_no_declaration(shop):
    config = shop / "aponta.toml"
    lines = [line for line in config.read_text(encoding="utf-8").splitlines() if not line.startswith("start =")]
    config.write_text("\n".join(lines), encoding="utf-8")
    (shop / "landing" / NAME).write_bytes(GOOD.encode("cp1252"))
    done = aponta("run", cwd=shop)
    assert done.returncode == 1 and "set start" in done.stderr


def test_nobody_waits_less_than_nothing(ran):
    assert aponta("run", "--wait", "-1", cwd=ran).returncode == 2


def test_a_wide_answer_in_a_pipe_is_a_line_a_row(ran):
    done = aponta("sql", "select * from silver.items", cwd=ran)
    assert len(done.stdout.splitlines()) == 3 and max(map(len, done.stdout.splitlines())) > 200
    out = ran / "answer.txt"
    assert aponta("sql", "select * from silver.items", "--out", out, cwd=ran).stdout == ""
    assert out.read_text(encoding="utf-8") == done.stdout


def test_profile_shows_where_the_time_goes(ran):
    done = aponta("run", "--profile", "--json", cwd=ran)
    assert set(json.loads(done.stdout)["profile"]) >= {"collect", "ship"}
    assert " s  collect" in done.stderr


def test_a_small_demo_ends_with_no_difference(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMO_SERVE", "0")
    done = aponta("demo", "d", "--machines", "4", "--days", "1", "--items-per-hour", "60", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0 diferenças" in done.stdout
    assert {one["differences"] for one in answer_of("lab", "verify", "-C", tmp_path / "d")} == {0}


def test_help_teaches():
    shown = aponta("--help").stdout
    for command in ("init", "doctor", "run", "watch", "status", "sql", "files", "explain", "stock", "lab", "demo"):
        assert command in shown
    assert "3 could not do it" in shown.replace("\n", " ")


def test_an_answer_that_cannot_be_written_is_an_error(ran):
    done = aponta("sql", "select 1 as one", "--format", "csv", "--out", "nowhere/x.csv", cwd=ran)
    assert done.returncode == 2 and "cannot be written" in done.stderr


def test_a_wrong_folder_is_reported_in_its_own_language(shop):
    config = shop / "aponta.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('language = "en"', 'language = "pt-BR"'), "utf-8")
    (shop / "machines.csv").unlink()
    assert "Falta o arquivo machines.csv" in aponta("run", cwd=shop).stderr


def test_a_name_in_other_letters_is_the_same_machine(shop):
    (shop / "landing" / NAME.lower()).write_bytes(GOOD.encode("cp1252"))
    assert answer_of("run", cwd=shop)["items"]["new"] == 2


def test_rows_may_end_with_cr_alone(shop):
    (shop / "landing" / NAME).write_bytes(GOOD.replace("\r\n", "\r").encode("cp1252"))
    assert answer_of("run", cwd=shop)["items"]["new"] == 2


def test_hours_of_which_no_file_will_come_are_closed_and_reopened(ran):
    day = ("--machine", "M01", "--day", "2026-01-06")
    closed = answer_of("files", "close", *day, "--why", "switched off", cwd=ran)["closed"]
    assert len(closed) >= 9 and closed[0] == "2026-01-06T10Z"
    one = ("--machine", "M01", "--hour", closed[0][:-1], "--hour", closed[1])
    assert answer_of("files", "reopen", *one, cwd=ran) == {"machine": "M01", "reopened": closed[:2]}
    assert answer_of("files", "reopen", *day, cwd=ran)["reopened"] == closed[2:]
    for wrong, says in (
        (("reopen", *day), "no hour there that a person closed"),
        (("reopen", "--machine", "M01"), "--hour HOUR"),
        (("reopen", *day, "--hour", closed[0]), "--hour HOUR"),
        (("close", *day, "--why", " "), "why no file will come"),
        (("close", "--machine", "M99", "--day", "2026-01-06", "--why", "a"), "no machine M99"),
        (("close", "--machine", "M01", "--hour", "noon", "--why", "a"), "noon is no hour"),
    ):
        done = aponta("files", *wrong, cwd=ran)
        assert done.returncode == 2 and says in done.stderr, done.stderr
