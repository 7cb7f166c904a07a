"""Access to the pages: the guard before every request, users and their sessions, tokens of machines."""
