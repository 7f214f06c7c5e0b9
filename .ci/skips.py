"""Fails when a test was skipped that CI can run: `skips.py JUNIT.xml`. Says nothing when all is well."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

ALLOWED = (
    # CI is root, because only root can make the clusters; the twin of this test needs no user.
    r"test_a_directory_that_cannot_be_written_as_a_user: root may write everywhere",
)
"""Regular expressions of `test: reason` that may be skipped in CI, each with a comment that says why."""


def skipped(report: str) -> list[str]:
    return [
        f"{case.get('classname')}.{case.get('name')}: {skip.get('message')}"
        for case in ElementTree.parse(report).iter("testcase")
        for skip in case.iter("skipped")
        if skip.get("type") != "pytest.xfail"
    ]


if __name__ == "__main__":
    wrong = [
        test for test in skipped(sys.argv[1]) if not any(re.search(pattern, test) for pattern in ALLOWED)
    ]
    for test in wrong:
        print(f"ci: skipped, though it can run here: {test}", file=sys.stderr)
    sys.exit(bool(wrong))
