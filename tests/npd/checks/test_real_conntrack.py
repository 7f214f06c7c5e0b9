"""The connection tracking of this machine's kernel, in a network of its own. Its limit cannot be set there, so the
limit is made up and the entries are real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_IN_NETWORK = """
import json, socket, subprocess, sys, time
from pathlib import Path
from tests.npd.checks.looking import seen
from npd.checks.frame import Host

def run(*command):
    if subprocess.run(command, capture_output=True).returncode:
        print(json.dumps("cannot: " + " ".join(command))); sys.exit()

run("ip", "link", "set", "lo", "up")
run("iptables", "-A", "INPUT", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT")
Path("/proc/sys/net/netfilter/nf_conntrack_udp_timeout").write_text("1")
entries = Path("/proc/self/net/nf_conntrack")
if not entries.exists():
    print(json.dumps(f"cannot: read {entries}")); sys.exit()
check = seen("conntrack", Host(Path(sys.argv[1])))
check.look()
for port in range(30):
    socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 4000 + port))
check.look()
until = time.monotonic() + 30
while len(check.events) < 2 and time.monotonic() < until:
    time.sleep(0.2)
    entries.read_text()  # who lists them removes those whose time is over
    check.look()
print(json.dumps([(e.severity.value, e.reason, e.message) for e in check.events]))
"""


def test_a_table_that_fills_and_empties(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "iptables"))):
        pytest.skip("needs root, unshare, ip and iptables")
    limit = tmp_path / "sys/net/netfilter/nf_conntrack_max"
    limit.parent.mkdir(parents=True)
    limit.write_text("32\n")
    (tmp_path / "1").mkdir()
    (tmp_path / "1/net").symlink_to("/proc/self/net")

    done = subprocess.run(
        [
            "unshare",
            "--net",
            sys.executable,
            "-W",
            "ignore::ResourceWarning",
            "-c",
            _IN_NETWORK,
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    if done.returncode != 0 and "unshare" in done.stderr:
        pytest.skip(f"no network namespace can be made here: {done.stderr.strip()}")
    told = json.loads(done.stdout)
    if isinstance(told, str):
        pytest.skip(f"no connection tracking here: {told}")
    assert told == [
        ["Warning", "ConntrackFull", "Conntrack table usage over 90%: 30 out of 32"],
        ["Normal", "ConntrackNotFull", "the conntrack table has room again"],
    ]
