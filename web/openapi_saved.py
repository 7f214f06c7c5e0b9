"""The shapes of saved queries, for the description of the API."""

from __future__ import annotations

from web.openapi_parts import COUNT, STRING, Json, list_of, object_of, ref
from web.query_ask import CHARTS
from web.query_drafts import MAX_NAME, MAX_PLACE, RANGE


def saved_schemas() -> Json:
    return {
        "QueryDraft": object_of(
            {
                "name": {
                    **STRING,
                    "minLength": 1,
                    "maxLength": MAX_NAME,
                    "description": "No other may have it.",
                },
                "query": {
                    **STRING,
                    "minLength": 1,
                    "description": "As in POST /api/v1/query; it has to be sound.",
                },
                "range": {
                    **STRING,
                    "pattern": f"^{RANGE}$",
                    "default": "-24h",
                    "description": "How far back it looks.",
                },
                "chart": {"enum": list(CHARTS), "default": "table"},
                "on_board": {"type": "boolean", "default": False},
                "place": {
                    "type": ["integer", "null"],
                    "minimum": 0,
                    "maximum": MAX_PLACE,
                    "description": "Its place among all; null: behind the others, or where it is.",
                },
            },
            "range",
            "chart",
            "on_board",
            "place",
        ),
        "SavedQuery": object_of(
            {
                "id": COUNT,
                **{name: STRING for name in ("name", "query", "range", "chart")},
                "on_board": {"type": "boolean"},
                "place": COUNT,
            }
        ),
        "SavedQueries": object_of({"saved_queries": list_of(ref("SavedQuery"))}),
    }
