"""`python -m eventcenter` and the `eventcenter` command: the only place that exits."""

from __future__ import annotations

import io
import sys

from eventcenter.cli import run_command


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that is not UTF-8 shows escapes rather than ending the program.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
