"""`python -m xoropt` is the command `xoropt`."""

from xoropt.cli import main

if __name__ == "__main__":
    main()
