"""Numbers of a production day that several pages and charts show."""
