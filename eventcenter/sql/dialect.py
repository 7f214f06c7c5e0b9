"""What sqlglot reads and writes for us: Presto's grammar in, SQLite's out."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot.dialects.sqlite import SQLite
from sqlglot.dialects.trino import Trino
from sqlglot.parsers.trino import TrinoParser


class Asked(Trino):
    """Every call stays a call by the name that was written: `functions` says which there are. Left to sqlglot, some
    would become others before anything of ours has seen them."""

    INDEX_OFFSET = 0  # `diff[1]` stays 1

    class Parser(TrinoParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in TrinoParser.FUNCTION_PARSERS.items()
            if name in ("CAST", "TRY_CAST", "EXTRACT")
        }


class Run(SQLite):
    """Identifiers stand in backticks: SQLite takes an unknown name in double quotes for a text."""

    INDEX_OFFSET = 0

    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS: ClassVar[list[Any]] = ["`"]
