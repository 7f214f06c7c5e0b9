"""eventcenter: watches every event of a Kubernetes cluster, keeps it, and shows it."""

__version__ = "0.1.0.dev0"
