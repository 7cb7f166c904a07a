"""The file's bytes: encodings, zero bytes, a cut end."""
