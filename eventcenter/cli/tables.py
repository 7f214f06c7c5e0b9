"""A plain table that fits the terminal; into a pipe nothing is cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventcenter.cli.showing import clean

PIPE_WIDTH = 240


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The last column takes what room is left."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, header in enumerate(headers, start=1):
        table.add_column(header, overflow="fold", no_wrap=number < len(headers))
    for row in rows:
        table.add_row(*[Text(clean(cell)) for cell in row])
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=PIPE_WIDTH)
    console.print(table)
