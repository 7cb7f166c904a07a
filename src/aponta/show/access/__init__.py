"""Who is let in: the guard before every request, users and their sessions, tokens of machines."""
