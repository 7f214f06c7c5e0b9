"""The sample cases that were handed to us (`data/npd_cases.json`) and how they are run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npd.config import AnyConfig, load_object

DATA = Path(__file__).parent / "data"
CONFIGS = DATA / "npd-config"

Case = dict[str, Any]

CASES: list[Case] = json.loads((DATA / "npd_cases.json").read_text())["cases"]


def cases_of(*areas: str, mode: str) -> pytest.MarkDecorator:
    """A test for each case of these areas; its argument is named `case`."""
    chosen = [case for case in CASES if case["area"] in areas and case["input"]["mode"] == mode]
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


def object_of(case: Case) -> dict[str, Any]:
    config = case["config"]
    found: dict[str, Any] = config.get("inline") or json.loads((DATA / config["path"]).read_text())
    return found


def config_of(case: Case) -> AnyConfig:
    return load_object(object_of(case), case["id"]).config


def expected_events(case: Case) -> list[dict[str, Any]]:
    return [each for each in case["expected"] if each["kind"] == "event"]


def expected_conditions(case: Case) -> dict[str, dict[str, Any]]:
    return {each["type"]: each for each in case["expected"] if each["kind"] == "condition"}
