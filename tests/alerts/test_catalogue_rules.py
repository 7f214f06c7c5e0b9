"""Every rule of the catalogue fires on its example, and on nothing in a day of a healthy cluster."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from eventcenter.alerts.catalogue import built_in_rules
from eventcenter.alerts.judging import Judge
from eventcenter.alerts.life import Step
from eventcenter.alerts.rule import Kind, Rule
from eventcenter.model import Event, StoredChange
from eventcenter.rules import Problem, built_in, catalogue_entries
from eventcenter.search import parse_search

NOON = 1_795_435_200_000
SURGES = {"warning-surge", "namespace-warning-surge"}
"""Rules about how much there is of everything: they do not say what is wrong, so that others speak beside them."""
WITH_EXAMPLE = [problem for problem in catalogue_entries() if problem.example and not problem.match.absent]


def example_of(problem: Problem, time: int = NOON, **given: Any) -> Event:
    example = problem.example
    assert example is not None
    fields = {
        name: getattr(example, name) for name in ("reason", "kind", "message", "component", "namespace")
    }
    event = Event(
        uid=f"{problem.id}-{time}",
        level=example.type,
        name=example.name or "web-6f7d9cb58-x29p4",
        first_time=time,
        last_time=time,
        **fields | given,
    )
    return msgspec.structs.replace(event, problem=built_in().classify(event))


def fired(rules: list[Rule], changes: list[StoredChange]) -> list[str]:
    judge = Judge(rules)
    return [alert.rule for change in changes for step, alert in judge.see(change) if step is Step.FIRED]


@pytest.mark.parametrize("problem", WITH_EXAMPLE, ids=lambda problem: problem.id)
def test_a_rule_fires_on_its_example(problem: Problem) -> None:
    rule = dataclasses.replace(built_in_rules()[problem.id], enabled=True)
    event = example_of(problem)
    assert fired([rule], [StoredChange(event, rule.count)]) == [rule.name]
    if rule.count > 1:
        assert fired([rule], [StoredChange(event, rule.count - 1)]) == []


def test_the_special_rule_silences_the_general_one() -> None:
    rules = built_in_rules()
    special = next(rule for rule in rules.values() if rule.refines and rule.enabled)
    event = example_of(next(problem for problem in catalogue_entries() if problem.id == special.name))
    own = Rule(name="own", kind=Kind.EVENT, severity="low", search=parse_search("*"))
    finer = dataclasses.replace(own, name="finer", refines="own")
    assert set(fired([special, own], [StoredChange(event, 100)])) == {special.name, "own"}
    assert set(fired([special, own, finer], [StoredChange(event, 100)])) == {special.name, "finer"}
    assert fired([special, rules[special.refines]], [StoredChange(event, 100)]) == [special.name]


def test_all_together_one_example_raises_one_alert() -> None:
    rules = [rule for rule in built_in_rules().values() if rule.enabled]
    for problem in WITH_EXAMPLE:
        if problem.default_enabled:
            told = set(fired(rules, [StoredChange(example_of(problem), 1000)])) - SURGES
            assert len(told) == 1 or problem.id in SURGES, (problem.id, told)


def test_a_day_of_a_healthy_cluster_raises_nothing() -> None:
    rules = [rule for rule in built_in_rules().values() if rule.enabled and rule.kind is Kind.EVENT]
    healthy = [
        ("Scheduled", "Pod", "default-scheduler", "Successfully assigned shop/web-1 to node-1"),
        ("Pulling", "Pod", "kubelet", 'Pulling image "registry.example/web:1"'),
        ("Pulled", "Pod", "kubelet", 'Successfully pulled image "registry.example/web:1" in 2s'),
        ("Created", "Pod", "kubelet", "Created container web"),
        ("Started", "Pod", "kubelet", "Started container web"),
        ("Killing", "Pod", "kubelet", "Stopping container web"),
        ("SuccessfulCreate", "ReplicaSet", "replicaset-controller", "Created pod: web-6f7d9cb58-x29p4"),
        ("SuccessfulDelete", "ReplicaSet", "replicaset-controller", "Deleted pod: web-6f7d9cb58-x29p4"),
        (
            "ScalingReplicaSet",
            "Deployment",
            "deployment-controller",
            "Scaled up replica set web-6f7d9cb58 to 3",
        ),
        ("SuccessfulCreate", "CronJob", "cronjob-controller", "Created job backup-29384756"),
        (
            "SawCompletedJob",
            "CronJob",
            "cronjob-controller",
            "Saw completed job: backup-29384756, status: Complete",
        ),
        ("Completed", "Job", "job-controller", "Job completed"),
        ("LeaderElection", "Lease", "kube-scheduler", "master-1_4f became leader"),
        ("NodeReady", "Node", "kubelet", "Node node-1 status is now: NodeReady"),
        (
            "RegisteredNode",
            "Node",
            "node-controller",
            "Node node-1 event: Registered Node node-1 in Controller",
        ),
    ]
    changes = []
    for number in range(5_000):
        reason, kind, component, message = healthy[number % len(healthy)]
        event = Event(
            uid=str(number),
            level="Normal",
            reason=reason,
            kind=kind,
            namespace="" if kind == "Node" else "shop",
            name="node-1" if kind == "Node" else f"web-{number % 50}",
            message=message,
            component=component,
            first_time=NOON + number * 17_000,
            last_time=NOON + number * 17_000,
        )
        assert built_in().classify(event) == ""
        changes.append(StoredChange(event, 1))
    assert fired(rules, changes) == []
