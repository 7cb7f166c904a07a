"""What the samples have in common; where they contradict each other nothing is made of them."""

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
    """The surest. Raises ContractError `decode.samples_differ` where two that are not low say different things."""
    best = max(guesses, key=lambda one: SURENESS.index(one.confidence))
    for guess, sample in zip(guesses, samples, strict=True):
        if guess.value != best.value and "low" not in (guess.confidence, best.confidence):
            raise samples_differ(best.key, best.value, guess.value, samples[guesses.index(best)], sample)
    return best


def samples_differ(key: str, one: Any, other: Any, first: Sample, second: Sample) -> ContractError:
    return ContractError(
        "decode.samples_differ", key=key, one=repr(one), other=repr(other), first=first.name, second=second.name
    )


def common_encoding(samples: Sequence[Sample]) -> Guess:
    """Raises ContractError `decode.samples_differ`."""
    return surest_of_all([encoding_of(sample.head + sample.tail) for sample in samples], samples)


def common_rows(samples: Sequence[Sample], encoding: str) -> list[SampleRows]:
    """Raises ContractError `decode.no_text`."""
    found = []
    for sample in samples:
        rows = sample_rows(sample, encoding)
        if not isinstance(rows, SampleRows):
            raise ContractError("decode.no_text", file=sample.name, reason=Phrase(f"decode.no_text.{rows}", {}))
        found.append(rows)
    return found


def common_shape(rows: Sequence[SampleRows]) -> Shape:
    """Raises ContractError `decode.samples_differ`, `decode.no_form`."""
    found: list[tuple[SampleRows, Shape]] = []
    for one in rows:
        seen = shape_of(one.texts)
        if seen is None:
            raise ContractError(
                "decode.no_form", file=one.sample.name, row=next((row[:80] for row in one.texts if row.strip()), "")
            )
        found.append((one, seen))
    first, best = max(found, key=lambda one: SURENESS.index(one[1].confidence))
    what: tuple[tuple[str, Callable[[Shape], Any]], ...] = (
        ("form", lambda one: one.form),
        ("delimiter", lambda one: one.marks.get("delimiter")),
        ("columns", lambda one: one.cells),
    )
    for other, seen in found:
        for key, of in what:
            if of(seen) != of(best) and seen.confidence != "low":
                raise samples_differ(key, of(best), of(seen), first.sample, other.sample)
    quoted = [seen.text for _, seen in found]
    marks = {name: next((mark for one in quoted if (mark := getattr(one, name))), "") for name in ("quote", "brackets")}
    text = best.text.model_copy(update=marks)
    return Shape(best.form, text, best.cells, best.confidence, best.evidence, best.lead)


def common_parts(rows: Sequence[SampleRows], shape: Shape) -> list[RowParts]:
    """Raises ContractError `decode.samples_differ` where header rows name the columns differently, `decode.no_form`."""
    found = [part_rows(one.texts, shape) for one in rows]
    named = [
        (one, one.texts[parts.names_row]) for one, parts in zip(rows, found, strict=True) if parts.names_row is not None
    ]
    for one, names in named:
        if names != named[0][1]:
            raise samples_differ("header", named[0][1][:80], names[:80], named[0][0].sample, one.sample)
    if not any(parts.records for parts in found):
        raise ContractError("decode.no_form", file=rows[0].sample.name, row=rows[0].texts[0][:80])
    return found
