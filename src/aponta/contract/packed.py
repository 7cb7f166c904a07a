"""The first bytes of a file, which show whether it is packed."""

HEAD = 4  # bytes of a file that show whether it is packed
GZIP, ZIP = b"\x1f\x8b\x08", (b"PK\x03\x04", b"PK\x05\x06")


def packed(head: bytes) -> bool:
    """Is it gzip or zip, as its first HEAD bytes show?"""
    return head.startswith((GZIP, *ZIP))
