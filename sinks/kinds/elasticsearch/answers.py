"""What Elasticsearch says about each document of a bulk request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sinks.delivery import Broken, PartlyTaken, TryAgain
from sinks.settings import SinkSettings

NOT_NOW = frozenset({408, 429})
WAITING = (
    "cluster_block_exception",
    "unavailable_shards",
    "process_cluster_event_timeout",
    "es_rejected_execution",
)
"""Types of errors that pass, whatever their status: a full disk makes an index read-only with 403 or 429."""
MENDABLE = ("security_exception", "index_not_found", "invalid_index_name", "invalid_alias", "index_closed")
"""Types that somebody has to look at: every document would get the same."""


def judge(answer: Any, count: int, settings: SinkSettings) -> None:
    """Nothing when all are there; DeliveryError else."""
    results = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(results, list) or len(results) != count:
        raise TryAgain("answered something that Elasticsearch does not say")
    refused: dict[int, str] = {}
    again: list[int] = []
    said = ""
    for index, result in enumerate(results):
        status, kind, text = _outcome(result)
        if 200 <= status < 300 or (status == 409 and "version_conflict" in kind):
            continue
        said = settings.hide(f"{status} {kind}: {text}")[:300]
        if any(word in kind for word in WAITING) or status in NOT_NOW or status >= 500 or not status:
            again.append(index)
        elif any(word in kind for word in MENDABLE) or status in (401, 403, 404):
            raise Broken(
                f"Elasticsearch refuses the sink: {said}", hint="Look at the rights and at the index."
            )
        else:
            refused[index] = f"Elasticsearch refuses it: {said}"
    _raise_for(refused, again, count, said)


def _raise_for(refused: dict[int, str], again: Sequence[int], count: int, said: str) -> None:
    if len(again) == count:
        raise TryAgain(f"Elasticsearch takes none of them now: {said}")
    if refused or again:
        raise PartlyTaken(refused, again)


def _outcome(result: Any) -> tuple[int, str, str]:
    """(status, type of the error, reason); status 0 when it cannot be told."""
    outcome = next(iter(result.values()), None) if isinstance(result, dict) else None
    if not isinstance(outcome, dict):
        return 0, "", ""
    status, error = outcome.get("status"), outcome.get("error")
    if isinstance(error, dict):
        cause = error.get("caused_by")
        deeper = f" ({cause.get('reason')})" if isinstance(cause, dict) and cause.get("reason") else ""
        told = f"{error.get('reason', '')}{deeper}"
        return status if isinstance(status, int) else 0, str(error.get("type", "")), " ".join(told.split())
    return status if isinstance(status, int) else 0, str(error or ""), ""
