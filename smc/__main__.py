"""Entry of the command `bellman-smc` and of `python -m smc`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code; Ctrl-C at any moment is one line and 130."""
    try:
        from smc.cli import run

        code = run()
    except KeyboardInterrupt:
        print("bellman-smc: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
