"""Starts a local cloud, lets schemathesis ask it as each role, prints the figures. Ends with 0 only where no check failed,
each role succeeded with what it may do and never with what it may not, and enough was asked."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import cloud
from figures import NEVER, Figures

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "contract"
# Examples an operation, documents made for each act, requests at least. The short form leaves out the systematic cases of
# the phase `coverage`, save as the physician.
SHORT = {"examples": 6, "most": 3, "least": 500, "coverage": {"physician"}}
FULL = {"examples": 100, "most": 40, "least": 5000, "coverage": set(NEVER)}


def main():
    short = "--short" in sys.argv[1:]
    if set(sys.argv[1:]) - {"--short"}:
        raise SystemExit("usage: tests/contract/run [--short]")
    amount = SHORT if short else FULL
    state = ROOT / "target" / "contract-state"
    shutil.rmtree(state, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    figures, failed = Figures(), []
    process, ready = cloud.start(state, WORK / "cloud.txt")
    try:
        for role in NEVER:
            print(f"as {role} …", flush=True)
            if not ask(role, state, ready, amount):
                failed.append(role)
            figures.add(role, json.loads((WORK / f"{role}.json").read_text(encoding="utf-8")))
    finally:
        cloud.stop(process)
    figures.print()
    faults = [f"as {role} a check failed: {WORK / role}.txt" for role in failed] + list(figures.faults(by_role=not short))
    if figures.total() < amount["least"]:
        faults.append(f"{figures.total()} requests are too few")
    for fault in faults:
        print(fault)
    print(f"{figures.total()} requests, {len(NEVER)} roles, {len(faults)} faults")
    return 1 if faults else 0


def ask(role, state, ready, amount):
    """One run of schemathesis; True where every check passed."""
    figures, printed = WORK / f"{role}.json", WORK / f"{role}.txt"
    figures.unlink(missing_ok=True)
    hospital = ready["hospitals"][0]
    phases = ["coverage"] * (role in amount["coverage"]) + ["fuzzing", "stateful"]
    # No words about a newer release, no cache beside the tests: all that is written lies in target/
    environment = os.environ | {"FUDE_CONTRACT_STATE": str(state), "FUDE_CONTRACT_ROLE": role, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "hooks",
                                "FUDE_CONTRACT_MOST": str(amount["most"]), "FUDE_CONTRACT_FIGURES": str(figures)}
    command = [str(pathlib.Path(sys.executable).with_name("schemathesis")), "--config-file", str(HERE / "schemathesis.toml"),
               "run", str(ROOT / "infra" / "openapi.yaml"), "--url", ready["api"], "--tls-verify", ready["ca"],
               "--request-cert", hospital["clientCert"], "--request-cert-key", hospital["clientKey"],
               "--mode", "all", "--phases", ",".join(phases), "--max-examples", str(amount["examples"]), "--seed", "1"]
    with open(printed, "w", encoding="utf-8") as out:
        status = subprocess.run(command, cwd=WORK, env=environment, stdout=out, stderr=out, check=False).returncode
    if status:
        text = printed.read_text(encoding="utf-8")
        print(text[text.find("= FAILURES ="):] if "= FAILURES =" in text else text)
    return status == 0


if __name__ == "__main__":
    sys.exit(main())
