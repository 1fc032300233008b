"""Clients of one stack, short forms of what is asked of it, and the list of what is asked."""

import base64
import hashlib
import os
import time
import uuid
from datetime import datetime, timedelta, timezone

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

S3_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
S3_API = "https://docs.aws.amazon.com/AmazonS3/latest/API/"
DDB = "https://docs.aws.amazon.com/amazondynamodb/latest/"
DDB_API = DDB + "APIReference/"
BEHAVIOURS = []


def behaviour(expected, source):
    """The function's name says what is asked, its result must be `expected`, `source` is where AWS says so."""

    def register(function):
        BEHAVIOURS.append((function.__name__.replace("_", " "), function, expected, source))
        return function

    return register


def code(call, **arguments):
    """`200`, or status and name of the error."""
    try:
        answer = call(**arguments)
        return str(answer["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as error:
        return f'{error.response["ResponseMetadata"]["HTTPStatusCode"]} {error.response["Error"]["Code"]}'


def sha256(body):
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def key():
    return f"behaviours/{uuid.uuid4()}"


class Stand:
    """Clients of one stack, and short forms of what is asked of it."""

    def __init__(self, ready):
        session = botocore.session.get_session()
        common = {
            "region_name": os.environ.get("AWS_REGION", "ap-northeast-1"),
            "aws_access_key_id": os.environ.get("AWS_ACCESS_KEY_ID", "local"),
            "aws_secret_access_key": os.environ.get("AWS_SECRET_ACCESS_KEY", "local"),
            "aws_session_token": os.environ.get("AWS_SESSION_TOKEN"),
        }
        # The stand-in's sequence numbers are shorter than the 21 digits that the SDK asks for
        config = Config(retries={"max_attempts": 0}, proxies={}, parameter_validation=False)
        path = config.merge(Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"))
        self.s3 = session.create_client("s3", endpoint_url=ready["s3"], config=path, **common)
        self.db = session.create_client("dynamodb", endpoint_url=ready["dynamodb"], config=config, **common)
        self.streams = session.create_client("dynamodbstreams", endpoint_url=ready["streams"], config=config, **common)
        self.table, self.bucket = ready["table"], ready["buckets"]["documents"]

    def put(self, name, body=b"one", **more):
        return self.s3.put_object(Bucket=self.bucket, Key=name, Body=body, **more)

    def lock(self, name, mode, days, **more):
        until = datetime.now(timezone.utc) + timedelta(days=days)
        retention = {"Mode": mode, "RetainUntilDate": until}
        body = {"Bucket": self.bucket, "Key": name, "Retention": retention, "ChecksumAlgorithm": "SHA256"}
        return code(self.s3.put_object_retention, **body, **more)

    def row(self, pk, sk="1", **more):
        return {"pk": {"S": pk}, "sk": {"S": sk}, **more}

    def put_row(self, row, **more):
        return self.db.put_item(TableName=self.table, Item=row, **more)

    def transact(self, *items, **more):
        return self.db.transact_write_items(TransactItems=list(items), **more)

    def write(self, row, **more):
        return {"Put": {"TableName": self.table, "Item": row, **more}}

    def has(self, pk, sk="1"):
        found = self.db.get_item(TableName=self.table, Key=self.row(pk, sk), ConsistentRead=True)
        return "Item" in found

    def shards(self):
        listed = self.streams.list_streams(TableName=self.table)["Streams"]
        arn = max(listed, key=lambda stream: stream["StreamLabel"])["StreamArn"]
        return arn, [s["ShardId"] for s in self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]]

    def records(self, pk, count):
        """Stream records of one partition, oldest first, and how the last page of its shard ended."""
        arn, shards = self.shards()
        deadline = time.time() + 20
        while True:
            for shard in shards:
                found, page = [], None
                asked = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
                iterator = self.streams.get_shard_iterator(**asked)["ShardIterator"]
                while iterator:
                    page = self.streams.get_records(ShardIterator=iterator)
                    found += [r for r in page["Records"] if r["dynamodb"]["Keys"]["pk"]["S"] == pk]
                    iterator = page.get("NextShardIterator") if page["Records"] else None
                if len(found) >= count:
                    return arn, shard, found, page
            if time.time() > deadline:
                return arn, shards[0], found, page
            time.sleep(0.3)
