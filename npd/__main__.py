"""`python -m npd`: the only place that exits."""

from __future__ import annotations

import sys

from npd.running import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
