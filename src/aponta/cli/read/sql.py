"""aponta sql: one SELECT over the lake's tables, bounded in time, memory and rows."""

import csv
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from aponta.cli.terminal import output
from aponta.cli.terminal.options import AsJson, Folder, load_factory

Format = Literal["table", "csv", "json", "parquet"]


def add_to(app: typer.Typer) -> None:
    app.command()(sql)


def sql(
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="One SELECT over silver.*, gold.* and kpi.*")],
    folder: Folder = ".",  # type: ignore[assignment]
    format: Annotated[Format, typer.Option(help="How the answer is written.")] = "table",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the answer here (parquet needs it).")
    ] = None,
    seconds: Annotated[float, typer.Option(help="The longest it may take.", min=0.1, max=3600)] = 30,
    as_json: AsJson = False,
) -> None:
    """Ask the lake's tables with one SELECT.

    Tables: silver.files quarantine items hours runs stops; gold.production restatements stock_declarations
    completeness; kpi.oee and its profiles oee_iso22400, oee_nakajima, oee_hard. Times are UTC. The SQL is DuckDB's;
    nothing can be changed with it, and time, memory and rows are bounded.

    \b
    aponta sql "select machine, sum(pieces) from gold.production group by all"
    aponta sql "select * from silver.items" --format parquet --out items.parquet
    """
    factory = load_factory(folder, as_json)
    from aponta.errors import ConfigError
    from aponta.lake.sql.query import run_sql, to_parquet
    from aponta.usecases.read.published import readable, to_json

    if as_json and format not in ("table", "json"):
        raise ConfigError("cli.two_formats", format=format)
    spill = factory.data / "staging" / "spill"
    if format == "parquet":
        if out is None:
            raise ConfigError("cli.needs_out", format=format)
        sources, tables = readable(factory, statement)
        count = to_parquet(statement, sources, out, tables=tables, seconds=seconds, temp=spill)
        output.message("cli.written", rows=count, path=out)
        return
    sources, tables = readable(factory, statement)
    answer = run_sql(
        statement,
        sources,
        tables=tables,
        seconds=seconds,
        temp=spill,
        rows=1_000_000 if as_json or format != "table" else 1_000,
    )
    names = [name for name, _ in answer.columns]
    rows = [[to_json(value) for value in row] for row in answer.rows]
    try:
        target = sys.stdout if out is None else out.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError("cli.cannot_write", path=out, reason=error.strerror) from error
    try:
        if as_json or format == "json":
            import json

            target.write(
                json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, indent=1) + "\n"
            )
        elif format == "csv":
            writer = csv.writer(target)
            writer.writerow(names)
            writer.writerows(rows)
        elif out is None:
            output.print_table(names, rows)
        else:
            target.writelines(f"{line}\n" for line in output.table_lines(names, rows, output.words()))
    finally:
        if out is not None:
            target.close()
    if answer.cut:
        output.message("cli.cut", rows=len(rows))
