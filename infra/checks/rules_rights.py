"""What each function may do, reads from its environment and calls; who may use which key."""

import re
import tomllib

from rule import rule
from tree import FUNCTIONS, TEMPLATES, listed, role_policies, statements, text_of, walk

DELETES = ["dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete", "dynamodb:DeleteTable", "dynamodb:UpdateTimeToLive",
           "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "kms:ScheduleKeyDeletion", "kms:DisableKey"]
# No administrator's right is a right to forge, to derive or to read
USES = ["kms:Sign", "kms:GenerateMac", "kms:VerifyMac", "kms:Encrypt", "kms:GenerateDataKey"]
# The AWS SDK's methods, by service
CALLS = {
    "dynamodb": ["get_item", "put_item", "update_item", "delete_item", "query", "scan", "batch_get_item", "batch_write_item", "transact_write_items", "transact_get_items", "execute_statement"],
    "s3": ["get_object", "put_object", "head_object", "copy_object", "delete_object", "delete_objects", "list_objects_v2", "list_object_versions", "get_object_retention", "put_object_retention", "put_object_legal_hold"],
    "kms": ["generate_mac", "verify_mac", "sign", "verify", "get_public_key", "encrypt", "decrypt", "generate_data_key", "describe_key"],
    "bedrock": ["converse", "converse_stream", "invoke_model", "invoke_model_with_response_stream"],
}


@rule
def no_wildcard(tree):
    """Roles name every action and every resource; a star stands only behind a place that is named."""
    for role, document in role_policies(tree):
        for statement in statements(document):
            if statement["Effect"] == "Deny":
                continue
            if "NotAction" in statement or "NotResource" in statement:
                yield f"{role}: {statement.get('Sid')} allows all but something"
            for action in listed(statement.get("Action")):
                if "*" in action:
                    yield f"{role}: {statement.get('Sid')} allows {action}"
                if action in DELETES:
                    yield f"{role}: {statement.get('Sid')} may delete ({action})"
            for resource in map(text_of, listed(statement.get("Resource"))):
                if "*" in resource and not re.fullmatch(r"\$\{[\w.]+Arn\}(/\w+)?/\*", resource):
                    yield f"{role}: {statement.get('Sid')} names no resource but {resource}"
    for name in TEMPLATES:
        for logical, role in tree.properties(name, "AWS::IAM::Role"):
            managed = [text_of(p) for p in role.get("ManagedPolicyArns", [])]
            # API Gateway accepts nothing less as the role of an account's logs
            if managed and logical != "GatewayLogWriter":
                yield f"{name} {logical}: takes rights from {managed}"


@rule
def log_writer(tree):
    """Only audit-writer writes `LOG#`: by every role's leading keys, by the table's policy, by the bucket's."""
    for role, document in role_policies(tree):
        for statement in statements(document):
            actions = listed(statement.get("Action"))
            keys, closed = leading_keys(statement)
            of_table = "${Store.Outputs.TableArn}" in map(text_of, listed(statement.get("Resource")))
            if statement["Effect"] != "Allow" or not of_table:
                continue
            # ForAllValues is true of a request that names no key at all
            if not keys or not closed:
                yield f"{role}: {statement.get('Sid')} reaches every row of the table"
            writes = {"dynamodb:PutItem", "dynamodb:UpdateItem"} & set(actions)
            if writes and role != "audit-writer" and any(k.startswith(("LOG", "*")) for k in keys):
                yield f"{role}: {statement.get('Sid')} writes the log"
    for _, table in tree.properties("store.yaml", "AWS::DynamoDB::Table"):
        denied = {s["Sid"]: s for s in statements(table.get("ResourcePolicy", {}).get("PolicyDocument", {"Statement": []})) if s["Effect"] == "Deny"}
        log = denied.get("OnlyAuditWriterWritesTheLog", {})
        condition = log.get("Condition", {})
        writers = [text_of(w) for w in listed(condition.get("ArnNotEquals", {}).get("aws:PrincipalArn"))]
        if condition.get("ForAnyValue:StringLike") != {"dynamodb:LeadingKeys": ["LOG#*"]} or writers != ["${AuditWriterRole.Arn}", "${LogOperatorRoleArn}"] or not {"dynamodb:PutItem", "dynamodb:UpdateItem"} <= set(listed(log.get("Action"))):
            yield "the table lets others than audit-writer write the log"
        if not {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateTimeToLive"} <= set(listed(denied.get("NobodyDeletes", {}).get("Action"))):
            yield "the table lets rows be deleted"
    # A change of the log's key begins with a row that the operator writes
    if tree.yaml("template.yaml")["Parameters"]["LogOperatorRoleArn"]["Default"] != "":
        yield "without being asked, somebody else than audit-writer may write the log"
    policies = {text_of(p["Bucket"]): p["PolicyDocument"] for _, p in tree.properties("store.yaml", "AWS::S3::BucketPolicy")}
    for bucket, writers in [("${AuditBucket}", ["${AuditWriterRole.Arn}"]), ("${DocumentsBucket}", ["${GenerateDocumentRole.Arn}", "${FinalizeDocumentRole.Arn}"])]:
        allowed = None
        for statement in statements(policies[bucket]):
            unless = statement.get("Condition", {}).get("ArnNotEquals", {}).get("aws:PrincipalArn")
            if statement["Effect"] == "Deny" and "s3:PutObject" in listed(statement["Action"]) and unless:
                allowed = [text_of(w) for w in listed(unless)]
        if allowed != writers:
            yield f"{bucket}: written by {allowed}, not by {writers} alone"


def leading_keys(statement):
    condition = statement.get("Condition", {})
    keys = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
    return listed(keys), condition.get("Null", {}).get("dynamodb:LeadingKeys") == "false"


@rule
def keys(tree):
    """Keys: nobody administers and uses one; only audit-writer signs; symmetric ones rotate; all outlive the stack."""
    for name in ["store.yaml", "log-key.yaml"]:
        for logical, resource in tree.resources(name, "AWS::KMS::Key"):
            key = resource["Properties"]
            spec = key.get("KeySpec", "SYMMETRIC_DEFAULT")
            if resource.get("DeletionPolicy") != "Retain" or key.get("PendingWindowInDays") != 30:
                yield f"{name} {logical}: could go with the stack, or in less than 30 days"
            if spec == "SYMMETRIC_DEFAULT" and key.get("EnableKeyRotation") is not True:
                yield f"{name} {logical}: does not rotate"
            for statement in statements(key["KeyPolicy"]):
                actions = listed(statement["Action"])
                yield from (f"{name} {logical}: {statement['Sid']} allows {a}" for a in actions if "*" in a)
                if statement["Principal"] == "*" or statement["Principal"].get("AWS") == "*":
                    yield f"{name} {logical}: {statement['Sid']} is for everybody"
                if statement["Sid"] == "Administration" and (set(actions) & set(USES)):
                    yield f"{name} {logical}: whoever administers it may use it"
                whom = {w for p in statement["Principal"].values() for w in map(text_of, listed(p))}
                if "kms:Sign" in actions and whom - {"${AuditWriterRole.Arn}", "${AuditWriterRoleArn}"}:
                    yield f"{name} {logical}: others than audit-writer sign"
                if "kms:Sign" in actions and statement.get("Condition", {}).get("StringEquals", {}).get("kms:SigningAlgorithm") != "ED25519_SHA_512":
                    yield f"{name} {logical}: signs by another algorithm than the log's"
    specs = {l: (k.get("KeySpec"), k.get("KeyUsage")) for l, k in tree.properties("store.yaml", "AWS::KMS::Key")}
    if specs.get("LogKey") != ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY") or specs.get("MacKey") != ("HMAC_256", "GENERATE_VERIFY_MAC"):
        yield "log and MACs do not have the keys that the functions expect"


@rule
def model_in_japan(tree):
    """No model outside Tokyo and Osaka unless the operator names it."""
    model = tree.yaml("template.yaml")["Parameters"]["ModelId"]
    if not model["Default"].startswith("jp.") or not model.get("AllowedPattern", "").startswith(r"^jp\."):
        yield f"ModelId: {model['Default']} may leave Japan, or another may be typed in"
    if tree.yaml("template.yaml")["Parameters"]["ModelOutsideJapan"]["Default"] != "":
        yield "ModelOutsideJapan: names a model without being asked"
    denied = False
    for role, document in role_policies(tree):
        for statement in document["Statement"]:
            for one in listed(statement):
                if not any(a.startswith("bedrock:") for a in listed(one.get("Action"))):
                    continue
                if one["Effect"] == "Deny":
                    places = [text_of(r) for r in listed(one.get("NotResource"))]
                    denied |= bool(places) and all(re.search(r"inference-profile/jp\.\*$|:ap-northeast-[13]::foundation-model/\*$", p) for p in places)
                    continue
                optional = isinstance(statement, dict) and "Fn::If" in statement and statement["Fn::If"][0] == "OutsideJapan"
                for resource in map(text_of, listed(one["Resource"])):
                    in_japan = resource.endswith("inference-profile/${ModelId}") or re.search(r":bedrock:\$\{(AWS::Region|Japan)\}::foundation-model/", resource)
                    if not in_japan and not (optional and resource == "${ModelOutsideJapanArns}"):
                        yield f"{role}: may call {resource}"
    if not denied:
        yield "no policy denies models outside Japan"
    regions = tree.yaml("template.yaml")["Mappings"]["Japan"]
    if regions != {"ap-northeast-1": {"Tokyo": "ap-northeast-3"}, "ap-northeast-3": {"Osaka": "ap-northeast-1"}}:
        yield f"Regions in Japan are not {sorted(regions)}"
    used = [v for v in walk(tree.yaml("template.yaml")["Resources"]) if v == {"Fn::FindInMap": ["Japan", {"Ref": "AWS::Region"}, {"Ref": "Region"}]}]
    if not used:
        yield "the Region of deployment is not compared with the one that was asked for"


@rule
def environment(tree):
    """The template sets every variable that a function reads, and no other."""
    shared = dict(re.findall(r"(\w+): (?:required\(|std::env::var\()\"(FUDE_\w+)\"", tree.text("shared/aws/src/config.rs")))
    for binary, (logical, function) in tree.functions().items():
        read = set()
        for _, text in tree.sources(f"functions/{binary}/src"):
            code = re.sub(r"//.*", "", text)
            read |= set(re.findall(r'"(FUDE_[A-Z_]+)"', code))
            # Of the configuration that functions share, each takes what it needs
            read |= {variable for field, variable in shared.items() if re.search(rf"(shared|config)\.{field}\b", code)}
        given = set(function.get("Environment", {}).get("Variables", {}))
        yield from (f"{logical}: reads {name}, which is not set" for name in sorted(read - given))
        yield from (f"{logical}: never reads {name}" for name in sorted(given - read))


@rule
def calls(tree):
    """`calls.toml` names every call of every function; its role allows what they take, and nothing more."""
    book = tomllib.loads(tree.text("infra/checks/calls.toml"))
    places = book.pop("places")
    if sorted(book) != sorted(FUNCTIONS):
        yield f"calls.toml: has {sorted(book)}"
    allowed = {binary: set() for binary in FUNCTIONS}
    for role, document in role_policies(tree):
        for statement in statements(document):
            if role in allowed and statement["Effect"] == "Allow":
                given = leading_keys(statement)[0] or [""]
                allowed[role] |= {(a, r, k) for a in listed(statement["Action"]) for r in map(text_of, listed(statement["Resource"])) for k in given}
    for binary, entries in book.items():
        needed = set()
        for entry in entries:
            if ("call" in entry) == ("why" in entry and "call" not in entry):
                yield f"{binary}: {entry} is neither a call nor has it a reason"
            needed |= {(a, places[p], k) for a in entry["allow"] for p in entry["on"] for k in entry.get("keys", [""])}
        yield from (f"{binary}: its role does not allow {' '.join(right)}" for right in sorted(needed - allowed[binary]))
        yield from (f"{binary}: its role allows {' '.join(right)}, which no call takes" for right in sorted(allowed[binary] - needed))
        named = {entry["call"] for entry in entries if "call" in entry}
        own = {call for _, text in tree.sources(f"functions/{binary}/src") for call in called(text)}
        common = {call for _, text in tree.sources("shared/aws/src") for call in called(text)}
        yield from (f"{binary}: calls {call}, which calls.toml does not name" for call in sorted(own - named))
        yield from (f"{binary}: calls.toml names {call}, which nothing calls" for call in sorted(named - own - common))


def called(text):
    """`dynamodb GetItem` and the like, by the SDK's methods."""
    for service, methods in CALLS.items():
        for method in methods:
            if re.search(rf"\.{method}\(\)", text):
                yield f"{service} {method.title().replace('_', '')}"
