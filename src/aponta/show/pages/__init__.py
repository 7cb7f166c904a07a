"""One module per page: PAGE, and what it loads."""
