"""Runs every rule on the templates, and every rule on its bad examples, which it must refuse.

An example is `bad/<rule>-<what>.toml`: `rule`, `file`, `find` and `replace`, the one change that breaks the file, and `refusal`,
words that the refusal must hold. Ends with 0 where the templates are sound and every example is refused.
"""

import pathlib
import sys
import tomllib

import rules_door  # noqa: F401 (enters its rules)
import rules_rights  # noqa: F401
import rules_store  # noqa: F401
import rules_tools  # noqa: F401
from rule import RULES
from tree import Tree

BAD = pathlib.Path(__file__).parent / "bad"


def main():
    faults = 0
    for name, check in RULES.items():
        found = list(check(Tree()))
        faults += len(found)
        print(f"{name:18} {'refused' if found else 'sound'}")
        for line in found:
            print(f"  {line}")
    examples = sorted(BAD.glob("*.toml"))
    tried = set()
    for path in examples:
        example = tomllib.loads(path.read_text(encoding="utf-8"))
        complaint = not_refused(example)
        tried.add(example["rule"])
        if complaint:
            faults += 1
            print(f"bad/{path.name}: {complaint}")
    for name in sorted(RULES.keys() - tried):
        faults += 1
        print(f"{name}: has no bad example, so nobody knows whether it can refuse anything")
    print(f"{len(RULES)} rules, {len(examples)} bad examples, {faults} faults")
    return 1 if faults else 0


def not_refused(example):
    """Why the example counts as passed; None where its rule refuses it for its reason."""
    text = Tree().text(example["file"])
    if text.count(example["find"]) != 1:
        return f"what it changes stands {text.count(example['find'])} times in {example['file']}"
    tree = Tree({example["file"]: text.replace(example["find"], example["replace"])})
    found = list(RULES[example["rule"]](tree))
    if not found:
        return f"{example['rule']} lets it pass"
    if not any(example["refusal"] in line for line in found):
        return f"{example['rule']} refuses it for another reason: {found}"
    return None


if __name__ == "__main__":
    sys.exit(main())
