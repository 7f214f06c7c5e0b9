"""The command line. Each command is a module of its own, imported when it is used: `--help` must be quick.

Nothing here exits or prints a traceback: `run_command` turns whatever happens into one line and an exit code.
"""

from eventcenter.cli.root import run_command

__all__ = ["run_command"]
