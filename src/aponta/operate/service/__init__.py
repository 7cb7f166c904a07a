"""The pipeline as a service of the computer: `unit` describes it, `manager` finds the manager that starts it."""
