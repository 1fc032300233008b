"""The repository as the checks read it, and templates with their intrinsic functions in the long form.

A bad example lays its one change over the tree; nothing on disk is touched.
"""

import functools
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATES = ["template.yaml", "store.yaml", "watch.yaml", "alb.yaml", "log-key.yaml"]
FUNCTIONS = ["generate-document", "fetch-document", "finalize-document", "audit-writer"]


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML with CloudFormation's short forms."""


def _short_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _short_form)
# A date is a string here, as it is to CloudFormation
Loader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}


@functools.lru_cache(maxsize=64)
def parsed(text):
    return yaml.load(text, Loader)


class Tree:
    def __init__(self, overlay=None):
        self.overlay = overlay or {}

    def text(self, path):
        return self.overlay[path] if path in self.overlay else (ROOT / path).read_text(encoding="utf-8")

    def yaml(self, name):
        return parsed(self.text(f"infra/{name}"))

    def resources(self, name, kind=None):
        """Logical id and resource, of one type or of all."""
        for logical, resource in self.yaml(name)["Resources"].items():
            if kind is None or resource["Type"] == kind:
                yield logical, resource

    def properties(self, name, kind):
        return [(logical, resource.get("Properties", {})) for logical, resource in self.resources(name, kind)]

    def sources(self, folder):
        """Path and text of the Rust files below a folder, without what follows `#[cfg(test)]`."""
        for path in sorted((ROOT / folder).rglob("*.rs")):
            name = path.relative_to(ROOT).as_posix()
            yield name, self.text(name).split("#[cfg(test)]")[0]

    def functions(self):
        """By the name of its binary, the logical id and the properties of each function."""
        found = {}
        for logical, resource in self.resources("template.yaml", "AWS::Serverless::Function"):
            found[resource["Metadata"]["BuildProperties"]["Binary"]] = (logical, resource["Properties"])
        return found


def text_of(value):
    """A name or ARN as one line: `${Store.Outputs.TableArn}/index/pending`."""
    if isinstance(value, dict) and len(value) == 1:
        (name, inner), = value.items()
        if name == "Ref":
            return "${" + inner + "}"
        if name == "Fn::GetAtt":
            return "${" + ".".join(inner) + "}"
        if name == "Fn::Sub":
            if isinstance(inner, str):
                return inner
            template, variables = inner
            return re.sub(r"\$\{(\w+)\}", lambda m: text_of(variables.get(m[1], {"Ref": m[1]})), template)
        if name == "Fn::FindInMap":
            return "${" + inner[0] + "}"
        if name == "Fn::Select":
            return text_of(inner[1])
        if name == "Fn::Split":
            return text_of(inner[1]) + " without " + inner[0]
    return str(value)


def branches(value):
    """All that a value may become, whatever the conditions say."""
    if isinstance(value, dict) and "Fn::If" in value:
        _, yes, no = value["Fn::If"]
        return branches(yes) + branches(no)
    if value == {"Ref": "AWS::NoValue"}:
        return []
    return [value]


def listed(value):
    """A value that may stand alone, as a list; conditions are followed into both branches."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [one for each in values for one in branches(each)]


def statements(document):
    return listed(document["Statement"])


def walk(value):
    """Every mapping, list and scalar below a value."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    for each in inner:
        yield from walk(each)


def role_policies(tree):
    """Binary or template, and policy document, of every policy that hangs on a role."""
    roles = {f"{logical.removesuffix('Function')}Role": binary for binary, (logical, _) in tree.functions().items()}
    for name in TEMPLATES:
        for logical, properties in tree.properties(name, "AWS::IAM::RolePolicy"):
            role = text_of(properties["RoleName"]).removeprefix("${Store.Outputs.").removesuffix("}")
            yield roles.get(role, f"{name} {logical}"), properties["PolicyDocument"]
        for logical, properties in tree.properties(name, "AWS::IAM::Role"):
            for policy in properties.get("Policies", []):
                yield f"{name} {logical}", policy["PolicyDocument"]
