"""Commands about who is let in: users of the pages, tokens of machines."""
