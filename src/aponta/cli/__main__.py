"""`python -m aponta.cli`: the same door, for what knows a Python and no PATH."""

from aponta.cli.app import main

if __name__ == "__main__":
    main()
