"""The trial of `bench/chaos.py`, scaled to a minute or two: cuts, kills and (where a command is given) restarts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.chaos import Plan, run

RESTART = "TEST_RESTART_APISERVER"
"""A command that restarts the API server of the cluster tests; without it the trial has no restarts."""


@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_nothing_is_lost_or_stored_twice_through_cuts_kills_and_restarts(
    cluster_kubeconfig: Path, tmp_path: Path
) -> None:
    command = os.environ.get(RESTART, "")
    plan = Plan(
        cluster_kubeconfig,
        events=3_000,
        cuts=10,
        kills=4,
        restart_command=command,
        restarts=1 if command else 0,
    )
    outcome = run(plan, tmp_path)
    assert outcome.created == plan.events
    assert (outcome.missing, outcome.wrong, outcome.surplus) == ({}, {}, [])
    # The trial must have been one.
    assert outcome.kills == plan.kills
    assert outcome.cuts >= plan.cuts // 2
    assert outcome.restarts == plan.restarts
