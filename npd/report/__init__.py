"""Tells what the monitors find: node conditions and events through the API server, metrics and status over HTTP."""
