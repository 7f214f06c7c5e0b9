"""What the description of the API is put together from."""

from __future__ import annotations

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
