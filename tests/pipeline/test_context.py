"""What a file's rows are held against before they are decoded."""

import factory as small
import pytest

BY_ROWS = small.LAYOUT.format(name="counted", letter="M", counter="counter = { column = 2 }")
BY_ROWS = BY_ROWS.replace(r"(?P<machine>M\d\d)_", "press_").replace(', check = ["name:machine", "header:machine"]', "")
INSTALLED = "machine,line,layout,installed_on\nM01,L1,counted,{}\nM02,L1,counted,{}\nN01,L1,uncounted,\n"


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [("2026-03-03", "", {"clock"}), ("2026-03-02", "2026-03-03", set()), ("", "2026-03-03", set())],
)
def test_a_machine_that_its_rows_tell_makes_nothing_before_it_is_installed(tmp_path, first, second, refused):
    """It, whatever other machines the layout reads."""
    factory = small.make(tmp_path, counted=BY_ROWS, machines=INSTALLED.format(first, second))
    rows = small.text("M01", small.steady(0))
    small.deliver(factory, small.name("M01", 0).replace("M01", "press"), rows)
    small.run(factory)
    assert {row["reason"] for row in small.content(factory, "silver.quarantine")} == refused
    assert len(small.content(factory, "silver.items")) == (0 if refused else 12)
