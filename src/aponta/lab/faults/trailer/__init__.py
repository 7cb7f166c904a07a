"""The trailer: missing, or with a wrong number of rows or checksum."""
