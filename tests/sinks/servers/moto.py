"""Moto: the protocol of S3, in memory."""

from __future__ import annotations

import gzip
import json
import sys
import urllib.request
from typing import Any

from bench.cutting_proxy import CuttingProxy
from tests.sinks.servers.process import Missing, Server


class Moto(Server):
    def prepare(self) -> None:
        try:
            import moto.server  # noqa: F401
        except ImportError:
            raise Missing("moto is not installed here") from None

    def command(self) -> list[str]:
        return [
            sys.executable,
            "-c",
            "from moto.server import main; main()",
            "-H",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]

    def answers(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/moto-api/", timeout=5) as response:
            return bool(response.status == 200)

    def address(self, table: str) -> str:
        """Makes the bucket."""
        self.client().create_bucket(Bucket=table)
        keys = "access_key=AKIDEXAMPLE&secret_key=secret-of-the-test"
        return f"s3:{table}?endpoint={self.url}&{keys}"

    def rows(self, table: str) -> list[tuple[str, str]]:
        events = [event for _, found in self.objects(table) for event in found]
        return [(event["uid"], event["message"]) for event in events]

    def objects(self, bucket: str) -> list[tuple[str, list[Any]]]:
        """(key, events) of every object in the bucket."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        bodies = [(key, client.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
        return [(key, [json.loads(line) for line in unpacked(body).splitlines()]) for key, body in bodies]

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


class CutMoto(Moto):
    """Keeps nothing over a kill; in place of that, a connection to it is cut in the middle of an answer."""

    def prepare(self) -> None:
        super().prepare()
        self._proxy = CuttingProxy()

    def start(self) -> None:
        if self._process is None:
            super().start()
            self._proxy.target = ("127.0.0.1", self.port)
            self._proxy.__enter__()

    def kill(self) -> None:
        self._proxy.cut_after(10)

    def stop(self) -> None:
        super().stop()
        self._proxy.__exit__(None, None, None)

    def address(self, table: str) -> str:
        return super().address(table).replace(self.url, f"http://{self._proxy.address}")


def unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
