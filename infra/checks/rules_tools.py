"""What other people's programs say: cfn-lint, and the SAM translator as CloudFormation runs it."""

import copy
import logging

import boto3
from cfnlint.api import ManualArgs, lint
from samtranslator.parser.parser import Parser
from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.public.translator import Translator

from rule import rule
from tree import TEMPLATES

REGIONS = ["ap-northeast-1", "ap-northeast-3"]


@rule
def cfn_lint(tree):
    """Every property, type and value by the schemas of CloudFormation, in both Regions."""
    for name in TEMPLATES:
        # Where a bad example changes one template, the others need no second look
        if tree.overlay and f"infra/{name}" not in tree.overlay:
            continue
        for match in lint(tree.text(f"infra/{name}"), config=ManualArgs(regions=REGIONS)):
            yield f"{name}:{match.linenumber}: {match.rule.id} {match.message}"


@rule
def sam_translate(tree):
    """SAM accepts the template with the contract in it, and makes of it an API with every route, closed at its default address."""
    template = copy.deepcopy(tree.yaml("template.yaml"))
    contract = copy.deepcopy(tree.yaml("openapi.yaml"))
    api = template["Resources"]["Api"]["Properties"]
    if api["DefinitionBody"] != {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "./openapi.yaml"}}}:
        yield "the API is not made from openapi.yaml"
    # CloudFormation includes the contract before SAM sees the template
    api["DefinitionBody"] = contract
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    logging.disable(logging.WARNING)
    session = boto3.Session(region_name=REGIONS[0])
    translator = Translator({}, Parser(), boto_session=session)
    parameters = {"DomainName": "api.example", "CertificateArn": "arn", "TruststoreUri": "s3://b/k", "TruststoreVersion": "1", "AlarmEmail": "a@example"}
    try:
        made = translator.translate(template, parameters)["Resources"]
    except InvalidDocumentException as refused:
        yield from (f"SAM: {cause.message}" for cause in refused.causes)
        return
    body = made["Api"]["Properties"]["Body"]
    routes = [(p, m) for p, item in body["paths"].items() for m in item if "x-amazon-apigateway-integration" in item[m]]
    wanted = [(p, m) for p, item in contract["paths"].items() for m in item if m != "options"]
    if sorted(routes) != sorted(wanted):
        yield f"SAM leaves out {sorted(set(wanted) - set(routes))}"
    endpoint = body["servers"][0].get("x-amazon-apigateway-endpoint-configuration", {})
    if endpoint.get("disableExecuteApiEndpoint") is not True:
        yield "SAM opens the default address"
    permissions = [r for r in made.values() if r["Type"] == "AWS::Lambda::Permission" and r["Properties"]["Principal"] == "apigateway.amazonaws.com"]
    if len(permissions) != len(wanted):
        yield f"the API may call functions on {len(permissions)} of {len(wanted)} routes"
    rules = [r for r in made.values() if r["Type"] == "AWS::Events::Rule"]
    if len(rules) != 2:
        yield f"SAM makes {len(rules)} schedules of two"
    roles = [logical for logical, r in made.items() if r["Type"] == "AWS::IAM::Role" and logical != "GatewayLogWriter"]
    if roles:
        yield f"SAM makes roles of its own: {roles}"
