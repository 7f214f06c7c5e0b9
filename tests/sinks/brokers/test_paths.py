from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.paths import FIELDS, filled, path_of
from tests.sinks.made import event


@given(st.text(), st.text(), st.sampled_from(FIELDS))
def test_no_value_makes_another_level_or_a_wildcard(name: str, reason: str, field: str) -> None:
    for separator in "./":
        path = filled(
            f"a{separator}{{name}}{separator}{{reason}}{separator}{{{field}}}",
            event(name=name, reason=reason),
            separator,
        )
        parts = path.split(separator)
        assert len(parts) == 4 and all(parts)
        assert not set("+#*> \n\0") & set(path)
        path.encode()


@pytest.mark.parametrize("pattern", ["", " ", "a b", "{nothing}", "{name", "a/#", "{}"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"may hold|is empty"):
        path_of("+#")(pattern)
