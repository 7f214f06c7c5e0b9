"""`elasticsearch`, also for OpenSearch: a document for every change in an index for each day, as of kube-eventer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sinks.kind import Kind, Option, Url, any_text, boolean, one_of, text

if TYPE_CHECKING:
    from sinks.delivery import Sender
    from sinks.settings import SinkSettings


def open_sender(settings: SinkSettings) -> Sender:
    from sinks.kinds.elasticsearch.sender import Elasticsearch

    return Elasticsearch(settings)


def node(given: str) -> str:
    if not re.match(r"https?://[^/\s]", given.strip()):
        raise ValueError("is not an address like http://elasticsearch.example.com:9200")
    return given.strip()


def index_name(given: str) -> str:
    if not re.fullmatch(r"[^A-Z\s\"*+/\\|?#><,:_.-][^A-Z\s\"*/\\|?#><,:]{0,200}", given):
        raise ValueError("is not the name of an index: lower-case letters, digits, `-`, `_` and `.`")
    return given


KIND = Kind(
    name="elasticsearch",
    summary="Elasticsearch and OpenSearch: a document for every change, an index for every day.",
    example="elasticsearch:http://elasticsearch.example.com:9200?sniff=false&ver=6&index=events",
    aliases=("opensearch",),
    options=(
        Option("nodes", "instead of the URL; repeated: the next is asked where one is silent", node, (), many=True),
        Option("index", "what names of indexes begin with; the day follows", index_name, "heapster"),
        Option("use_namespace", "the namespace between the two", boolean, False),
        Option("cluster_name", "EventTags.cluster_name", text, "default"),
        Option("ver", "the version, where the cluster does not tell it", one_of("2", "5", "6", "7", "8", "9"), "5"),
        Option("esUserName", "the account", text),
        Option("esUserSecret", "its password", any_text, secret=True),
        Option("apiKey", "an API key, in place of an account", text, secret=True),
        Option("pipeline", "an ingest pipeline that the documents go through", text),
        Option("insecuressl", "do not check the certificate of the server", boolean, False),
        *(
            Option(name, "of kube-eventer's client", any_text, ignored=True)
            for name in ("maxRetries", "healthCheck", "sniff", "startupHealthcheckTimeout", "bulkWorkers")
        ),
    ),
    open=open_sender,
    url=Url.OPTIONAL,
    batch=1000,
    over_http=True,
)  # fmt: skip
