"""Where events are forwarded to: one file a destination (none yet)."""
