"""Good documents pass every oracle, each broken one is refused by at least one; else exit status 1."""

import sys

findings = {}
for path in sys.argv[1:]:
    for line in open(path, encoding="utf-8"):
        name, _, wrong = line.rstrip("\n").partition("\t")
        findings.setdefault(name, []).append(wrong)

oracles = len(sys.argv) - 1
failures = []
for name, wrong in findings.items():
    refused = [w for w in wrong if w]
    broken = name.startswith("broken-")
    if len(wrong) != oracles:
        failures.append(f"{name}: not every oracle looked at it")
    elif broken and not refused:
        failures.append(f"{name}: waved through")
    elif not broken and refused:
        failures.append(f"{name}: {'; '.join(refused)}")
good = sum(not n.startswith("broken-") for n in findings)
if good == 0 or good == len(findings):
    failures.append("there was nothing to look at")
for failure in failures:
    print(failure)
of_log = sum(n.startswith(("acts-", "state-")) for n in findings)
print(f"FHIR R4: {good - of_log} documents, {of_log} resources of logs, {len(findings) - good} broken ones")
print(f"{len(findings) - len(failures)} passed, {len(failures)} failed")
sys.exit(bool(failures))
