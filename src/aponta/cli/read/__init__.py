"""Commands that read: status, sql, explain."""
