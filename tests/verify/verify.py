#!/usr/bin/env python3
"""A second verifier, written from RECORD-KEEPING.md alone: Python, nothing to install, nothing shared with the first.

verify.py --state DIR [--key HEX]... [--pin FILE]... | --proof FILE [--key HEX]... [--pin FILE]...
Prints one line a finding, `CODE object`; ends 0 sound, 1 tampered, 2 incomplete or unreadable, 3 usage.
Leaves out what fude-verify has beside: naming helpers and leftovers, terms demanded by the auditor, long logs.
"""
import json, os, re, sys, time

from formats import Tree, canonical, follow, instant, leads, leaf_of, read_entry, read_note, sha, split, tile_path
from logs import admits, hospital_of, keys_of, log_order, next_of, opened


class Bucket:
    def __init__(self, state, name):
        self.name, self.trees = name, [os.path.join(state, tree, name) for tree in ("s3", "s3-meta")]
        self.keys = set()
        for tree, end in zip(self.trees, (0, 5)):
            for folder, _, names in os.walk(tree):
                path = os.path.relpath(folder, tree)
                self.keys |= {os.path.normpath(os.path.join(path, n[:len(n) - end])) for n in names}

    def read(self, key):
        path = os.path.join(self.trees[0], key)
        return open(path, "rb").read() if os.path.isfile(path) else None

    def versions(self, key):
        path = os.path.join(self.trees[1], key + ".json")
        return json.load(open(path))["versions"] if os.path.isfile(path) else []


class Verifier:
    def __init__(self, keys, pins):
        self.keys, self.pins, self.findings, self.lost, self.documents, self.alone = keys, pins, [], [], {}, {}

    def tell(self, code, thing):
        self.findings.append((code, thing))

    def status(self):
        worst = {2 if code in ("E_TILE_MISSING", "E_BUNDLE_MISSING") else 1 for code, _ in self.findings}
        return min(worst) if worst else 2 if self.lost else 0

    def state(self, state):
        audit, stored = Bucket(state, "audit"), Bucket(state, "documents")
        houses = sorted({key.split("/")[0] for key in audit.keys if re.fullmatch(r"[^/]+/.+", key)} - {""}, key=log_order)
        houses = [house for house in houses if log_order(house)]
        signers, ends, whole = *keys_of(audit, houses, self.keys), bool(houses)
        for house, following in zip(houses, houses[1:] + [None]):
            self.key, self.closed = signers[house], None
            if "." in house and not any(next_of(other) == house for other in houses):
                self.tell("E_ROLLBACK", house)
            if not self.log(audit, house, ends.get(house)):
                whole = False
            elif following and following == next_of(house):
                self.closed == signers[following].hex() or self.tell("E_SIGNATURE", house)
            elif self.closed:
                self.lost.append(next_of(house))
        if whole:
            self.check_documents(stored)
        else:
            self.lost.append("a log")
        for name, (origin, *_) in self.pins:
            if origin[13:] not in houses:
                self.tell("E_ROLLBACK", name)

    def open(self, audit, house, size, missing):
        key = "%s/checkpoints/%020d" % (house, size)
        note = audit.read(key)
        found = note and read_note(note, self.key, "fude.example/" + house)
        if found and found[1] == size:
            return found[2]
        self.tell(missing if note is None else "E_INCONSISTENT_CHECKPOINT" if found else "E_SIGNATURE", key)

    def log(self, audit, house, end):
        numbers = lambda pattern: sorted(tuple(map(int, m.groups())) for m in (
            re.fullmatch(re.escape(house) + pattern, key) for key in audit.keys) if m)
        sizes = [size for size, in numbers(r"/checkpoints/(\d{20})")]
        newest = None
        while sizes and not newest:
            newest = self.open(audit, house, sizes[-1], "E_ROLLBACK")
            newest or sizes.pop()
        if not newest:
            return False
        size, claims = sizes[-1], []
        pointer = read_note(audit.read(house + "/checkpoint") or b"", self.key, "fude.example/" + house)
        if pointer and pointer[1] > size:
            self.tell("E_ROLLBACK", house + "/checkpoints")
        elif pointer and pointer[1] not in sizes:
            claims.append((*pointer[1:], "E_INCONSISTENT_CHECKPOINT", house + "/checkpoint"))
        elif pointer:
            kept = read_note(audit.read("%s/checkpoints/%020d" % (house, pointer[1])) or b"", self.key, pointer[0])
            if kept and kept[1] == pointer[1] and kept[2] != pointer[2]:
                self.tell("E_FORK_SAME_SIZE", house + "/checkpoint")
        mine = [(name, pin) for name, pin in self.pins + [end] * bool(end) if pin[0] == "fude.example/" + house]
        for name, (_, pinned, root, note) in mine:
            if not read_note(note, self.key, "fude.example/" + house):
                self.tell("E_SIGNATURE", name)
            if pinned > size:
                self.tell("E_ROLLBACK", name)
            else:
                claims.append((pinned, root, "E_FORK_PIN", name))
            if any(pinned == other[1] and root != other[2] for _, other in mine):
                self.tell("E_FORK_SAME_SIZE", name)

        batches, ours = numbers(r"/batch/(\d{12})-(\d{12})"), {}
        evidence = ["%s/checkpoints/%020d" % (house, s) for s in sizes]
        evidence += ["%s/batch/%012d-%012d" % (house, f, l) for f, l in batches if f < size]
        covered, left = 0, list(batches)
        while covered < size:
            if left and left[0][0] <= covered:
                first, last = left.pop(0)
            else:
                until = left[0][0] if left else size
                first, last = covered, min([until] + [s for s in sizes if s > covered]) - 1
            key = "%s/batch/%012d-%012d" % (house, first, last)
            raw = audit.read(key)
            entries = raw is not None and split(raw)
            if first < covered or (raw is not None and (entries is None or len(entries) != last + 1 - first)):
                self.tell("E_BUNDLE_LENGTH", key)
            elif raw is None:
                self.tell("E_BUNDLE_MISSING", key)
            else:
                ours.update({first + i: (entry, key) for i, entry in enumerate(entries)})
            covered = max(covered, last + 1)
            if last + 1 < size and last + 1 not in sizes:
                self.tell("E_INCONSISTENT_CHECKPOINT", "%s/checkpoints/%020d" % (house, last + 1))

        tree, levels = Tree(), [[]]
        self.roots(audit, house, tree, sizes, newest, claims)
        for first in range(0, size, 256):
            width = min(256, size - first)
            keys = [house + "/" + tile_path(level, first // 256, width) for level in ("entries", 0)]
            bundle, tile = map(audit.read, keys)
            if width == 256:
                evidence += keys
                for raw, key, code in ((bundle, keys[0], "E_BUNDLE_MISSING"), (tile, keys[1], "E_TILE_MISSING")):
                    raw is None and self.tell(code, key)
                if bundle is not None and len(split(bundle) or []) != 256:
                    self.tell("E_BUNDLE_LENGTH", keys[0])
                if tile is not None and len(tile) != 8192:
                    self.tell("E_TILE_HASH", keys[1])
            theirs = split(bundle or b"") or []
            theirs = theirs if len(theirs) == width else [None] * width
            hashes = [tile[32 * i:32 * i + 32] for i in range(width)] if len(tile or b"") == 32 * width else [None] * width
            copies = [[leaf_of(ours[first + i][0]) if first + i in ours else None for i in range(width)],
                      [entry and leaf_of(entry) for entry in theirs], hashes]
            if width == 256:
                leaves = [u if u and u == t else b or u or t for b, u, t in zip(*copies)]
            else:
                whole, led = [copy for copy in copies if all(copy)], Tree()
                led = [c for c in whole if self.extended(tree, c) == newest]
                leaves = (led or whole or [[None]])[0]
            if not all(leaves):
                return False
            told = set()
            for i, leaf in enumerate(leaves):
                for copy, (code, key) in zip(copies, (("E_LEAF_HASH", ours.get(first + i, (0, 0))[1]),
                                                      ("E_LEAF_HASH", keys[0]), ("E_TILE_HASH", keys[1]))):
                    if copy[i] not in (None, leaf) and key not in told and (copy is copies[0] or width == 256):
                        told.add(key)
                        self.tell(code, key)
                entry = ours[first + i][0] if copies[0][i] == leaf else theirs[i] if copies[1][i] == leaf else None
                self.entry(house, first + i, entry, leaf)
                tree.push(leaf)
                self.tiles(audit, house, levels, 0, leaf, evidence)
                self.roots(audit, house, tree, sizes, newest, claims)
        self.locks(audit, house, evidence)
        return True

    def extended(self, tree, leaves):
        longer = Tree()
        longer.size, longer.stack = tree.size, list(tree.stack)
        for leaf in leaves:
            longer.push(leaf)
        return longer.root()

    def tiles(self, audit, house, levels, level, value, evidence):
        levels[level].append(value)
        if len(levels[level]) % 256:
            return
        if level:
            key = house + "/" + tile_path(level, len(levels[level]) // 256 - 1)
            evidence.append(key)
            raw = audit.read(key)
            if raw != b"".join(levels[level][-256:]):
                self.tell("E_TILE_MISSING" if raw is None else "E_TILE_HASH", key)
        if len(levels) == level + 1:
            levels.append([])
        self.tiles(audit, house, levels, level + 1, Tree(levels[level][-256:]).root(), evidence)

    def roots(self, audit, house, tree, sizes, newest, claims):
        if tree.size in sizes:
            last = tree.size == sizes[-1]
            root = newest if last else self.open(audit, house, tree.size, "E_INCONSISTENT_CHECKPOINT")
            if root and root != tree.root():
                self.tell("E_ROOT" if last else "E_INCONSISTENT_CHECKPOINT", "%s/checkpoints/%020d" % (house, tree.size))
        for size, root, code, name in claims:
            if size == tree.size and root != tree.root():
                self.tell(code, name)

    def entry(self, house, index, raw, leaf):
        where, hospital = "%s entry %d" % (house, index), hospital_of(house)
        found = raw is not None and read_entry(raw, hospital)
        if raw is not None and (not found or found[0]["schema"] == "fude/malformed-row/1"):
            self.tell("E_NOT_CANONICAL", where)
        elif raw is not None and (self.closed or not admits(house, index, found[0])):
            self.tell("E_NOT_CANONICAL", where)
        if found and found[0]["schema"] == "fude/log-closing/1":
            self.closed = found[0]["nextKey"]
        if not found or not found[1]:
            if leaf in self.alone:
                self.tell("E_DUPLICATE_EVENT", where)
            self.alone[leaf] = index
            return
        value, (name, sequence) = found
        now = self.documents.setdefault(name, {"chain": (0, None), "trail": [], "finals": 0, "expires": 0, "lock": (0, ""),
                                               "at": 0})
        now["house"] = hospital
        now["chain"], code = follow(now["chain"], value, sequence, raw)
        if code:
            self.tell(code, where)
        document = value.get("document")
        if code == "E_DUPLICATE_EVENT" or not document:
            return
        revision = (document["revision"], document.get("manifestSha256"))
        if revision[1] and (not now["trail"] or now["trail"][-1][:2] != revision):
            now["trail"].append((*revision, document.get("contentSha256")))
        now["expires"] = instant(document["expiresAt"]) if "expiresAt" in document else now["expires"]
        if value["action"] == "document-finalised" and value["outcome"] == "success":
            now["finals"], now["at"] = len(now["trail"]), instant(value["at"])
        if "retention" in value and value["outcome"] == "success":
            now["lock"] = (instant(value["retention"]["until"]), value["retention"]["mode"].upper())

    def locks(self, audit, house, evidence):
        terms = {}
        for key in evidence:
            versions = audit.versions(key)
            if len(versions) > 1:
                self.tell("E_VERSION_HISTORY", key)
                notes = [read_note(audit.read(v.get("file", "")) or b"", self.key, "fude.example/" + house) for v in versions]
                if len({note[1:] for note in notes if note}) > len({note[1] for note in notes if note}):
                    self.tell("E_FORK_SAME_SIZE", key)
            lock = next((v.get("retention") for v in versions if not v.get("deleteMarker")), None)
            if lock:
                terms[key] = (int(instant(lock["retainUntil"]) - instant(versions[0]["lastModified"])), lock["mode"])
            elif audit.read(key) is not None:
                self.tell("E_RETENTION", key)
        usual = sorted(term for term, _ in terms.values())[len(terms) // 2] if terms else 0
        strong = 2 * sum(mode == "COMPLIANCE" for _, mode in terms.values()) >= len(terms)
        for key, (term, mode) in terms.items():
            if term + 60 < usual or (strong and mode != "COMPLIANCE"):
                self.tell("E_RETENTION", key)

    def check_documents(self, stored):
        named = set()
        broken = {name for name, now in self.documents.items() if now["trail"] and not self.manifests(stored, name, now, named)}
        for key in stored.keys - named:
            locked = [v for v in stored.versions(key) if v.get("retention")]
            settled = locked and instant(locked[0]["lastModified"]) + 30 < time.time()
            if settled and re.match("(draft|final)/", key) and key.split("/")[1] not in broken:
                self.tell("E_DOC_NOT_LOGGED", key)

    def manifests(self, stored, name, now, named):
        """Follows the manifests back to revision 1; False where the chain breaks."""
        (revision, digest, _), place, trail = now["trail"][-1], len(now["trail"]), []
        while digest:
            raw = self.object(stored, name, now, place, revision, digest, None, named)
            value = raw and canonical(raw)
            if not isinstance(value, dict) or (value.get("documentId"), value.get("revision"), value.get("hospital")) != (
                    name, revision, now["house"]):
                raw and self.tell("E_DOC_CONTENT", digest)
                return False
            content = None
            for part in value["representations"]:
                if part["mediaType"] == "application/json" and "view" not in part:
                    content = part["sha256"]
                key = re.fullmatch(r"(draft|final)/%s/(\d+)/%s" % (re.escape(name), part["sha256"]), part["key"])
                if not key:
                    self.tell("E_DOC_CONTENT", part["key"])
                    continue
                self.object(stored, name, now, place, int(key[2]), part["sha256"], part["size"], named)
                if now["finals"] and key[1] == "draft":
                    named.update("draft/%s/%d/%s" % (name, revision, h) for h in (digest, part["sha256"]))
            trail, place = [(revision, digest, content)] + trail, max(place - 1, 0)
            digest = value.get("previousManifest")
            if digest and place == 0:
                break
            revision -= "finaliser" not in value
        if trail != now["trail"] or place or digest:
            self.tell("E_DOC_CHAIN", name)
        return True

    def object(self, stored, name, now, place, revision, digest, size, named):
        key = "%s/%s/%d/%s" % ("final" if now["finals"] else "draft", name, revision, digest)
        first, versions, raw = key not in named, stored.versions(key), stored.read(key)
        named.add(key)
        expired = not now["finals"] and 0 < now["expires"] < int(time.time())
        if expired and versions and versions[-1].get("deleteMarker"):
            raw = None
        if raw is not None and first:
            len(versions) > 1 and self.tell("E_VERSION_HISTORY", key)
            lock = next((v["retention"] for v in versions if "retention" in v), None)
            until, mode = now["lock"]
            short = not lock or instant(lock["retainUntil"]) < int(until) or mode == "COMPLIANCE" != lock["mode"]
            if short and place <= now["finals"] and int(now["at"]) + 5 < time.time():
                self.tell("E_RETENTION", key)
        if raw is not None and sha(raw).hex() == digest and size in (None, len(raw)):
            return raw
        if raw is None and expired:
            return None
        first and self.tell("E_EVENT_WITHOUT_DOC" if raw is None else "E_DOC_CONTENT", key)
        copy = stored.read("draft/%s/%d/%s" % (name, revision, digest))
        return copy if copy and sha(copy).hex() == digest else None

    def proof(self, body, name):
        text = (read_note(body["checkpoint"].encode(), None, None) or [""])[0]
        keys = [key for key in self.keys if read_note(body["checkpoint"].encode(), key, text)]
        if not keys or not log_order(text[13:]) or hospital_of(text[13:]) != body["hospital"]:
            return self.tell("E_SIGNATURE", name)
        note = read_note(body["checkpoint"].encode(), keys[0], text)
        for pin, (where, size, root, _) in self.pins:
            if (where, size) == note[:2] and root != note[2]:
                self.tell("E_FORK_PIN", pin)
        logs = [(note, body["events"])]
        for earlier in body.get("earlier", []):
            newer, first = logs[-1][0], earlier["opening"]
            if not leads(first, newer):
                return self.tell("E_LEAF_HASH", "%s entry %d" % (name, first["index"]))
            older = opened(first["event"].encode(), newer[0][13:])
            if first["index"] or not older:
                return self.tell("E_NOT_CANONICAL", "%s entry %d" % (name, first["index"]))
            logs.append((older[1], earlier["events"]))
        chain = (0, None)
        for note, events in reversed(logs):
            chain = chain and self.proof_of(body, name, note, events, chain)
        if chain and not chain[0]:
            self.tell("E_DOC_SEQ_GAP", name)

    def proof_of(self, body, name, note, events, chain):
        """Follows the events of one log; None where one does not hold."""
        before = -1
        for event in events:
            raw, index = event["event"].encode(), event["index"]
            if not leads(event, note):
                return self.tell("E_LEAF_HASH", "%s entry %d" % (name, index))
            if index <= before:
                return self.tell("E_DUPLICATE_EVENT", "%s entry %d" % (name, index))
            before, found = index, read_entry(raw, body["hospital"])
            if not found:
                return self.tell("E_NOT_CANONICAL", "%s entry %d" % (name, index))
            if (found[1][0] if found[1] else found[0].get("document", {}).get("id")) != body["documentId"]:
                return self.tell("E_DOC_CHAIN", "%s entry %d" % (name, index))
            if found[1]:
                chain, code = follow(chain, found[0], found[1][1], raw)
                if code:
                    return self.tell(code, "%s entry %d" % (name, index))
        return chain


def main(words):
    options = {"--state": [], "--proof": [], "--key": [], "--pin": []}
    while len(words) > 1 and words[0] in options:
        options[words.pop(0)].append(words.pop(0))
    (state, proof), keys, pins = ([*options[o], None][0] for o in ("--state", "--proof")), options["--key"], []
    if words or bool(state) == bool(proof):
        print(__doc__)
        return 3
    try:
        body = proof and json.load(open(proof))
        if not keys and state:
            kept, ready = (os.path.join(state, name) for name in ("log-public-key", "ready.json"))
            keys = [open(kept).read() if os.path.isfile(kept) else json.load(open(ready))["logPublicKey"]]
        verifier = Verifier([bytes.fromhex(key) for key in keys or [body["publicKey"]]], pins)
        for name in options["--pin"]:
            note = open(name, "rb").read()
            pins.append((name, (*read_note(note, None, None), note)))
        verifier.state(state) if state else verifier.proof(body, proof)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print("unreadable: %s: %s" % (type(error).__name__, error))
        return 2
    for finding in verifier.findings:
        print(*finding)
    for thing in verifier.lost:
        print("unreadable:", thing)
    print(["sound", "TAMPERED", "INCOMPLETE"][verifier.status()])
    return verifier.status()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
