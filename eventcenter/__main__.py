"""`python -m eventcenter` and the `eventcenter` command: the only place that exits."""

from __future__ import annotations

import sys

from eventcenter.cli import run_command


def main() -> None:
    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
