"""How many answers of each status every operation gave to each role, and what of it must not be."""

import collections

OPERATIONS = ["draftDocument", "searchDocuments", "getDocument", "getContent", "getChanges", "getProof", "reviseDocument",
              "finaliseDocument", "withdrawDocument", "sealDocument", "issueDocument"]
# What a role may never do; with the rest it has to succeed at least once, or the run says nothing.
NEVER = {
    "physician": set(),
    "clerk": {"finaliseDocument", "withdrawDocument", "sealDocument"},
    "nurse": set(),
    "auditor": {"draftDocument", "reviseDocument", "finaliseDocument", "withdrawDocument", "sealDocument", "issueDocument"},
}


class Figures:
    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)

    def add(self, role, rows):
        for row in rows:
            self.counts[role, row["operation"]][row["status"]] += row["count"]

    def total(self):
        return sum(sum(counter.values()) for counter in self.counts.values())

    def faults(self, by_role):
        """With few requests chance decides whether a role succeeds; then it is enough that somebody does."""
        for operation in OPERATIONS:
            if not any(self.good(role, operation) for role in NEVER):
                yield f"{operation} never succeeded"
        for role, never in NEVER.items():
            for operation in OPERATIONS:
                good = self.good(role, operation)
                if good and operation in never:
                    yield f"{role}: {operation} succeeded {good} times, and may never"
                if by_role and not good and operation not in never:
                    yield f"{role}: {operation} never succeeded"

    def good(self, role, operation):
        return sum(n for status, n in self.counts[role, operation].items() if status < 300)

    def print(self):
        statuses = sorted({status for counter in self.counts.values() for status in counter})
        print(f"{'':28}" + "".join(f"{status:6}" for status in statuses))
        for role in NEVER:
            for operation in OPERATIONS:
                counter = self.counts[role, operation]
                print(f"{role:10} {operation:17}" + "".join(f"{counter[status] or '':6}" for status in statuses))
        sums = [sum(counter[status] for counter in self.counts.values()) for status in statuses]
        print(f"{'all':28}" + "".join(f"{n:6}" for n in sums))
