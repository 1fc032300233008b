"""One resource a line (`fude-verify --fhir`) into one file a resource."""

import json
import pathlib
import sys

folder, prefix = pathlib.Path(sys.argv[1]), sys.argv[2]
folder.mkdir(parents=True, exist_ok=True)
for number, line in enumerate(sys.stdin, 1):
    kind = json.loads(line)["resourceType"]
    (folder / f"{prefix}-{number:04}-{kind}.json").write_text(line, "utf-8")
