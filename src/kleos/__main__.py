"""``python -m kleos`` is ``kleos``."""

from kleos.cli import main

if __name__ == "__main__":
    main()
