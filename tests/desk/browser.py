"""The desk in a browser: python3 browser.py READY.json AXE.js FOLDER. A flow that fails ends the run."""
import os
import sys
import time

import broken
import finals
import versions
from cloud import Cloud
from person import Person


def main():
    ready, axe, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    cloud, axe = Cloud(ready), open(axe, encoding="utf-8").read()
    people = [Person(cloud, axe, folder, width) for width in [1280, 820, 820, 1280]]
    sato, kimura, tanaka, mori = people
    done = []

    def flow(name, run):
        began = time.time()
        result = run()
        done.append(name)
        print(f"{name}: {time.time() - began:.0f} s", flush=True)
        return result

    try:
        flow("a summary, sign-in to print", lambda: finals.summary(sato))
        letter = flow("clerk to physician", lambda: finals.clerk_to_physician(kimura))
        flow("sign-in refused", lambda: broken.refused(tanaka))
        flow("a letter whose flag must be answered", lambda: finals.flag_must_be_answered(tanaka, letter))
        flow("a nursing summary, sign-in to print", lambda: finals.nursing(mori))
        flow("three flags by keys", lambda: finals.three_flags(sato))
        flow("a document made elsewhere", lambda: versions.made_elsewhere(sato))
        document = flow("a contradiction", lambda: versions.contradiction(sato))
        flow("difference and text for the EMR", lambda: versions.difference(sato, document))
        flow("a draft anew with a remark", lambda: versions.again(sato, document))
        by_hand = flow("model down", lambda: broken.model_down(tanaka))
        flow("session ended while editing", lambda: broken.session_ended_while_editing(tanaka, by_hand))
        flow("two tabs, two patients", lambda: broken.two_tabs_two_patients(tanaka))
    finally:
        for person in people:
            person.quit()
        console = [m for p in people for m in p.console]
        violations = [v for p in people for v in p.violations]
        for line in console + violations:
            print(line)
        looked = [name for p in people for name in p.checked]
        print(f"{len(done)} flows, {len(looked)} screens at two widths, {len(violations)} violations, {len(console)} console messages")
    sys.exit(1 if console or violations else 0)


if __name__ == "__main__":
    main()
