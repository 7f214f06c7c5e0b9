"""Whether the node's own services are well: kubelet, kube-proxy and the container engine."""
