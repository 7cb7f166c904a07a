"""Guesses that all samples share; samples that contradict each other are refused."""

from collections.abc import Callable, Sequence
from typing import Any

from aponta.decode.sniff.guess import SURENESS, Guess
from aponta.decode.sniff.sample import Sample
from aponta.decode.sniff.text.encoding import encoding_of
from aponta.decode.sniff.text.form import Shape, shape_of
from aponta.decode.sniff.text.rows import RowParts, SampleRows, part_rows, sample_rows
from aponta.errors import ContractError
from aponta.words import Phrase


def surest_of_all(guesses: Sequence[Guess], samples: Sequence[Sample]) -> Guess:
    """The surest guess. Raises ContractError `decode.samples_differ` where another one contradicts it, and neither has
    low confidence.
    """
    best = max(guesses, key=lambda guess: SURENESS.index(guess.confidence))
    for guess, sample in zip(guesses, samples, strict=True):
        if guess.value != best.value and "low" not in (guess.confidence, best.confidence):
            raise samples_differ(best.key, best.value, guess.value, samples[guesses.index(best)], sample)
    return best


def samples_differ(key: str, one: Any, other: Any, first: Sample, second: Sample) -> ContractError:
    """The error that two samples have different values for a key."""
    return ContractError(
        "decode.samples_differ", key=key, one=repr(one), other=repr(other), first=first.name, second=second.name
    )


def common_encoding(samples: Sequence[Sample]) -> Guess:
    """Raises ContractError `decode.samples_differ`."""
    return surest_of_all([encoding_of(sample.head + sample.tail) for sample in samples], samples)


def common_rows(samples: Sequence[Sample], encoding: str) -> list[SampleRows]:
    """Raises ContractError `decode.no_text`."""
    rows_of_samples = []
    for sample in samples:
        rows = sample_rows(sample, encoding)
        if not isinstance(rows, SampleRows):
            raise ContractError("decode.no_text", file=sample.name, reason=Phrase(f"decode.no_text.{rows}", {}))
        rows_of_samples.append(rows)
    return rows_of_samples


def common_shape(rows: Sequence[SampleRows]) -> Shape:
    """Raises ContractError `decode.samples_differ`, `decode.no_form`."""
    shapes: list[tuple[SampleRows, Shape]] = []
    for sample in rows:
        shape = shape_of(sample.texts)
        if shape is None:
            first_row = next((row[:80] for row in sample.texts if row.strip()), "")
            raise ContractError("decode.no_form", file=sample.sample.name, row=first_row)
        shapes.append((sample, shape))
    first, best = max(shapes, key=lambda pair: SURENESS.index(pair[1].confidence))
    compared: tuple[tuple[str, Callable[[Shape], Any]], ...] = (
        ("form", lambda shape: shape.form),
        ("delimiter", lambda shape: shape.marks.get("delimiter")),
        ("columns", lambda shape: shape.cells),
    )
    for other, shape in shapes:
        for key, value_of in compared:
            if value_of(shape) != value_of(best) and shape.confidence != "low":
                raise samples_differ(key, value_of(best), value_of(shape), first.sample, other.sample)
    texts = [shape.text for _, shape in shapes]
    marks = {
        name: next((mark for text in texts if (mark := getattr(text, name))), "") for name in ("quote", "brackets")
    }
    text = best.text.model_copy(update=marks)
    return Shape(best.form, text, best.cells, best.confidence, best.evidence, best.lead)


def common_parts(rows: Sequence[SampleRows], shape: Shape) -> list[RowParts]:
    """Raises ContractError `decode.samples_differ` where header rows name the columns differently, `decode.no_form`."""
    parts_of_samples = [part_rows(sample.texts, shape) for sample in rows]
    named = [
        (sample, sample.texts[parts.names_row])
        for sample, parts in zip(rows, parts_of_samples, strict=True)
        if parts.names_row is not None
    ]
    for sample, names in named:
        if names != named[0][1]:
            raise samples_differ("header", named[0][1][:80], names[:80], named[0][0].sample, sample.sample)
    if not any(parts.records for parts in parts_of_samples):
        raise ContractError("decode.no_form", file=rows[0].sample.name, row=rows[0].texts[0][:80])
    return parts_of_samples
