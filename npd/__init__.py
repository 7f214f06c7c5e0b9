"""The node-problem detector. It imports nothing of ours, so that it also runs alone on a node."""
