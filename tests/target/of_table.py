"""What DynamoDB documents and the functions rest on, and of its streams what the log rests on."""

import time
import uuid

from botocore.exceptions import ClientError

from stand import DDB, DDB_API, behaviour, code, key


@behaviour("400 ConditionalCheckFailedException", DDB_API + "API_PutItem.html")
def a_row_that_must_not_be_there_yet(stand):
    row = stand.row(key())
    stand.put_row(row)
    return code(stand.put_row, row=row, ConditionExpression="attribute_not_exists(pk)")


@behaviour("None, ConditionalCheckFailed with its row, None; nothing written", DDB_API + "API_TransactWriteItems.html")
def why_a_transaction_was_cancelled(stand):
    there, other = stand.row(key()), stand.row(key())
    stand.put_row(there)
    refused = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    third = stand.row(key())
    try:
        stand.transact(stand.write(other), stand.write(there, **refused), stand.write(third))
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        told = ", ".join(r["Code"] + (" with its row" if r.get("Item") == there else "") for r in reasons)
        written = stand.has(other["pk"]["S"]) or stand.has(third["pk"]["S"])
        return f'{told}; {"something" if written else "nothing"} written'
    return "written"


@behaviour("200, 200 and no second record, 400 IdempotentParameterMismatchException", DDB_API + "API_TransactWriteItems.html")
def a_transaction_repeated_by_its_token(stand):
    name, token = key(), str(uuid.uuid4())
    once = stand.write(stand.row(name), ConditionExpression="attribute_not_exists(pk)")
    codes = [code(stand.db.transact_write_items, TransactItems=[once], ClientRequestToken=token) for _ in range(2)]
    other = [stand.write(stand.row(key()))]
    codes.append(code(stand.db.transact_write_items, TransactItems=other, ClientRequestToken=token))
    records = len(stand.records(name, 1)[2])
    return f'{codes[0]}, {codes[1]} and {"no second record" if records == 1 else f"{records} records"}, {codes[2]}'


@behaviour("400 ValidationException", DDB_API + "API_TransactWriteItems.html")
def two_acts_on_one_row_in_a_transaction(stand):
    row = stand.row(key())
    delete = {"Delete": {"TableName": stand.table, "Key": row}}
    return code(stand.db.transact_write_items, TransactItems=[stand.write(row), delete])


@behaviour("400 ValidationException", DDB_API + "API_TransactWriteItems.html")
def a_transaction_of_a_hundred_and_one(stand):
    rows = [stand.write(stand.row(key())) for _ in range(101)]
    return code(stand.db.transact_write_items, TransactItems=rows)


@behaviour("400 ValidationException", DDB + "developerguide/Constraints.html")
def a_row_over_400_kilobytes(stand):
    return code(stand.put_row, row=stand.row(key(), v={"S": "x" * 409_600}))


@behaviour("400 ValidationException", DDB + "developerguide/HowItWorks.NamingRulesDataTypes.html")
def a_key_without_a_character(stand):
    return code(stand.put_row, row=stand.row(""))


@behaviour("400 ValidationException", DDB_API + "API_PutItem.html")
def the_key_of_an_index_in_another_type(stand):
    return code(stand.put_row, row=stand.row(key(), pending={"N": "1"}, recordedAt={"S": "1"}))


@behaviour("400 ValidationException", DDB_API + "API_Query.html")
def a_consistent_read_of_an_index(stand):
    wanted = {"KeyConditionExpression": "pending = :p", "ExpressionAttributeValues": {":p": {"S": "h"}}}
    return code(stand.db.query, TableName=stand.table, IndexName="pending", ConsistentRead=True, **wanted)


@behaviour("pending pk recordedAt sk, in order", DDB + "developerguide/GSI.html")
def an_index_of_keys_alone(stand):
    name = key()
    for at in ["3", "1", "2"]:
        stand.put_row(stand.row(name, at, pending={"S": name}, recordedAt={"S": at}, more={"S": "x"}))
    wanted = {"KeyConditionExpression": "pending = :p", "ExpressionAttributeValues": {":p": {"S": name}}}
    deadline = time.time() + 10
    while True:
        items = stand.db.query(TableName=stand.table, IndexName="pending", **wanted)["Items"]
        if len(items) == 3 or time.time() > deadline:
            break
        time.sleep(0.2)
    names = " ".join(sorted({n for item in items for n in item}))
    ordered = [item["recordedAt"]["S"] for item in items] == ["1", "2", "3"]
    return f'{names}, {"in order" if ordered else "not in order"}'


@behaviour("400 ValidationException", DDB_API + "API_PutItem.html")
def a_value_that_no_expression_uses(stand):
    unused = {"ConditionExpression": "attribute_not_exists(pk)", "ExpressionAttributeValues": {":u": {"S": "x"}}}
    return code(stand.put_row, row=stand.row(key()), **unused)


@behaviour("2, 1 at the limit", DDB_API + "API_Query.html")
def a_partition_page_by_page(stand):
    name, pages, start = key(), [], {}
    for number in range(3):
        stand.put_row(stand.row(name, str(number)))
    wanted = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": name}}, "Limit": 2}
    while True:
        page = stand.db.query(TableName=stand.table, ConsistentRead=True, **wanted, **start)
        pages.append(str(page["Count"]))
        if "LastEvaluatedKey" not in page:
            return ", ".join(pages) + " at the limit"
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


@behaviour("INSERT 1, MODIFY 1, REMOVE 1", DDB + "developerguide/Streams.html")
def changes_of_a_row_and_no_record_of_what_changes_nothing(stand):
    name = key()
    for value in ["a", "a", "b"]:
        stand.put_row(stand.row(name, v={"S": value}))
    stand.db.delete_item(TableName=stand.table, Key=stand.row(name))
    return ", ".join(f'{r["eventName"]} {r["dynamodb"]["Keys"]["sk"]["S"]}' for r in stand.records(name, 3)[2])


@behaviour("NEW_IMAGE True, keys pk sk, old image False", DDB_API + "API_streams_StreamRecord.html")
def what_a_record_of_new_images_holds(stand):
    name = key()
    stand.put_row(stand.row(name, v={"S": "a"}))
    record = stand.records(name, 1)[2][0]["dynamodb"]
    whole = record.get("NewImage") == stand.row(name, v={"S": "a"})
    return f'{record["StreamViewType"]} {whole}, keys {" ".join(sorted(record["Keys"]))}, old image {"OldImage" in record}'


@behaviour("at least 1", DDB_API + "API_streams_StreamRecord.html")
def the_size_of_a_record_in_bytes(stand):
    name = key()
    stand.put_row(stand.row(name))
    size = stand.records(name, 1)[2][0]["dynamodb"].get("SizeBytes", 0)
    return "at least 1" if size >= 1 else str(size)


@behaviour("21 to 40 digits", DDB_API + "API_streams_StreamRecord.html")
def the_length_of_a_sequence_number(stand):
    name = key()
    stand.put_row(stand.row(name))
    number = stand.records(name, 1)[2][0]["dynamodb"]["SequenceNumber"]
    return "21 to 40 digits" if number.isdigit() and 21 <= len(number) <= 40 else f"{len(number)} characters"


@behaviour("2 3 4, open", DDB_API + "API_streams_GetShardIterator.html")
def reading_on_after_a_sequence_number(stand):
    name = key()
    for number in "1234":
        stand.put_row(stand.row(name, number))
    arn, shard, found, page = stand.records(name, 4)
    after = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": found[0]["dynamodb"]["SequenceNumber"]}
    iterator = stand.streams.get_shard_iterator(StreamArn=arn, ShardId=shard, **after)["ShardIterator"]
    rest = stand.streams.get_records(ShardIterator=iterator)["Records"]
    told = [r["dynamodb"]["Keys"]["sk"]["S"] for r in rest if r["dynamodb"]["Keys"]["pk"]["S"] == name]
    return f'{" ".join(told)}, {"open" if page.get("NextShardIterator") else "ended"}'


@behaviour("2 records", DDB + "developerguide/transaction-apis.html")
def a_transaction_in_the_stream(stand):
    name = key()
    stand.transact(stand.write(stand.row(name, "1")), stand.write(stand.row(name, "2")))
    return f"{len(stand.records(name, 2)[2])} records"
