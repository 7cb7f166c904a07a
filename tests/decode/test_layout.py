"""A layout says what it cannot mean before it reads a file."""

import pytest
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fields": {"machine": None}}, "missing, fields, machine"),
        ({"fields": {"produced_at": {"column": 3}}}, "missing, fields, produced_at, format"),
        ({"fields": {"produced_at": {"column": 3, "format": "%d/%m/%Y %I:%M"}}}, "%I"),
        ({"fields": {"colour": {"column": 3}}}, "colour"),
        ({"fields": {"counter": {"column": 0}}}, "from_one"),
        ({"fields": {"counter": {"column": 2, "value": "1"}}}, "one_place"),
        ({"fields": {"product": {"from": "header:order"}}}, "header:order"),
        ({"fields": {"product": {"from": "shift:order"}}}, "shift:order"),
        (
            {"fields": {"quality": {"column": 5, "map": {"A": "literal_error, fields, quality, map, A"}}}},
            "literal_error, fields, quality, map, A",
        ),
        ({"text": {"thousands": ","}}, "same_marks"),
        ({"text": {"delimiter": ""}}, "delimiter"),
        ({"text": {"encoding": "utf-16"}}, "encoding"),
        ({"files": "(M"}, "pattern, at=1"),
        ({"hour": {"from": "name:day"}}, "name:day"),
        ({"lines": {"comment": "^(?!M)"}}, "pattern_looks"),
        ({"lines": {"comment": r"^(.)\1"}}, "pattern_looks"),
        ({"sensors": {"Heat": {"column": 7}}}, "Heat"),
        ({"sensors": {"hour": {"column": 7}}}, "sensor_taken"),
        ({"sensors": {"row": {"column": 7}}}, "sensor_taken"),
        ({"sensors": {"raw_x": {"column": 7}}}, "sensor_taken"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_a_layout_cannot_mean(layout, change, said):
    with pytest.raises(ValidationError, match=said.replace("(", r"\(").replace("?", r"\?")):
        layout(**change)


def test_a_pattern_of_names_may_look_ahead(layout):
    assert (
        layout(files=r"^(?!old)(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2})\.txt").match_name("old_M01_20260105_07.txt")
        is None
    )
