"""Business-conformed: facts per machine, product and hour."""
