"""Prints tables and sentences for people, or one JSON document for programs. Progress and messages go to stderr."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aponta.errors import ApontaError
from aponta.words import Language, Words

ESCAPED_LINE_ENDS = str.maketrans({"\n": r"\n", "\r": r"\r", "\t": r"\t"})


def _environment_language() -> Language:
    """The language of the terminal, until a factory's configuration is read."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "pt-BR" if locale.lower().startswith("pt") else "en"


@dataclass
class _Settings:
    """Settings of the command that runs: set when it has read its options."""

    language: Language
    as_json: bool = False


settings = _Settings(_environment_language())


def reset() -> None:
    """Forgets the settings of an earlier command."""
    settings.language, settings.as_json = _environment_language(), False


def words() -> Words:
    return Words(settings.language)


def message(key: str, **facts: object) -> None:
    """Prints a sentence on stderr: stdout is for results."""
    print(words().say(key, **facts), file=sys.stderr)  # noqa: T201


def cause_names(names: Iterable[str]) -> str:
    """Names of changed inputs, in words."""
    return ", ".join(words().say(f"cli.cause.{name}") for name in names)


def print_result(text: str) -> None:
    print(text)  # noqa: T201


def print_json(value: Any) -> None:
    print_result(json.dumps(value, ensure_ascii=False, indent=1))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Prints `table_lines`; on a terminal that is too narrow for them, row by row."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in table_lines(columns, rows, words(), width):
        print_result(line)


def print_rows(rows: Sequence[dict[str, Any]], empty: str) -> None:
    """Prints rows of the same keys as a table, or as JSON; where a table would be empty, the message of that key."""
    if settings.as_json:
        print_json(rows)
    elif rows:
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        message(empty)


def table_lines(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], wording: Words, width: int | None = None
) -> list[str]:
    """Aligned columns, one line for each row; numbers to the right, None as `-`. A table wider than `width` has one
    line for each value instead. Columns without any name have no head.
    """
    cells = [[_cell(value, wording) for value in row] for row in rows]
    headed = any(columns)
    printed = [list(columns), *cells] if headed else cells
    widths = [max(map(len, column)) for column in zip(*printed, strict=True)]
    if headed and width is not None and sum(widths) + 2 * (len(widths) - 1) > width:
        name = max(map(len, columns))
        return [
            line
            for number, row in enumerate(cells, start=1)
            for line in (
                f"-[ {number} ]".ljust(width, "-"),
                *(f"{column:<{name}}  {cell}" for column, cell in zip(columns, row, strict=True)),
            )
        ]
    right = [headed and any(isinstance(value, int | float) for value in column) for column in zip(*rows, strict=True)]
    marks = [">" if at < len(right) and right[at] else "<" for at in range(len(widths))]
    return [
        "  ".join(f"{cell:{mark}{wide}}" for cell, mark, wide in zip(row, marks, widths, strict=True)).rstrip()
        for row in printed
    ]


def _cell(value: Any, wording: Words) -> str:
    """A number with all its digits, up to six decimals; line ends of a text are escaped."""
    if value is None:
        return "-"
    if isinstance(value, float):
        text = f"{value:,.6f}".rstrip("0").rstrip(".")
        return wording.marks(text)
    return wording.show(value).translate(ESCAPED_LINE_ENDS)


def print_error(error: ApontaError | None) -> int:
    """Prints what happened and what to do; returns the exit code. None: a person stopped the command."""
    if error is None:
        message("cli.stopped")
        return 3
    what, do = words().error(error)
    if settings.as_json:
        print_json({"error": error.code, "what": what, "do": do})
    print(f"{what}\n{words().say('cli.do')} {do}", file=sys.stderr)  # noqa: T201
    return error.exit_code


@contextmanager
def progress() -> Iterator[Any]:
    """Yields advance(step, done, total): a bar for each step on stderr; where that is no terminal, a line per tenth."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as bars:
            tasks: dict[str, Any] = {}

            def advance(step: str, done: int, total: int) -> None:
                if step not in tasks:
                    tasks[step] = bars.add_task(words().say(f"cli.step.{step}"), total=total)
                bars.update(tasks[step], completed=done, total=total)

            yield advance
        return
    tenth: dict[str, int] = {}

    def print_tenth(step: str, done: int, total: int) -> None:
        now = done * 10 // max(total, 1)
        if total >= 100 and now > tenth.get(step, 0):
            tenth[step] = now
            message("cli.progress", step=words().say(f"cli.step.{step}"), done=done, total=total)

    yield print_tenth
