"""The description of the API is true: what it allows is sent, and the answers are what it says."""

from __future__ import annotations

import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.fake_center import FakeCenter, some_events
from web import create_app


def small_center() -> FakeCenter:
    """Without the message of 1.5 MB, and with a wait that does not wait."""
    center = FakeCenter()
    center.reader.events = [event for event in some_events() if len(event.message) < 10_000]
    center.reader.wait_for_change = lambda after, timeout: after + 1  # type: ignore[method-assign]
    return center


schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(small_center()))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=CHECKS)


def test_every_address_of_the_api_is_described(client: FlaskClient) -> None:
    described = set(client.get("/api/v1/openapi.json").json["paths"])
    rules = {
        rule.rule.replace("<path:uid>", "{uid}").replace("<int:id>", "{id}").replace("<name>", "{name}")
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith(("/api/", "/healthz", "/readyz"))
    }
    assert rules - described == {"/api/v1/openapi.json"}
    assert described <= rules
