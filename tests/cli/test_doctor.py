"""What the doctor says is for people: what is wrong, and what to do, in words."""

import pytest
import typer

from aponta.cli.doctor import doctor
from aponta.config.template import create_factory
from aponta.errors import ConfigError
from aponta.words import LANGUAGES, Words


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_is_reported_in_words(tmp_path, capsys, language):
    folder = tmp_path / "shop"
    create_factory(folder)
    config = folder / "aponta.toml"
    text = config.read_text(encoding="utf-8").replace('"data/stock.db"', '"nowhere://x"')
    config.write_text(text.replace('"pt-BR"', f'"{language}"'), encoding="utf-8")
    with pytest.raises(typer.Exit):
        doctor(folder)
    stdout = capsys.readouterr().out
    for words in Words(language).error(ConfigError("ship.no_driver", destination="main", driver="nowhere")):
        assert words in stdout
