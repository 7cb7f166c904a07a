"""When and in how many files an hour arrives: late, twice, packed, in part, or never."""
