"""Asks table, stream and buckets of a running stack what AWS documents and the functions rest on; a line for each that differs.

    behaviours.py READY.JSON NAME EXPECTED.TOML

READY.JSON names addresses, table and buckets; NAME is who stands there, as EXPECTED.TOML calls it. Ends 0 only if what
differs from AWS's documentation is what EXPECTED.TOML lists for that name: no more, no less. `botocore` is the SDK.
"""

import json
import sys
import tomllib

import of_buckets  # noqa: F401: registers what is asked
import of_table  # noqa: F401
from stand import BEHAVIOURS, Stand


def main():
    ready_file, who, expected_file = sys.argv[1:]
    with open(ready_file, encoding="utf-8") as file:
        stand = Stand(json.load(file))
    with open(expected_file, "rb") as file:
        listed = {d["behaviour"]: d for d in tomllib.load(file)["difference"] if d["where"] == who}
    wrong, differing = 0, 0
    for name, ask, documented, source in BEHAVIOURS:
        try:
            found = ask(stand)
        except Exception as error:  # noqa: BLE001: an answer that nobody expects is a difference too
            found = f"{type(error).__name__}: {error}"
        known = listed.pop(name, None)
        if found == documented:
            if known:
                wrong += 1
                print(f"NO LONGER   {name}: is as documented; take it out of the list")
            continue
        differing += 1
        if known and known["found"] == found:
            print(f"differs     {name}: {found}; AWS: {documented} ({source}). {known['means']}")
        else:
            wrong += 1
            print(f"UNEXPECTED  {name}: {found}; AWS: {documented} ({source})")
    for name in listed:
        wrong += 1
        print(f"UNKNOWN     {name}: is listed, and nobody asks for it")
    print(f"{who}: {len(BEHAVIOURS)} behaviours asked, {len(BEHAVIOURS) - differing} as AWS documents them, "
          f"{differing} differ, {wrong} not as listed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
