"""What templates write with: foreign text harmless, what is typed set apart."""

from decimal import Decimal

import pytest

from aponta.show.http.filters import language_filters, mark_commands, show_invisible


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("M01;1;ação 20 cm", "M01;1;ação 20 cm"),
        ("a\0b\tc\x1b[31m", "a‹00›b‹09›c‹1B›[31m"),
        ("\u202egnp\u2069", "‹202E›gnp‹2069›"),
        ("\u00a0\u200b\ufeff", "‹A0›‹200B›‹FEFF›"),
        ("مصنع", "مصنع"),
    ],
)
def test_marks_without_a_shape_are_shown(written, shown):
    assert show_invisible(written) == shown


def test_what_is_typed_is_set_apart_and_the_rest_stays_text():
    assert mark_commands("Mend `a & b` <i>, then: aponta stock retry T:1") == (
        'Mend <code class="typed">a &amp; b</code> &lt;i&gt;, then: <code class="typed">aponta stock retry T:1</code>'
    )
    assert mark_commands("Nothing to do.") == "Nothing to do."


def test_an_amount_has_as_many_digits_as_it_has():
    for language, told in (("en", ["12,345.5", "40,000", "-3"]), ("pt-BR", ["12.345,5", "40.000", "-3"])):
        amount = language_filters(language, None)["amount"]
        assert [amount(Decimal(one)) for one in ("12345.500000", "4E+4", "-3.000000")] == told
