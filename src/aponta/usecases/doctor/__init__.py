"""Checks of the folder and the computer, and the verification of receipts and raw files."""
