"""What stands between a hospital and the functions: TLS, certificates, tokens, routes, limits."""

import json
import re

from rule import rule
from tree import FUNCTIONS, listed, statements, text_of

SCOPE = "aws.cognito.signin.user.admin"
# What may quote a path, a query, a body or a value of them
TELLTALE = ["$context.path", "$context.requestOverride", "querystring", "$input", "error.message", "validationErrorString",
            "authorizer.claims.username", "authorizer.error", "authenticate.error", "integrationErrorMessage"]


@rule
def mutual_tls(tree):
    """API Gateway: certificates are asked for, against a trust store of a known version, and TLS 1.3 is offered."""
    domains = tree.properties("template.yaml", "AWS::ApiGateway::DomainName")
    if not domains:
        yield "there is no custom domain"
    for logical, domain in domains:
        mutual = domain.get("MutualTlsAuthentication", {})
        if not mutual.get("TruststoreUri") or not mutual.get("TruststoreVersion"):
            yield f"{logical}: mutual TLS needs a trust store and its version"
        if domain.get("SecurityPolicy") != "TLS_1_2":
            yield f"{logical}: mutual TLS can be combined with the policy TLS_1_2 only, which speaks 1.3 as well, not with {domain.get('SecurityPolicy')}"
        if domain.get("EndpointConfiguration", {}).get("Types") != ["REGIONAL"]:
            yield f"{logical}: mutual TLS needs a Regional domain"
        mapped = [text_of(m["DomainName"]) for _, m in tree.properties("template.yaml", "AWS::ApiGateway::BasePathMapping")]
        if "${" + logical + "}" not in mapped:
            yield f"{logical}: leads to no API"


@rule
def default_address(tree):
    """The address that AWS gives every API would let calls past mutual TLS."""
    for logical, api in tree.properties("template.yaml", "AWS::Serverless::Api"):
        if api.get("DisableExecuteApiEndpoint") is not True:
            yield f"{logical}: the default address is open"
    endpoint = tree.yaml("openapi.yaml")["servers"][0].get("x-amazon-apigateway-endpoint-configuration", {})
    if endpoint.get("disableExecuteApiEndpoint") is not True:
        yield "openapi.yaml: the first server leaves the default address open"


@rule
def sign_in(tree):
    """Two factors for everybody, accounts made by an operator alone, a pool that nobody deletes by mistake."""
    for logical, pool in tree.properties("template.yaml", "AWS::Cognito::UserPool"):
        if pool.get("MfaConfiguration") != "ON":
            yield f"{logical}: the second factor is not demanded"
        if "SOFTWARE_TOKEN_MFA" not in pool.get("EnabledMfas", []):
            yield f"{logical}: TOTP is not offered"
        if pool.get("DeletionProtection") != "ACTIVE":
            yield f"{logical}: may be deleted"
        if pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly") is not True:
            yield f"{logical}: strangers may sign up"
        if pool.get("Policies", {}).get("PasswordPolicy", {}).get("MinimumLength", 0) < 13:
            yield f"{logical}: passwords may be shorter than 13 characters"
    for logical, client in tree.properties("template.yaml", "AWS::Cognito::UserPoolClient"):
        if client.get("AccessTokenValidity", 99) > 60 or client.get("TokenValidityUnits", {}).get("AccessToken") != "minutes":
            yield f"{logical}: access tokens live longer than an hour"
    groups = {g["GroupName"] for _, g in tree.properties("template.yaml", "AWS::Cognito::UserPoolGroup")}
    roles = set(re.findall(r'Self::\w+ => "([a-z]+)"', tree.text("shared/src/role.rs")))
    if not roles or groups != roles:
        yield f"the groups are {sorted(groups)}, the roles of the functions {sorted(roles)}"
    api = tree.yaml("openapi.yaml")
    wanted = [{"AccessToken": [SCOPE]}]
    for path, method, operation in operations(api):
        if operation.get("security", api.get("security")) != wanted:
            yield f"{method} {path}: asks for another scope than {SCOPE}, or for none"


@rule
def access_log(tree):
    """The TLS version is logged, and nothing that can hold a word of a patient."""
    for logical, api in tree.properties("template.yaml", "AWS::Serverless::Api"):
        form = api.get("AccessLogSetting", {}).get("Format", "")
        if "$context.tlsVersion" not in form or "$context.identity.clientCert.serialNumber" not in form:
            yield f"{logical}: the access log tells neither TLS version nor certificate"
        yield from (f"{logical}: the access log shows {word}" for word in TELLTALE if word in form)
        try:
            json.loads(form)
        except ValueError:
            yield f"{logical}: a line of the access log is no JSON"
        for setting in api.get("MethodSettings", []):
            if setting.get("DataTraceEnabled") is not False or setting.get("LoggingLevel") != "OFF":
                yield f"{logical}: execution logs hold requests"
    for name, response in tree.yaml("openapi.yaml")["x-amazon-apigateway-gateway-responses"].items():
        yield from (f"openapi.yaml {name}: the answer quotes {word}" for word in TELLTALE if word in str(response))
    for _, firewall in tree.properties("template.yaml", "AWS::WAFv2::WebACL"):
        for part in [firewall, *firewall["Rules"]]:
            if part["VisibilityConfig"]["SampledRequestsEnabled"] is not False:
                yield f"firewall: samples of {part['Name']} show tokens"


@rule
def gateway_answers(tree):
    """Requests are validated, and what the gateway answers by itself is a problem; its time-out is 503."""
    api = tree.yaml("openapi.yaml")
    validator = api["x-amazon-apigateway-request-validators"].get(api.get("x-amazon-apigateway-request-validator"), {})
    if validator.get("validateRequestBody") is not True or validator.get("validateRequestParameters") is not True:
        yield "requests are not validated"
    answers = api["x-amazon-apigateway-gateway-responses"]
    for name in ["INTEGRATION_TIMEOUT", "DEFAULT_4XX", "DEFAULT_5XX", "UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED", "WAF_FILTERED", "BAD_REQUEST_BODY", "REQUEST_TOO_LARGE"]:
        if name not in answers:
            yield f"{name}: the gateway would answer in its own words"
    for name, answer in answers.items():
        headers = answer["responseParameters"]
        if headers.get("gatewayresponse.header.Content-Type") != "'application/problem+json'":
            yield f"{name}: is no problem"
        if headers.get("gatewayresponse.header.Cache-Control") != "'no-store'":
            yield f"{name}: may be cached"
        body = json.loads(answer["responseTemplates"]["application/json"])
        if body["status"] != answer["statusCode"] or not body["type"].startswith("https://fude.example/problems/"):
            yield f"{name}: body and status differ"
    if answers.get("INTEGRATION_TIMEOUT", {}).get("statusCode") != 503:
        yield "INTEGRATION_TIMEOUT: not 503, so nobody would ask again"


@rule
def limits(tree):
    """Throttling, and a firewall before API and sign-in."""
    for logical, api in tree.properties("template.yaml", "AWS::Serverless::Api"):
        every = [s for s in api.get("MethodSettings", []) if (s["ResourcePath"], s["HttpMethod"]) == ("/*", "*")]
        if not any("ThrottlingRateLimit" in s and "ThrottlingBurstLimit" in s for s in every):
            yield f"{logical}: calls are not throttled"
    behind = [text_of(a["ResourceArn"]) for _, a in tree.properties("template.yaml", "AWS::WAFv2::WebACLAssociation")]
    if not any("/restapis/${Api}/stages/" in arn for arn in behind) or "${UserPool.Arn}" not in behind:
        yield "API or sign-in stands before the firewall"
    if not any("RateBasedStatement" in str(f["Rules"]) for _, f in tree.properties("template.yaml", "AWS::WAFv2::WebACL")):
        yield "the firewall counts nobody's requests"


@rule
def strict_door(tree):
    """ALB: TLS 1.3 only, certificates verified and not revoked, a valid token before any function, no public address."""
    template = tree.yaml("alb.yaml")
    if template["Parameters"]["Scheme"]["Default"] != "internal":
        yield "without being asked, the load balancer has a public address"
    listeners = tree.properties("alb.yaml", "AWS::ElasticLoadBalancingV2::Listener")
    for logical, listener in listeners:
        mutual = listener.get("MutualAuthentication", {})
        if listener.get("SslPolicy") != "ELBSecurityPolicy-TLS13-1-3-2021-06" or listener.get("Protocol") != "HTTPS":
            yield f"{logical}: speaks something else than TLS 1.3"
        if mutual.get("Mode") != "verify" or not mutual.get("TrustStoreArn") or mutual.get("IgnoreClientCertificateExpiry") is not False:
            yield f"{logical}: certificates are not verified"
        if [a["Type"] for a in listener["DefaultActions"]] != ["fixed-response"]:
            yield f"{logical}: an unknown address reaches something"
    if len(listeners) != 1:
        yield "there is not exactly one listener"
    stores = {text_of(r["TrustStoreArn"]) for _, r in tree.properties("alb.yaml", "AWS::ElasticLoadBalancingV2::TrustStoreRevocation")}
    for logical, _ in tree.properties("alb.yaml", "AWS::ElasticLoadBalancingV2::TrustStore"):
        if "${" + logical + "}" not in stores:
            yield f"{logical}: has no revocation list"
    for logical, listener_rule in tree.properties("alb.yaml", "AWS::ElasticLoadBalancingV2::ListenerRule"):
        first, *rest = sorted(listener_rule["Actions"], key=lambda a: a["Order"])
        claims = {c["Name"]: c["Values"] for c in first.get("JwtValidationConfig", {}).get("AdditionalClaims", [])}
        wanted = {"token_use": ["access"], "client_id": [{"Ref": "ClientId"}], "scope": [SCOPE]}
        if first["Type"] != "jwt-validation" or claims != wanted or [a["Type"] for a in rest] != ["forward"]:
            yield f"{logical}: forwards without a valid access token of this client"
    attributes = {a["Key"]: a["Value"] for _, d in tree.properties("alb.yaml", "AWS::ElasticLoadBalancingV2::LoadBalancer") for a in d["LoadBalancerAttributes"]}
    for key in ["deletion_protection.enabled", "routing.http.drop_invalid_header_fields.enabled", "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "connection_logs.s3.enabled"]:
        if attributes.get(key) != "true":
            yield f"{key} is off"


@rule
def end_points(tree):
    """Every VPC end point names what may be done through it, and on what."""
    points = tree.properties("alb.yaml", "AWS::EC2::VPCEndpoint")
    if not points:
        yield "a closed network has no end points"
    for logical, point in points:
        if "PolicyDocument" not in point:
            yield f"{logical}: has no policy, which allows everything"
            continue
        for statement in statements(point["PolicyDocument"]):
            if any("*" in text_of(a) for a in listed(statement.get("Action"))) or "*" in map(text_of, listed(statement.get("Resource"))):
                yield f"{logical}: allows everything of something"


@rule
def routes(tree):
    """Contract, API Gateway, ALB and the functions' routers know the same routes, and agree on whose each is."""
    contract = {}
    for path, method, operation in operations(tree.yaml("openapi.yaml")):
        contract[method, path] = operation["x-fude-function"]
        uri = text_of(operation["x-amazon-apigateway-integration"]["uri"])
        logical = tree.functions()[operation["x-fude-function"]][0]
        if "${" + logical + ".Arn}" not in uri:
            yield f"{method} {path}: is integrated with another function than {logical}"
    gateway = {}
    for binary, (_, function) in tree.functions().items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "Api":
                gateway[event["Properties"]["Method"].upper(), event["Properties"]["Path"]] = binary
    yield from differ(contract, gateway, "template.yaml")
    balancer, order = {}, []
    for _, listener_rule in tree.properties("alb.yaml", "AWS::ElasticLoadBalancingV2::ListenerRule"):
        conditions = {c["Field"]: c for c in listener_rule["Conditions"]}
        (method,) = conditions["http-request-method"]["HttpRequestMethodConfig"]["Values"]
        (pattern,) = conditions["path-pattern"]["PathPatternConfig"]["Values"]
        target = text_of(listener_rule["Actions"][-1]["TargetGroupArn"])[2:-1]
        group = dict(tree.properties("alb.yaml", "AWS::ElasticLoadBalancingV2::TargetGroup"))[target]
        function = text_of(group["Targets"][0]["Id"])[2:].removesuffix("FunctionArn}")
        binary = next(b for b, (logical, _) in tree.functions().items() if logical == f"{function}Function")
        balancer[method, pattern.replace("*", "{id}")] = binary
        order.append((listener_rule["Priority"], method, pattern))
    yield from differ(contract, balancer, "alb.yaml")
    # `*` matches slashes, too: a rule must not take what a later one is for
    order.sort()
    for at, (_, method, pattern) in enumerate(order):
        taken = re.compile(re.escape(pattern).replace(r"\*", ".*"))
        for _, later_method, later in order[at + 1:]:
            if method == later_method and taken.fullmatch(later.replace("*", "x")):
                yield f"alb.yaml: the rule of {method} {pattern} takes what is for {later}"
    routers = {}
    for binary in FUNCTIONS:
        for name, text in tree.sources(f"functions/{binary}/src"):
            if name.endswith("/route.rs"):
                routers |= {route: binary for route in routed(text)}
    # generate-document has one route and so no router: what reaches it is a draft
    if not any(name.endswith("/route.rs") for name, _ in tree.sources("functions/generate-document/src")):
        routers["POST", "/documents"] = "generate-document"
    yield from differ(contract, routers, "the functions")


def routed(text):
    """The routes of a `route.rs`: tuples of segments and method, or a match on the last segment and one method."""
    for segments, method in re.findall(r'\(\["documents", ([^\]]+)\], "(\w+)"\)', text):
        parts = [p.strip() for p in segments.split(",")]
        yield method, "/documents/" + "/".join(p.strip('"') if p.startswith('"') else "{id}" for p in parts)
    if "act.as_str()" in text:
        (method,) = re.findall(r'if method == "(\w+)"', text)
        for act in re.findall(r'"(\w+)" => Act::', text):
            yield method, "/documents/{id}/" + act


def differ(contract, other, name):
    for route in sorted(contract.keys() | other.keys()):
        if contract.get(route) != other.get(route):
            yield f"{' '.join(route)}: {contract.get(route, 'nobody')} in openapi.yaml, {other.get(route, 'nobody')} in {name}"


def operations(api):
    for path, item in api["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "delete", "patch", "head", "options"):
                yield path, method.upper(), operation
