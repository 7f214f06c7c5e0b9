"""What the description of the API is put together from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]

STRING: Json = {"type": "string"}
COUNT: Json = {"type": "integer"}
TIME: Json = {"type": "string", "format": "date-time"}


def object_of(properties: Json, *optional: str) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(of: Json) -> Json:
    return {"type": "array", "items": of}


def parameter(name: str, description: str, schema: Json, place: str = "query") -> Json:
    return {
        "name": name,
        "in": place,
        "description": description,
        "schema": schema,
        "required": place == "path",
    }


def operation(
    summary: str,
    answer: str | None,
    parameters: Iterable[Json],
    errors: Mapping[int, str],
    *,
    status: str = "200",
    body: str = "",
) -> Json:
    """One verb of a path: `answer` and `body` are the names of schemas, None for an answer without content."""
    ok = {"description": "OK"} if answer is None else {"description": "OK", "content": content(answer)}
    responses: Json = {status: ok}
    for code, text in errors.items():
        responses[str(code)] = {"description": text, "content": content("Error")}
    made: Json = {"summary": summary, "parameters": list(parameters), "responses": responses}
    if body:
        made["requestBody"] = {"required": True, "content": content(body)}
    return made


def content(schema: str) -> Json:
    """Of a body in JSON."""
    return {"application/json": {"schema": ref(schema)}}
