"""The port to the object storage: one bucket, reached by S3 with Signature V4 and path-style addresses.

Objects are bytes under a key here; what they mean is known elsewhere.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from server.config import Settings

CONFIGURATION = AioConfig(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    connect_timeout=5,
    read_timeout=30,
    retries={"total_max_attempts": 2, "mode": "standard"},
)
MISSING = ("404", "NoSuchBucket", "NoSuchKey", "NotFound")


class StorageError(Exception):
    """The storage refused or did not answer; the message is what it said."""


class Storage:
    """The bucket of the settings, for as long as `open_storage` holds it open."""

    def __init__(self, client: Any, bucket: str, region: str) -> None:
        self._client = client
        self._region = region
        self.bucket = bucket

    async def has_bucket(self) -> bool:
        async with _errors():
            try:
                await self._client.head_bucket(Bucket=self.bucket)
            except ClientError as error:
                if _code(error) not in MISSING:
                    raise
                return False
        return True

    async def ensure_bucket(self) -> bool:
        """Create the bucket where there is none; says whether it did."""
        if await self.has_bucket():
            return False
        # AWS wants the region said, unless it is the first one, where it refuses to hear it.
        place = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        async with _errors():
            await self._client.create_bucket(
                Bucket=self.bucket, **({} if self._region == "us-east-1" else place)
            )
        return True

    async def put(self, key: str, content: bytes, content_type: str = "application/octet-stream") -> None:
        async with _errors():
            await self._client.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)

    async def get(self, key: str) -> bytes | None:
        """The object's content, or None where there is no such object."""
        async with _errors():
            try:
                answer = await self._client.get_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if _code(error) not in MISSING:
                    raise
                return None
            async with answer["Body"] as body:
                return bytes(await body.read())

    async def delete(self, key: str) -> None:
        """Remove the object; where there is none, nothing happens."""
        async with _errors():
            await self._client.delete_object(Bucket=self.bucket, Key=key)


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[Storage]:
    async with get_session().create_client(
        "s3",
        region_name=settings.aws_region,
        endpoint_url=settings.s3_endpoint_url,
        aws_access_key_id=settings.aws_access_key_id,
        aws_secret_access_key=settings.aws_secret_access_key.get_secret_value(),
        config=CONFIGURATION,
    ) as client:
        yield Storage(client, settings.s3_bucket_name, settings.aws_region)


@asynccontextmanager
async def _errors() -> AsyncIterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StorageError(str(error)) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
