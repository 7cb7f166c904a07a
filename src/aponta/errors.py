"""Every error of aponta, and what each family asks of whoever meets it.

    ApontaError
    ├── ConfigError       a file of the factory folder, or the command, is wrong: mend it            exit code 2
    ├── ContractError     data or code broke a promise: something waits for a person          exit code 1
    └── TransientError    it could not be done now: try again                                        exit code 3

An error is a `code` and its `facts` (where: file, row, column, value). What people read - what happened, what to do
next - stands under that code in `words/<language>/<room>.toml`, in every language; `tests/house` holds the two
together. A foreign exception is translated at the room's edge, never shown.
"""


class ApontaError(Exception):
    """`code` is `room.name`; `facts` fill the sentences kept under it in `words`."""

    exit_code = 3

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return ", ".join([self.code, *(f"{name}={value}" for name, value in self.facts.items())])


class ConfigError(ApontaError):
    exit_code = 2


class ContractError(ApontaError):
    exit_code = 1


class TransientError(ApontaError):
    exit_code = 3
