"""Forwarding: events to other systems, and messages to people. One file a destination.

`kind` says what a destination declares of itself, `address`, `reading` and `configuring` read what people wrote,
`delivery` is what a sender and its courier agree on; `courier` carries events, `telling` makes messages.
`running` keeps the sinks of a center."""
