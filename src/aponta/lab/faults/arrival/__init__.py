"""The arrival of an hour's files: late, twice, packed, in part, or never."""
