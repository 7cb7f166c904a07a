"""Text of samples: encoding, form, rows, header, trailer, and the records as a table."""
