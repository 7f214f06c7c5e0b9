"""`s3`: objects of many lines of JSON in a bucket. The key of an object is made of its first event, so that a batch
that is sent again overwrites what is there of it."""

from __future__ import annotations

import contextlib
import gzip
import re
from collections.abc import Sequence
from typing import Any

from eventcenter.errors import ConfigError
from eventcenter.shapes import moment
from sinks.delivery import Broken, DeliveryError, Item, Refused, TryAgain
from sinks.kind import Kind, Option, any_text, boolean, duration, text
from sinks.payload import format_option, line
from sinks.settings import SinkSettings

AGAIN = frozenset(
    {
        "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "RequestTimeTooSkewed", "Throttling",
        "ThrottlingException", "TooManyRequests", "OperationAborted", "ExpiredToken", "BadDigest", "IncompleteBody",
        "XMinioStorageFull", "XMinioServerNotInitialized", "ConditionalRequestConflict",
    }
)  # fmt: skip


class S3:
    def __init__(self, settings: SinkSettings) -> None:
        import boto3.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        bucket, _, prefix = settings.url.removeprefix("s3://").lstrip("/").partition("/")
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
            raise ConfigError(
                "s3: the address is s3:BUCKET/PREFIX; a bucket has 3 to 63 lower-case letters and digits"
            )
        if bool(settings["access_key"]) != bool(settings["secret_key"]):
            raise ConfigError("s3: access_key and secret_key go together; one of them is missing")
        self._settings = settings
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        endpoint = settings["endpoint"]
        try:
            self._client: Any = boto3.session.Session().client(
                "s3",
                endpoint_url=endpoint,
                region_name=settings["region"] or ("us-east-1" if endpoint else None),
                aws_access_key_id=settings["access_key"],
                aws_secret_access_key=settings["secret_key"],
                config=Config(
                    connect_timeout=min(10.0, settings.timeout_s),
                    read_timeout=settings.timeout_s,
                    retries={"total_max_attempts": 1},
                    s3={"addressing_style": "path" if endpoint else "auto"},
                    request_checksum_calculation="when_required",  # others than Amazon's may not know them
                    response_checksum_validation="when_required",
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise ConfigError(f"s3: the settings cannot be used: {settings.hide(str(error))[:300]}") from None

    def send(self, items: Sequence[Item]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

        data = b"".join(line(item, self._settings) for item in items)
        if self._settings["gzip"]:
            data = gzip.compress(data, 6, mtime=0)
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(items[0]),
                Body=data,
                ContentType="application/gzip" if self._settings["gzip"] else "application/x-ndjson",
            )
        except ClientError as error:
            raise self._judged(error.response) from None
        except (HTTPClientError, ConnectionError) as error:
            raise TryAgain(f"the store does not answer: {self._told(str(error))}") from None
        except BotoCoreError as error:
            raise Broken(f"the store cannot be used: {self._told(str(error))}") from None
        except Exception as error:  # the client raises anything for an answer that it cannot read
            raise TryAgain(f"the store's answer cannot be read: {self._told(str(error))}") from None

    def _key(self, first: Item) -> str:
        """By the day of the first event, and its own key, which no other change has."""
        event = first.event
        name = re.sub(r"[^A-Za-z0-9._-]", "_", first.key.rsplit(".", 2)[0])
        ending = ".ndjson.gz" if self._settings["gzip"] else ".ndjson"
        number = f"{event.seq:012}-{first.key.rsplit('.', 1)[1]}{ending}"
        day = moment(event.last_time).strftime("%Y/%m/%d")
        return "/".join(part for part in (self._prefix, name, day, number) if part)

    def _judged(self, response: Any) -> DeliveryError:
        found = response.get("Error", {}) if isinstance(response, dict) else {}
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = str(found.get("Code", ""))
        told = self._told(f"{code}: {found.get('Message', '')}")
        if code in ("EntityTooLarge", "RequestEntityTooLarge") or status == 413:
            return Refused(f"the store refuses it: {told}")
        if code in AGAIN or status >= 500 or status in (408, 409, 425, 429) or not status:
            return TryAgain(f"the store does not take it now: {told}")
        return Broken(
            f"the store refuses the sink: {told}", hint="Look at the bucket, region, keys and rights."
        )

    def _told(self, text: str) -> str:
        return self._settings.hide(" ".join(text.split()))[:300]

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._client.close()


KIND = Kind(
    name="s3",
    summary="Amazon S3 or another store with its protocol: objects with many lines of JSON.",
    example="s3:my-bucket/kubernetes/events?region=eu-central-1&linger=5m",
    options=(
        Option("region", "of the bucket; as the AWS tools find it, where it is not given", text),
        Option("endpoint", "of another store, as in http://minio:9000", text),
        Option("access_key", "as the AWS tools find it, where it is not given", any_text, secret=True),
        Option("secret_key", "its secret", any_text, secret=True),
        Option("gzip", "compress the objects", boolean, True),
        Option("linger", "how long to gather for one object, of 5000 events at most", duration, 60.0),
        format_option(),
    ),
    open=S3,
    modules=("boto3",),
    extra="s3",
    batch=5000,
)
