"""The node-problem detector. It imports nothing of ours, so that it also runs alone on a node.

`model` is what its parts agree on. `config` reads configuration files, `monitors` watch, `checks` are looks at one
thing, `report` tells the API server, `agent` puts them together."""
