"""Stock systems as people use them: approval before the first posting, control (status, decisions), the manual count,
and reconciliation of a day.
"""
