"""`python -m aponta.cli` is `aponta`, for programs that know a Python and no PATH."""

from aponta.cli.app import main

if __name__ == "__main__":
    main()
