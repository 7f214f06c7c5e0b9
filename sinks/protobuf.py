"""Messages of protocol buffers from a description in Python: two small protocols need no generated code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, tuple[int, str]]
"""Name → (number, type), as in `{"Logs": (1, "repeated Log"), "Topic": (3, "string")}`."""


def message_classes(package: str, messages: Mapping[str, Fields]) -> dict[str, Any]:
    """A class for each message. Fields are optional unless their type begins with `required` or `repeated`."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto2")
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field, (number, declared) in fields.items():
            *label, kind = declared.split()
            added = message.field.add(
                name=field,
                number=number,
                label=getattr(
                    descriptor_pb2.FieldDescriptorProto, f"LABEL_{(label or ['optional'])[0].upper()}"
                ),
            )
            if kind in messages:
                added.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
                added.type_name = f".{package}.{kind}"
            else:
                added.type = getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in messages
    }
