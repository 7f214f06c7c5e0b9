"""Writes docs/configuration.md from the table: `python -m eventcenter.configdoc > docs/configuration.md`.

The longer explanations are the docstrings under the fields of `Settings`, which only the source holds.
"""

from __future__ import annotations

import ast
import inspect
import itertools

from eventcenter import settings
from eventcenter.config import DEFAULT_FILE, FILE_ENV
from eventcenter.settings import TABLE, Setting

_HEAD = f"""# Settings

<!-- Generated: python -m eventcenter.configdoc > docs/configuration.md -->

Settings come from three places; the later wins:

1. the file: `--config FILE`, else `{FILE_ENV}`, else `./{DEFAULT_FILE}` if it exists. It is YAML, one
   `setting: value` a line;
2. the environment: `EVENTCENTER_…`; an empty variable counts as not set;
3. flags.

All problems of all three are reported at once, each on a line, with exit code 2. `eventcenter config check`
takes every flag of `run`, checks everything and prints what is in force and where each value came from.
Relative paths start from the directory that the program is started in.

"""


def render() -> str:
    texts = explanations()
    return _HEAD + "\n".join(_section(row, texts[row.field]) for row in TABLE)


def explanations() -> dict[str, str]:
    """Field → the docstring under it, on one line."""
    tree = ast.parse(inspect.getsource(settings))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings").body
    found = {}
    for field, below in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(below.value.value).split())
    return found


def _section(row: Setting, explanation: str) -> str:
    flag = (
        f"{row.flag} / --no-{row.flag.removeprefix('--')}" if row.is_switch else f"{row.flag} {row.metavar}"
    )
    return f"""## {row.key}

{row.help} {explanation}

| | |
|---|---|
| default | {row.default_text} |
| environment | `{row.env}` |
| flag | `{flag}` |
"""


if __name__ == "__main__":
    print(render(), end="")
