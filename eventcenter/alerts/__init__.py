"""Alerts: rules over events, and what becomes of what they find.

`documents` reads rules as people write them, `rule` is a checked one, `counting` and `life` say when an alert begins
and ends, `replaying` runs rules over what is stored. All of it is pure but for the last."""
