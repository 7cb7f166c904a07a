"""One module for each page: PAGE, and the model that it loads."""
