"""The words that rooms share, one file each. Rooms never import each other: they meet in these."""
