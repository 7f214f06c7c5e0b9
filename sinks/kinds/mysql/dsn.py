"""Reads a data source name of Go's MySQL driver, `USER:PASS@tcp(HOST:PORT)/DB?key=value`, which is how kube-eventer's
users write the address."""

from __future__ import annotations

import re

from eventcenter.errors import ConfigError
from sinks import address

# The password may hold anything, so it reaches to the last `@` behind which the rest can be read.
_DSN = re.compile(
    r"\??(?:(?P<user>[^:@/]*)(?::(?P<password>.*))?@)?"
    r"(?P<net>[a-z]+[46]?)?(?:\((?P<place>[^)]*)\))?/(?P<database>[^?&/]*)(?:[?&](?P<query>.*))?",
    re.DOTALL,
)
SHAPE = "USER:PASSWORD@tcp(HOST:PORT)/DATABASE?charset=utf8&table=TABLE"


def read(rest: str) -> tuple[str, address.Pairs]:
    """What stands behind `mysql:` → (the DSN without password and parameters, options). The message of a ConfigError
    does not repeat it: there is a password in it."""
    found = _DSN.fullmatch(rest)
    if found is None:
        raise ConfigError(f"the address of a database is mysql:?{SHAPE}")
    options = address.pairs(found["query"] or "")
    if found["password"]:
        options.append(("password", found["password"]))
    user = f"{found['user']}@" if found["user"] else ""
    place = f"({found['place']})" if found["place"] is not None else ""
    return f"{user}{found['net'] or ''}{place}/{found['database']}", options


def connection(url: str) -> dict[str, str | int]:
    """Arguments for pymysql of the URL that `read` makes. ConfigError when it says no server or database."""
    found = _DSN.fullmatch(url)
    if found is None or not found["database"]:
        raise ConfigError(f"mysql: the database is missing, as in mysql:?{SHAPE}")
    net, place = found["net"] or "tcp", found["place"] or ""
    told: dict[str, str | int] = {"user": found["user"] or "root", "database": found["database"]}
    if net == "unix":
        return told | {"unix_socket": place or "/tmp/mysql.sock"}
    if net not in ("tcp", "tcp4", "tcp6"):
        raise ConfigError(f"mysql: {net!r} is not one of tcp and unix, as in mysql:?{SHAPE}")
    host, _, port = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "3306")
    if not 0 < int(port) < 65_536:
        raise ConfigError(f"mysql: {port} is no port from 1 to 65535")
    return told | {"host": host.strip("[]") or "127.0.0.1", "port": int(port)}
