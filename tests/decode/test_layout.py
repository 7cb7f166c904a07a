"""A layout says what it cannot mean before it reads a file."""

import pytest
from pydantic import ValidationError

ALONE = {"counter": None, "quality": None}  # no field of rows that tell of one item


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
        ({"text": {"encoding": "utf-32"}}, "encoding"),
        ({"text": {"quote": ";"}}, "quote_is_mark"),
        ({"text": {"quote": "''"}}, "at most 1"),
        ({"text": {"form": "fixed"}}, "place_of_form, fields, machine, place=column"),
        ({"text": {"form": "long"}}, "missing, long"),
        ({"fields": {"counter": {"at": [1, 2]}}}, "place_of_form, fields, counter, place=at"),
        ({"fields": {"counter": {"at": [3, 2]}}}, "backwards"),
        ({"fields": {"counter": {"at": [0, 2]}}}, "from_one"),
        ({"sensors": {"heat_c": {"key": "T"}}}, "place_of_form, sensors, heat_c, place=key"),
        ({"sensors": {"heat_c": {"range": [0, 1]}}}, "one_place"),
        ({"long": {"record_when": "N", "tag": 1, "value": 2}}, "long_of_form, long"),
        ({"lines": {"continuation": "^ *"}}, "matches_nothing"),
        ({"lines": {"checksum": "sha256"}}, "no_group, checksum"),
        ({"lines": {"trailer": r"^# (?P<checksum>\w+)"}}, "missing, checksum"),
        ({"lines": {"trailer": r"^# (?P<sum_product>\w+)"}}, "no_sum, lines, trailer"),
        ({"fields": {"produced_at": {"column": 3, "format": "epoch_h"}}}, "time_token"),
        ({"fields": {"produced_at": {"column": 3, "format": "%z"}}}, "time_token"),
        ({"fields": {"produced_at": {"column": 3, "format": "%z %H:%M"}}}, "time_token"),
        ({"fields": {"produced_at": {"column": 3, "format": "hour_s"}}, "hour": None}, "missing, hour"),
        ({"fields": {"good_total": {"column": 2}}}, "total_and_item, fields, counter, total=good_total"),
        (
            {"fields": {**ALONE, "good_total": {"column": 2}, "quality": {"column": 5}}},
            "total_and_item, fields, quality, total=good_total",
        ),
        (
            {"fields": {**ALONE, "scrap_total": {"column": 2}, "pieces": {"column": 5}}},
            "total_and_item, fields, pieces, total=scrap_total",
        ),
        (
            {
                "fields": {
                    **ALONE,
                    "good_total": {"column": 2},
                    "produced_at": {"column": 3, "format": "%H:%M", "rebuild": "cycle"},
                }
            },
            "total_and_rebuild, fields, produced_at",
        ),
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
        layout(files=r"^(?!old)(?P<machine>M\d\d)_(?P<hour>\d{8}_\d{2})\.txt").match("old_M01_20260105_07.txt", "")
        is None
    )
