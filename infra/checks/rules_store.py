"""What is kept and watched: buckets, table, stages, stream, schedules, alarms, trail; and that the templates fit each other."""

import json
import re

from rule import rule
from tree import FUNCTIONS, ROOT, TEMPLATES, listed, statements, text_of, walk

LOCKED = [("store.yaml", "DocumentsBucket"), ("store.yaml", "AuditBucket"), ("watch.yaml", "TrailBucket")]
# By metric: what a person must be told of
WATCHED = ["OldTls", "IntegrityFailures", "LogStopped", "OldestPendingEvent", "ClockOffset", "IteratorAge", "OnFailureDestinationDeliveredEventCount",
           "Errors", "5XXError", "DaysToExpiry", "ExecutionsFailed"]


@rule
def buckets(tree):
    """Evidence is locked and versioned; everything is encrypted, closed, spoken to over TLS, and outlives the stack."""
    for name, wanted in LOCKED:
        bucket = dict(tree.resources(name, "AWS::S3::Bucket")).get(wanted, {}).get("Properties", {})
        if bucket.get("ObjectLockEnabled") is not True or bucket.get("VersioningConfiguration", {}).get("Status") != "Enabled":
            yield f"{name} {wanted}: is not locked"
    for name in TEMPLATES:
        policies = {text_of(p["Bucket"]): p["PolicyDocument"] for _, p in tree.properties(name, "AWS::S3::BucketPolicy")}
        for logical, resource in tree.resources(name, "AWS::S3::Bucket"):
            bucket, where = resource["Properties"], f"{name} {logical}"
            algorithms = [r["ServerSideEncryptionByDefault"]["SSEAlgorithm"] for r in bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])]
            # Load balancers cannot write where the key is one of KMS
            if algorithms != ["AES256" if logical == "DoorLogs" else "aws:kms"]:
                yield f"{where}: is not encrypted with a key of its own"
            if list(bucket.get("PublicAccessBlockConfiguration", {}).values()) != [True] * 4:
                yield f"{where}: could be made public"
            if resource.get("DeletionPolicy") != "Retain" or resource.get("UpdateReplacePolicy") != "Retain":
                yield f"{where}: goes with the stack"
            denied = [s for s in statements(policies.get("${" + logical + "}", {"Statement": []})) if s["Effect"] == "Deny" and s["Principal"] == "*"]
            if not any(s.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false" for s in denied):
                yield f"{where}: may be spoken to without TLS"
            if (name, logical) in LOCKED and not any({"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"} <= set(listed(s["Action"])) and "Condition" not in s for s in denied):
                yield f"{where}: its policy lets evidence be deleted"
            expires = [r for r in bucket.get("LifecycleConfiguration", {}).get("Rules", []) if "ExpirationInDays" in r]
            if (name, logical) in LOCKED and any(r.get("Prefix") != "draft/" for r in expires):
                yield f"{where}: something else than drafts expires"
            if logical in ("AuditBucket", "DocumentsBucket"):
                # Absent headers show as null: a put without any condition could overwrite
                only = [s for s in denied if listed(s["Action"]) == ["s3:PutObject"] and s.get("Condition", {}).get("Null", {}).get("s3:if-none-match") == "true"]
                if not only:
                    yield f"{where}: takes unconditional puts"
    records = dict(tree.properties("store.yaml", "AWS::S3::Bucket"))["RecordsBucket"]
    if not any(r.get("ExpirationInDays") == {"Ref": "RecordDays"} for r in records.get("LifecycleConfiguration", {}).get("Rules", [])):
        yield "staged records never expire"


@rule
def table(tree):
    """Stream, recovery, deletion protection, own key; keys and indexes are those of the local cloud."""
    local = tree.text("infra/local/dynamodb/src/database.rs")
    for logical, resource in tree.resources("store.yaml", "AWS::DynamoDB::Table"):
        table = resource["Properties"]
        if table.get("StreamSpecification", {}).get("StreamViewType") != "NEW_IMAGE":
            yield f"{logical}: has no stream of new images"
        if table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is not True:
            yield f"{logical}: cannot be recovered"
        if table.get("DeletionProtectionEnabled") is not True or resource.get("DeletionPolicy") != "Retain":
            yield f"{logical}: may be deleted"
        if text_of(table.get("SSESpecification", {}).get("KMSMasterKeyId")) != "${DataKey.Arn}":
            yield f"{logical}: is not encrypted with the key of this installation"
        indexes = {(i["IndexName"], *(k["AttributeName"] for k in i["KeySchema"]), i["Projection"]["ProjectionType"]) for i in table["GlobalSecondaryIndexes"]}
        there = set(re.findall(r'index\("([\w-]+)", "(\w+)", "(\w+)", "(\w+)"\)', local))
        if not there or indexes != there:
            yield f"{logical}: has indexes {sorted(indexes ^ there)} that the local cloud has not, or the other way round"
        attributes = {a["AttributeName"] for a in table["AttributeDefinitions"]}
        (names,) = re.findall(r"let attributes =\s*\[([^\]]+)\]", local)
        if attributes != set(re.findall(r'"(\w+)"', names)):
            yield f"{logical}: defines other attributes than the local cloud"


@rule
def stages(tree):
    """A trial, the default, locks for a day in governance mode; compliance mode is for who types production."""
    template = tree.yaml("template.yaml")
    stage = template["Parameters"]["Stage"]
    if stage.get("Default") != "trial" or stage.get("AllowedValues") != ["trial", "production"]:
        yield "Stage: production need not be typed out"
    if template["Conditions"]["Production"] != {"Fn::Equals": [{"Ref": "Stage"}, "production"]}:
        yield "Production: is something else than the stage of that name"
    for binary, (logical, function) in tree.functions().items():
        variables = function["Environment"]["Variables"]
        mode = variables.get("FUDE_RETENTION_MODE")
        if mode not in (None, {"Fn::If": ["Production", "COMPLIANCE", "GOVERNANCE"]}):
            yield f"{logical}: locks otherwise than its stage"
        days = variables.get("FUDE_LOG_RETENTION_DAYS")
        if days not in (None, {"Fn::If": ["Production", {"Ref": "LogRetentionDays"}, 1]}):
            yield f"{logical}: a trial locks the log for longer than a day"
    if template["Parameters"]["LogRetentionDays"].get("MinValue", 0) < 3653:
        yield "LogRetentionDays: the log may go before the documents"
    for _, bucket in tree.properties("watch.yaml", "AWS::S3::Bucket"):
        held = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        if held != {"Mode": {"Fn::If": ["Production", "COMPLIANCE", "GOVERNANCE"]}, "Days": {"Fn::If": ["Production", {"Ref": "LogRetentionDays"}, 1]}}:
            yield "the trail locks otherwise than its stage"


@rule
def stream_mapping(tree):
    """A mapping that loses nothing: new events only, ten attempts, halves, then parked in S3 whole."""
    mappings = tree.properties("template.yaml", "AWS::Lambda::EventSourceMapping")
    if len(mappings) != 1:
        yield "there is not exactly one mapping"
    for logical, mapping in mappings:
        wanted = {"StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 10, "BisectBatchOnFunctionError": True, "ParallelizationFactor": 1,
                  "FunctionResponseTypes": ["ReportBatchItemFailures"], "EventSourceArn": {"Fn::GetAtt": ["Store", "Outputs.StreamArn"]},
                  "FunctionName": {"Ref": "AuditWriterFunction"}}
        yield from (f"{logical}: {key} is {mapping.get(key)}, not {value}" for key, value in wanted.items() if mapping.get(key) != value)
        if text_of(mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")) != "${Store.Outputs.FailureBucketArn}":
            yield f"{logical}: what is given up is lost"
        if mapping.get("BatchSize", 100) > 90:
            yield f"{logical}: hands over more events than one transaction takes"
        patterns = [json.loads(f["Pattern"]) for f in mapping.get("FilterCriteria", {}).get("Filters", [])]
        if patterns != [{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"sk": {"S": [{"prefix": "EVENT#"}]}}}}]:
            yield f"{logical}: hands over other rows than new events"


@rule
def functions(tree):
    """Built for arm64 as the workspace builds them, one role each, time-outs of the local cloud, swept where they sweep."""
    common = tree.yaml("template.yaml")["Globals"]["Function"]
    if common.get("Runtime") != "provided.al2023" or common.get("Architectures") != ["arm64"]:
        yield "functions run elsewhere than on arm64 and provided.al2023"
    if sorted(tree.functions()) != sorted(FUNCTIONS):
        yield f"the functions are {sorted(tree.functions())}"
    roles = [text_of(f["Role"]) for _, f in tree.functions().values()]
    if len(set(roles)) != len(roles):
        yield "functions share a role"
    local = tree.text("infra/local/cloud/src/stack.rs")
    seconds = dict(zip(re.findall(r"function\((\w+), ", local), map(int, re.findall(r"function\(\w+, (\d+), ", local))))
    for logical, resource in tree.resources("template.yaml", "AWS::Serverless::Function"):
        function, metadata = resource["Properties"], resource["Metadata"]
        binary = metadata["BuildProperties"]["Binary"]
        if metadata["BuildMethod"] != "rust-cargolambda" or function["CodeUri"] != f"../functions/{binary}":
            yield f"{logical}: is not built from functions/{binary}"
        if function["Timeout"] != seconds.get(binary.split("-")[0]):
            yield f"{logical}: has {function['Timeout']} s, in the local cloud {seconds.get(binary.split('-')[0])}"
        # EventBridge Scheduler sends another event, which the functions refuse
        scheduled = [e["Type"] for e in function["Events"].values() if e["Type"].startswith("Schedule")]
        wanted = ["Schedule"] if (ROOT / "events" / binary / "schedule.json").exists() else []
        if scheduled != wanted:
            yield f"{logical}: has the schedules {scheduled}, not {wanted}"
        if not text_of(function.get("LoggingConfig", {}).get("LogGroup")).startswith("${"):
            yield f"{logical}: logs into a group that keeps its lines for ever, unencrypted"


@rule
def alarms(tree):
    """What must be told is told, by metrics that somebody prints."""
    printed = set()
    for binary in FUNCTIONS:
        for _, text in tree.sources(f"functions/{binary}/src"):
            printed |= set(re.findall(r'head\(at, &\[[^\]]*\], "(\w+)"', text))
    filtered = {t["MetricName"] for _, f in tree.properties("watch.yaml", "AWS::Logs::MetricFilter") for t in f["MetricTransformations"]}
    seen = set()
    for name in ["watch.yaml", "alb.yaml"]:
        for logical, alarm in tree.properties(name, "AWS::CloudWatch::Alarm"):
            metrics = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm]
            for metric in metrics:
                seen.add(metric["MetricName"])
                if metric["Namespace"] == "Fude" and metric["MetricName"] not in printed | filtered:
                    yield f"{logical}: nobody prints {metric['MetricName']}"
            if not alarm.get("AlarmActions"):
                yield f"{logical}: tells nobody"
    yield from (f"{metric}: has no alarm" for metric in WATCHED if metric not in seen)
    yield from (f"{metric}: is printed, and has no alarm" for metric in sorted(printed - seen))
    codes = set(re.findall(r'Some\("(E_\w+)"\)', tree.text("functions/audit-writer/src/error.rs")))
    watch = dict(tree.properties("watch.yaml", "AWS::CloudWatch::Alarm"))
    told = {d["Value"] for m in watch["LogStopped"]["Metrics"] if "MetricStat" in m for d in m["MetricStat"]["Metric"]["Dimensions"]}
    if not codes or codes != told:
        yield f"LogStopped: audit-writer stops with {sorted(codes)}, the alarm knows {sorted(told)}"
    silent = [l for l, a in watch.items() if a.get("MetricName") == "OldestPendingEvent" and a["TreatMissingData"] != "breaching"]
    yield from (f"{logical}: is silent where nobody sweeps" for logical in silent)
    if not any(tree.properties("watch.yaml", "AWS::Budgets::Budget")):
        yield "nobody is told of the cost"
    if "TruststoreWarnings" not in str(tree.yaml("watch.yaml")["Resources"].get("TruststoreWatch")):
        yield "nobody is told of the trust store's warnings"


@rule
def trail(tree):
    """Every touch of rows and objects is in a validated trail that cannot be deleted."""
    trails = tree.properties("watch.yaml", "AWS::CloudTrail::Trail")
    if not trails:
        yield "there is no trail"
    for logical, trail in trails:
        if trail.get("IsLogging") is not True or trail.get("EnableLogFileValidation") is not True or "KMSKeyId" not in trail:
            yield f"{logical}: does not log, or its files could be altered or read"
        kinds = {}
        for selector in trail.get("AdvancedEventSelectors", []):
            fields = {f["Field"]: f for f in selector["FieldSelectors"]}
            kind = fields.get("resources.type", {"Equals": ["Management"]})["Equals"][0]
            arns = fields.get("resources.ARN", {})
            kinds[kind] = {text_of(a) for a in arns.get("StartsWith", []) + arns.get("Equals", [])}
        wanted = {"Management": set(), "AWS::S3::Object": {"${RecordsBucketArn}/", "${DocumentsBucketArn}/", "${AuditBucketArn}/"}, "AWS::DynamoDB::Table": {"${TableArn}"}}
        if kinds != wanted:
            yield f"{logical}: logs {sorted(kinds)} of some, not of all that is kept"


@rule
def nested(tree):
    """Nested templates get the parameters that they declare, and give the outputs that are asked for."""
    root = tree.yaml("template.yaml")
    for logical, stack in tree.properties("template.yaml", "AWS::CloudFormation::Stack"):
        inner = tree.yaml(stack["TemplateURL"].removeprefix("./"))
        given = set(stack.get("Parameters", {}))
        declared = set(inner["Parameters"])
        needed = {n for n, p in inner["Parameters"].items() if "Default" not in p}
        if given - declared or needed - given:
            yield f"{logical}: parameters {sorted((given - declared) | (needed - given))} are not given or not declared"
        text = " ".join(text_of(v) for v in walk(root) if isinstance(v, (dict, str)))
        asked = set(re.findall(rf"\$\{{{logical}\.Outputs\.(\w+)\}}", text))
        yield from (f"{logical}: has no output {name}" for name in sorted(asked - set(inner["Outputs"])))
    outputs = set(root["Outputs"])
    wanted = set(tree.yaml("alb.yaml")["Parameters"]) & {"UserPoolId", "UserPoolArn", "ClientId", "FirewallArn", "AlarmTopicArn", "RecordsBucket",
                                                         "GenerateDocumentFunctionArn", "FetchDocumentFunctionArn", "FinalizeDocumentFunctionArn"}
    wanted |= set(tree.yaml("log-key.yaml")["Parameters"]) - {"Name"}
    yield from (f"template.yaml: no output {name}, which another template asks for" for name in sorted(wanted - outputs))
