"""The contract with stock systems: what is declared to them (sink, key, quantity), how people control it (control), and
a day of declarations compared with a stock system's own account (reconciliation).
"""
