"""`python -m plansmith`: the command line."""

from plansmith.cli.app import main

if __name__ == "__main__":
    main()
