"""Files without a record: the same bytes whoever writes them, so they are identified by their names (ADR 0020)."""

from dataclasses import replace

from aponta.collect.raw import PIECE
from aponta.contract.decoded import DecodedFile, Staged
from aponta.ops.database import transaction
from aponta.pipeline.context import Context
from aponta.pipeline.files.versions import Key, files_to_decode
from aponta.pipeline.ledger.arrivals import Arrival, replace_hashes
from aponta.pipeline.ledger.batches import Batch
from aponta.pipeline.ledger.files import known_files

Wanted = dict[Key, Arrival]


def identify_by_name(context: Context, batch: Batch, todo: Wanted, staged: Staged) -> tuple[Batch, Wanted, Staged]:
    """From now on such arrivals carry a hash of name and bytes, as those of empty files do. todo: the decoded arrivals;
    comes back as those to resolve.
    """
    read = dict(zip(todo, staged.files, strict=True))
    choices, notes = context.choices(batch.arrivals, {}), {}
    for one in batch.arrivals:
        file = read.get((one.sha256, choices[one.id].machine, choices[one.id].hour))
        if file is not None and _is_recordless(file) and 0 < one.size <= PIECE and one.redecode == "no":
            notes[one.id] = context.raw.store_note(f"{one.folder}/{one.name}", context.raw.read(one.sha256))
    if not notes:
        return batch, todo, staged
    came = {one.id: one.sha256 for one in batch.arrivals}
    batch = replace(batch, arrivals=tuple(replace(one, sha256=notes.get(one.id, one.sha256)) for one in batch.arrivals))
    with transaction(context.engine) as connection:
        replace_hashes(connection, notes)
        known = known_files(connection, [one.sha256 for one in batch.arrivals])
    todo = files_to_decode(batch.arrivals, choices, known)
    files = [replace(read[came[one.id], *key[1:]], sha256=key[0]) for key, one in todo.items()]
    fresh = 1 + max((file.number for file in files), default=0)  # what was read once may be several files now
    files = [replace(file, number=fresh + at) if _is_recordless(file) else file for at, file in enumerate(files)]
    return batch, todo, replace(staged, files=tuple(files))


def _is_recordless(file: DecodedFile) -> bool:
    return file.refused is None and file.rows == file.skipped
