"""Moto: the protocol of S3, in memory."""

from __future__ import annotations

import sys
import urllib.request
from typing import Any

from tests.sinks.servers.process import Missing, Server


class Moto(Server):
    def prepare(self) -> None:
        try:
            import moto.server  # noqa: F401
        except ImportError:
            raise Missing("moto is not installed here") from None

    def command(self) -> list[str]:
        return [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(self.port)]

    def answers(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/moto-api/", timeout=5) as response:
            return bool(response.status == 200)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret-of-the-test",
        )
