"""The door for a person at a terminal: parse, call, print. One file per command or group of commands."""

from aponta.cli.app import main

__all__ = ["main"]
