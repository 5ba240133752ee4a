"""Entry of the command `bellman-smc` and of `python -m smc`."""

from __future__ import annotations

import sys

from smc.interrupts import interrupted, watched


def main() -> None:
    """Run the command line and leave with its exit code; Ctrl-C at any moment, imports included, is one line and 130."""
    with watched():
        try:
            from smc.cli import run

            code = run()
        except BaseException as error:
            if not (interrupted() or isinstance(error, KeyboardInterrupt)):
                raise
            print("bellman-smc: interrupted", file=sys.stderr)
            code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
