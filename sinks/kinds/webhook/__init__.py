"""`webhook`: a request to any address for every event, with a body as the receiver wants it."""

from __future__ import annotations

from sinks.delivery import Sender
from sinks.headers import HEADERS
from sinks.kind import Kind, Option, number, one_of
from sinks.settings import SinkSettings


def _open(settings: SinkSettings) -> Sender:
    from sinks.kinds.webhook.sender import Webhook

    return Webhook(settings)


KIND = Kind(
    name="webhook",
    summary="A request to any address for each event.",
    example="webhook:https://example.com/hook?level=Warning&method=POST&header=Content-Type=application/json",
    options=(
        Option(
            "method",
            "of the request; kube-eventer's default is GET, with a body",
            one_of("GET", "POST", "PUT", "PATCH"),
            "GET",
        ),
        *HEADERS,
        Option("custom_body_configmap", "a ConfigMap whose `content` is the template of the body"),
        Option("custom_body_configmap_namespace", "where it lies", default="default"),
        Option(
            "body",
            "the template of the body: Jinja, as in {{ message | tojson }}, or Go's as of kube-eventer",
        ),
        Option("body_file", "a file with that template"),
        Option("batch", "so many events in one request, as a JSON array", number(1, 1000), 1),
        Option("hmac_secret", "signs the body, in the header X-Eventcenter-Signature", secret=True),
        Option("quotes", "not needed: texts never break a body", ignored=True),
        Option("use_custom_body", "not needed: custom_body_configmap says it", ignored=True),
    ),
    open=_open,
    passes_on=True,
    secret_path=True,
    default_level="Warning",
    over_http=True,
    notes=("Any status 2xx is a success.",),
)
