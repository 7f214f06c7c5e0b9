"""What the center finds out about nodes by itself: from the API for every node of the cluster, and with `npd` in this
process for the node that it runs on. It becomes events like any other, marked by their component."""
