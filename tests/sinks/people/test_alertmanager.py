"""With a real Alertmanager: an alert is there, is the same when it is told again, and ends when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from sinks.configuring import problems
from sinks.delivery import Broken, Refused, TryAgain
from sinks.kinds.alertmanager import labels_of
from sinks.messages import Messenger
from tests.sinks.made import settings
from tests.sinks.people.made import HOSTILE, LINK, message
from tests.sinks.servers.alertmanager import Alertmanager
from tests.sinks.servers.faulty import Answer, FaultyServer

Opened = Callable[[str], Messenger]


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    directory: Path = tmp_path_factory.mktemp("alertmanager")
    server = Alertmanager(directory)
    yield server
    server.close()


def test_an_alert_is_visible_and_ends(alertmanager: Alertmanager, opened: Opened) -> None:
    sink = opened(f"alertmanager:{alertmanager.url}?label=cluster=prod&label=team=web")
    assert sink.resolves
    sink.tell(message())
    (alert,) = alertmanager.alerts(alertname="BackOff", team="web")
    assert alert["labels"] == {
        "alertname": "BackOff",
        "severity": "warning",
        "instance": "default",
        "namespace": "shop",
        "kind": "Pod",
        "name": "web-1",
        "reason": "BackOff",
        "cluster": "prod",
        "team": "web",
    }
    assert alert["annotations"]["summary"] == "BackOff: Pod shop/web-1"
    assert alert["annotations"]["severity"] == "high"
    assert alert["generatorURL"] == LINK
    assert alert["startsAt"] == "2025-12-25T11:55:00.000Z"
    sink.tell(message(severity="critical", number=2, occurrences=5))
    (again,) = alertmanager.alerts(alertname="BackOff", team="web")
    assert again["fingerprint"] == alert["fingerprint"]
    assert again["annotations"]["occurrences"] == "5"
    sink.tell(message(resolved=True, number=3))
    until = time.monotonic() + 20
    while alertmanager.alerts(team="web") and time.monotonic() < until:
        time.sleep(0.1)
    assert alertmanager.alerts(team="web") == []


def test_it_does_not_end_by_itself_before_the_next_message(
    alertmanager: Alertmanager, opened: Opened
) -> None:
    """The server's resolve_timeout is a second; the longest time between two messages is the last step of `repeat`."""
    opened(f"alertmanager:{alertmanager.url}?label=case=long").tell(message())
    (alert,) = alertmanager.alerts(case="long")
    ends = datetime.fromisoformat(alert["endsAt"].replace("Z", "+00:00")).timestamp()
    assert ends - time.time() > 86_400 + 3600


def test_whatever_events_say_is_taken(alertmanager: Alertmanager, opened: Opened) -> None:
    sink = opened(f"alertmanager:{alertmanager.url}?label=case=hostile")
    odd = (("reason", HOSTILE), ("0-odd name", "ü"), ("empty", ""), ("long", "x" * 9000))
    sink.tell(message("\x00\x7f" + "错" * 90_000, title=HOSTILE, labels=odd))
    (alert,) = alertmanager.alerts(case="hostile")
    assert alert["labels"]["_0_odd_name"] == "ü"
    assert "empty" not in alert["labels"]


def test_a_whole_address_is_taken_as_well(alertmanager: Alertmanager, opened: Opened) -> None:
    opened(f"alertmanager:{alertmanager.url}/api/v2/alerts?label=case=whole").tell(message())
    assert len(alertmanager.alerts(case="whole")) == 1


def test_all_of_a_cluster_are_told_and_one_is_enough(
    alertmanager: Alertmanager, service: FaultyServer, opened: Opened
) -> None:
    service.usual = Answer(503)
    opened(f"alertmanager:{service.url}?also={alertmanager.url}&label=case=cluster").tell(message())
    assert len(service.requests) == 1
    assert len(alertmanager.alerts(case="cluster")) == 1


def test_none_is_not(service: FaultyServer, opened: Opened) -> None:
    service.usual = Answer(503)
    with pytest.raises(TryAgain):
        opened(f"alertmanager:{service.url}?also={service.url}").tell(message())


@pytest.mark.parametrize(
    ("credentials", "header"),
    [("user=u&password=pass-word", "Basic dTpwYXNzLXdvcmQ="), ("token=t0kent0ken", "Bearer t0kent0ken")],
)
def test_credentials(credentials: str, header: str, service: FaultyServer, opened: Opened) -> None:
    opened(f"alertmanager:{service.url}?{credentials}").tell(message())
    assert service.last.headers["authorization"] == header


@pytest.mark.parametrize(("status", "error"), [(400, Refused), (401, Broken), (404, Broken), (429, TryAgain)])
def test_statuses(status: int, error: type[Exception], service: FaultyServer, opened: Opened) -> None:
    service.usual = Answer(status)
    with pytest.raises(error):
        opened(f"alertmanager:{service.url}").tell(message())


def test_the_severity_of_a_label_is_that_of_how_it_began() -> None:
    began = (("reason", "OOMKilling"), ("problem", "pod-oom-killed"), ("level", "Warning"))
    assert {
        labels_of(message(labels=began, severity=severity))["severity"] for severity in ("info", "critical")
    } == {labels_of(message(labels=began))["severity"]}
    assert labels_of(message(labels=(("level", "Normal"),)))["severity"] == "info"


@pytest.mark.parametrize("label", ["cluster", "9x=1", "a-b=1", "a="])
def test_labels_have_names_that_alertmanager_takes(label: str) -> None:
    (problem,) = problems([f"alertmanager:http://a:9093?label={label}"])
    assert "label" in problem


@pytest.mark.parametrize("also", ["b:9093", "http://u:pass-word@b:9093"])
def test_another_of_the_cluster_is_an_address_without_a_password(also: str) -> None:
    (problem,) = problems([f"alertmanager:http://a:9093?also={also}"])
    assert "http://HOST:PORT" in problem


def test_secrets_are_not_shown() -> None:
    shown = settings("alertmanager:http://a:9093?user=u&password=pass-word&token=t0kent0ken").shown_whole
    assert "pass-word" not in shown and "t0ken" not in shown
