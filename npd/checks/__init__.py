"""Checks that look at a node themselves and need nothing installed: one file a check, `catalogue` lists them,
`monitor.CheckMonitor` runs them."""
