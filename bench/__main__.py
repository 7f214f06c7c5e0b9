"""Prints the figures of design part 6 as far as they can be measured alone.

python -m bench [--events N] [--only NAME]…        (make bench EVENTS=N)
"""

from __future__ import annotations

import argparse
import importlib
import platform
import sqlite3

from rich.console import Console
from rich.table import Table

MEASURES = ("write", "read", "prune", "idle", "ingest", "visible")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--only", action="append", choices=MEASURES)
    options = parser.parse_args()
    table = Table(
        "figure", "value", title=f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
    for name in options.only or MEASURES:
        for figure, value in importlib.import_module(f"bench.{name}").measure(options.events):
            table.add_row(figure, value)
    Console().print(table)


if __name__ == "__main__":
    main()
