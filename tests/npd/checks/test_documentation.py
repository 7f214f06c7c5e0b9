"""The documentation says what the catalogue holds, and its example is accepted."""

from __future__ import annotations

import json
from pathlib import Path

from npd.checks.catalogue import KINDS
from npd.checks.describing import tables
from npd.checks.settings import build

TEXT = (Path(__file__).parents[3] / "docs/npd-checks.md").read_text(encoding="utf-8")


def test_the_tables_are_up_to_date() -> None:
    assert tables(TEXT) == TEXT, "run: python -m npd.checks.describing docs/npd-checks.md"
    assert all(f"| `{kind.name}` |" in TEXT for kind in KINDS)


def test_the_example_is_accepted() -> None:
    example = json.loads(TEXT.partition("```json\n")[2].partition("```")[0])
    built = build(example)

    assert {"egress-tcp registry.example:443", "egress-dns kubernetes.default.svc.cluster.local"} <= {
        check.name for check in built.checks
    }
    assert built.off["docker"] == "switched off"
