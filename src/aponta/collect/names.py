"""Names of files: which are ignored, and how any can be stored and shown."""

from hashlib import sha256

UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", "~")
TAKEN = "taken"  # below a source's root: where originals are moved to


def is_ignored(name: str) -> bool:
    """Is the file hidden by other programs, or not finished?"""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def printable(text: str, limit: int = 1000) -> str:
    """A name as it can be stored and shown: control characters, bytes that are no text and backslashes become escapes.

    Two names never become equal: a name longer than `limit` characters ends in a hash of the whole.
    """
    if not text.isprintable() or "\\" in text:
        text = "".join(
            letter if letter.isprintable() and letter != "\\" else letter.encode("unicode_escape").decode()
            for letter in text
        )
    return text if len(text) <= limit else f"{text[: limit - 65]}~{sha256(text.encode()).hexdigest()}"
