"""MariaDB."""

from __future__ import annotations

import getpass
from typing import Any

import pymysql

from tests.sinks.servers.process import Store, binary

PASSWORD = "geheim/&?@:1"


class MariaDb(Store):
    def prepare(self) -> None:
        self._server = binary("mariadbd", "mysqld")
        self.data = self.directory / "data"
        self.run(
            [
                binary("mariadb-install-db", "mysql_install_db"),
                "--no-defaults",
                f"--datadir={self.data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                f"--user={getpass.getuser()}",
            ]
        )
        self.start()
        for sql in (
            "CREATE DATABASE kube_eventer",
            f"CREATE USER writer@'%' IDENTIFIED BY '{PASSWORD}'",
            "GRANT ALL ON kube_eventer.* TO writer@'%'",
        ):
            self.query(sql, database=None)
        self.stop()

    def command(self) -> list[str]:
        return [
            self._server,
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={self.data}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--socket={self.socket}",
            f"--pid-file={self.directory / 'pid'}",
            "--skip-name-resolve",
        ]

    @property
    def socket(self) -> str:
        return str(self.directory / "s")

    def answers(self) -> bool:
        self.connects()  # first: the client leaves its socket open where nobody listens
        try:
            self.query("SELECT 1", database=None)
        except pymysql.Error:
            return False
        return True

    def address(self, table: str) -> str:
        place = f"tcp(127.0.0.1:{self.port})/kube_eventer"
        return f"mysql:?writer:{PASSWORD}@{place}?charset=utf8&table={table}"

    def rows(self, table: str) -> list[tuple[str, str]]:
        return [(uid, message) for uid, message in self.query(f"SELECT event_id, message FROM `{table}`")]

    def query(self, sql: str, *, database: str | None = "kube_eventer") -> list[tuple[Any, ...]]:
        connection = pymysql.connect(
            unix_socket=self.socket, user="root", database=database, charset="utf8mb4", autocommit=True
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()
