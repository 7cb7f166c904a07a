from hypothesis import given
from hypothesis import strategies as st

from aponta.collect.names import printable

ANY = st.text(st.characters(codec=None), max_size=50)  # lone surrogates too: bytes of a name that are no text


def test_ordinary_names_stay_as_they_are() -> None:
    assert printable("Máquina 01 (cópia) #2.txt") == "Máquina 01 (cópia) #2.txt"


def test_unprintable_characters_become_escapes() -> None:
    assert printable("a\nb\udce3'\"\\.txt") == "a\\nb\\udce3'\"\\\\.txt"


@given(name=ANY, limit=st.integers(70, 120))
def test_every_name_can_be_kept(name: str, limit: int) -> None:
    text = printable(name, limit)
    assert text.isprintable()
    assert len(text) <= limit
    text.encode("utf-8")


@given(one=ANY, other=ANY)
def test_two_names_never_become_one(one: str, other: str) -> None:
    assert (printable(one) == printable(other)) == (one == other)


def test_long_names_differ_by_their_ends() -> None:
    assert printable("n" * 400) == "n" * 400
    assert printable("n" * 1100 + "1") != printable("n" * 1100 + "2")
