"""The command line: parse, call, print. One file for each command or group of commands."""

from aponta.cli.app import main

__all__ = ["main"]
