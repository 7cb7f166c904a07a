"""Rows of one length: where one value ends and the next begins."""

from collections.abc import Sequence

from aponta.decode.sniff.values import times

Span = tuple[int, int]  # first and last character, from 1
WIDTHS = range(29, 11, -1)  # of a date with its time
SOME_ROWS = 200
MOST = 0.9
BLANK = frozenset(("blank",))
LONGEST = 400  # characters of a row that are studied


def value_spans(rows: Sequence[str], others: Sequence[str]) -> list[Span]:
    """Spans of the values in rows of one length. others: rows that are no records, and may begin with another digit."""
    some = [row[:LONGEST] for row in rows[:SOME_ROWS]]
    length = len(some[0])
    cuts = {0, length}
    stamp = _stamp(some)
    cuts |= set(stamp or ())
    kinds = [_kinds({row[place] for row in some}) for place in range(length)]
    for place in range(1, length):
        within = stamp is not None and stamp[0] < place < stamp[1]
        if not within and not _of_one_text(kinds, place) and _parts(kinds[place - 1], kinds[place]):
            cuts.add(place)
    first = {row[0] for row in some}
    if len(first) == 1 and any(row and row[0].isdigit() and row[0] not in first for row in others):
        cuts.add(1)  # the kind of row
    edges = sorted(cuts)
    spans = _joined(list(zip(edges, edges[1:], strict=False)), some)
    return [(first + 1, last) for span in spans for first, last in _without_code(span, some)]


def _stamp(rows: Sequence[str]) -> Span | None:
    """The longest stretch that is a date with its time in nearly all rows."""
    for width in WIDTHS:
        for start in range(len(rows[0]) - width + 1):
            readings = [times.read_time(row[start : start + width]) for row in rows[:5]]
            if all(any(reading.timed for reading in orders.values()) for orders in readings):
                count = sum(bool(times.read_time(row[start : start + width])) for row in rows)
                if count >= MOST * len(rows):
                    return start, start + width
    return None


def _kinds(characters: set[str]) -> frozenset[str]:
    return frozenset(
        "blank" if char == " " else "number" if char.isdigit() else "sign" if char in ".,+-" else "letter"
        for char in characters
    )


def _of_one_text(kinds: Sequence[frozenset[str]], place: int) -> bool:
    """Beside a single blank behind a letter, as in the name `Part 1`."""
    for blank in (place - 1, place):
        if 0 < blank < len(kinds) - 1 and kinds[blank] == BLANK and "blank" not in kinds[blank - 1] | kinds[blank + 1]:
            return "letter" in kinds[blank - 1]
    return False


def _parts(before: frozenset[str], after: frozenset[str]) -> bool:
    """A blank that is always there ends or begins a value; a letter ends a number (but a code may begin with one)."""
    if (before == BLANK) != (after == BLANK):
        return True
    return before == {"number"} and after == {"letter"}


def _without_code(span: Span, rows: Sequence[str]) -> list[Span]:
    """One of a few letters with only digits behind it is a code of its own, mostly of quality."""
    first, last = span
    letters = {row[first] for row in rows}
    digits = last - first > 1 and all(row[first + 1 : last].isdecimal() for row in rows)
    return (
        [(first, first + 1), (first + 1, last)]
        if digits and 1 < len(letters) < 5 and all(map(str.isalpha, letters))
        else [span]
    )


def _joined(spans: list[Span], rows: Sequence[str]) -> list[Span]:
    """Blanks belong to the number they stand before, or to the text they stand behind."""
    joined: list[Span] = []
    pending: int | None = None
    for number, (first, last) in enumerate(spans):
        texts = [row[first:last] for row in rows]
        if not any(text.strip() for text in texts):
            following = spans[number + 1] if number + 1 < len(spans) else None
            if following and all(row[slice(*following)].strip(" .,+-0123456789") == "" for row in rows):
                pending = first
            elif joined:
                joined[-1] = (joined[-1][0], last)
            continue
        joined.append((first if pending is None else pending, last))
        pending = None
    return joined
