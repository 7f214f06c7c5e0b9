"""A command line of kube-eventer keeps working: its flags without a meaning here are named and ignored."""

from __future__ import annotations

from click.testing import CliRunner

from eventcenter.cli.root import root

LINE = [
    "config", "check", "--source=kubernetes:https://kubernetes.default?inClusterConfig=true", "--frequency=60s",
    "--event-metrics",    "--healthz-port=8084", "--max_procs=2", "--v=4", "--logtostderr",
    "--sink=kafka:?brokers=localhost:9092&brokers=localhost:9093&eventstopic=testtopic&password=hunter22&user=me",
]  # fmt: skip


def test_the_whole_line_is_taken() -> None:
    done = CliRunner().invoke(root, LINE)
    assert done.exit_code == 0, done.output
    for flag in ("--frequency", "--event-metrics", "--healthz-port", "--max_procs", "--v", "--logtostderr"):
        assert f"{flag} is kube-eventer's and has no meaning here" in done.output
    assert "brokers=localhost:9093" in done.output
    assert "hunter22" not in done.output
