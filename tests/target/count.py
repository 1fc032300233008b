"""Counts a run of the end-to-end tests against another AWS: passed, failed, not run and why.

    cargo test … 2>&1 | count.py

A test that says that it was not run ends as "ok"; here it counts as not run. Ends 0 only if nothing failed, something
passed, and every harness ended.
"""

import re
import sys

RESULT = re.compile(r"^test (\S+) \.\.\. (ok|FAILED)")
NOT_RUN = re.compile(r"not run against another AWS: (\S+): (.+)")
SUMMARY = re.compile(r"test result: (\w+)\. (\d+) passed; (\d+) failed; (\d+) ignored; \d+ measured; (\d+) filtered out")


def main():
    failed, not_run, passed, filtered, harnesses, ended = [], {}, 0, 0, 0, 0
    for line in sys.stdin:
        sys.stderr.write(line)
        harnesses += line.strip().startswith("Running ")
        if found := NOT_RUN.search(line):
            not_run[found[1]] = found[2].strip()
        if (found := RESULT.search(line)) and found[2] == "FAILED":
            failed.append(found[1])
        if found := SUMMARY.search(line):
            ended += 1
            passed += int(found[2])
            filtered += int(found[5])
            missing = int(found[3]) - len(failed)
            failed += ["?"] * missing
    passed -= len(not_run)
    print(f"\n{passed} passed, {len(failed)} failed, {len(not_run)} not run, {filtered} not asked for")
    for name in failed:
        print(f"  failed   {name}")
    for name, why in sorted(not_run.items()):
        print(f"  not run  {name}: {why}")
    sound = not failed and passed > 0 and 0 < harnesses == ended
    if not failed and not sound:
        print(f"{harnesses} harnesses were started and {ended} ended")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
