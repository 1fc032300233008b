"""What the stored bytes mean: hashes and tree, canonical JSON, signed checkpoints, events and their chains."""
import base64, hashlib, json, re
from datetime import datetime, timezone

from ed25519 import signed

# Hashes, RFC 6962; canonical JSON, RFC 8785 with integers only
sha = lambda data: hashlib.sha256(data).digest()
leaf_of = lambda entry: sha(b"\0" + entry)
node_of = lambda left, right: sha(b"\1" + left + right)


class Tree:
    def __init__(self, leaves=()):
        self.size, self.stack = 0, []
        for leaf in leaves:
            self.push(leaf)

    def push(self, leaf):
        self.size += 1
        height = self.size
        while height % 2 == 0:
            leaf, height = node_of(self.stack.pop(), leaf), height // 2
        self.stack.append(leaf)

    def root(self):
        hashes = self.stack[::-1] or [sha(b"")]
        for left in hashes[1:]:
            hashes[0] = node_of(left, hashes[0])
        return hashes[0]


def leads(event, note):
    """Whether the path of a proved event leads to the root of that checkpoint (RFC 6962, 2.1.1)."""
    index, last, value = event["index"], note[1] - 1, leaf_of(event["event"].encode())
    place = index
    for other in map(bytes.fromhex, event["proof"]):
        if place % 2 or place == last:
            value = node_of(other, value)
            while place and place % 2 == 0:
                place, last = place // 2, last // 2
        else:
            value = node_of(value, other)
        place, last = place // 2, last // 2
    return not last and value == note[2] and 0 <= index < note[1]


def refuse(text):
    raise ValueError(text)


def ordered(value):
    if isinstance(value, dict):
        return {k: ordered(value[k]) for k in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    if isinstance(value, int) and abs(value) >= 2**53:
        refuse("integer")
    return [ordered(item) for item in value] if isinstance(value, list) else value


def canonical(raw):
    """The value, or None where another spelling of it would be the canonical one."""
    try:
        value = json.loads(raw.decode(), parse_float=refuse, parse_constant=refuse)
        return value if json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":")).encode() == raw else None
    except ValueError:
        return None


def exact_base64(text):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""


def read_note(note, key, origin):
    """Size and root of a signed checkpoint (C2SP signed note); `key` None: as claimed. None where it does not hold."""
    try:
        text, lines = re.fullmatch(r"(.*\n)\n(.*\n)", note.decode(), re.S).groups()
    except (AttributeError, UnicodeDecodeError):
        return None
    match = re.fullmatch(r"(\S+)\n(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\n((?:.+\n)*)", text)
    if not match or (origin and match[1] != origin) or any(ord(c) < 32 and c != "\n" for c in note.decode()):
        return None
    found = key is None
    for line in lines[:-1].split("\n"):
        words = re.fullmatch(r"— (\S+) (\S+)", line)
        raw = exact_base64(words[2]) if words else b""
        if len(raw) < 5:
            return None
        if key and words[1] == origin and raw[:4] == sha(origin.encode() + b"\n\1" + key)[:4]:
            if not signed(key, text.encode(), raw[4:]):
                return None
            found = True
    root = exact_base64(match[3])
    return (match[1], int(match[2]), root) if found and len(root) == 32 else None


# Events and their chains
FIELDS = {"schema hospital action outcome at requestId agent source sequence salt": 1, "document patientTag reason "
          "statedSha256 retention review previous": 0}
SEAMS = {"fude/log-closing/1": set("schema hospital next nextKey nextKeyId".split()),
         "fude/log-opening/1": set("schema hospital previous previousKey checkpoint".split())}
CHANGES = set("draft-requested document-drafted drafting-failed document-revised document-finalised amendment-begun "
              "document-withdrawn sealing-requested document-sealed document-issued document-reissued "
              "retention-extended".split())


def read_entry(raw, hospital):
    """The entry, and (document, sequence) where it is a link of a chain; None where it is no entry of that log."""
    value = canonical(raw)
    if not isinstance(value, dict) or value.get("hospital") != hospital:
        return None
    if value.get("schema") == "fude/malformed-row/1":
        row = re.fullmatch(r"DOC#[^#]+#([^#]+)", value.get("pk", ""))
        return value, (row[1], int(value["sk"][6:])) if row else None
    if value.get("schema") in SEAMS:
        return (value, None) if set(value) == SEAMS[value["schema"]] else None
    needed, known = (set(" ".join(f for f in FIELDS if FIELDS[f] or all_).split()) for all_ in (0, 1))
    if value.get("schema") != "fude/audit-event/1" or not needed <= set(value) <= known:
        return None
    linked = value["sequence"] > 1 or "previous" in value
    linked |= value["action"] in CHANGES and value["outcome"] != "refused"
    return value, (value["document"]["id"], value["sequence"]) if linked and "document" in value else None


def follow(chain, value, sequence, raw):
    """One step from `chain` (sequence, hash): the new state, and the code of what is wrong."""
    at, last = chain
    malformed = value["schema"] == "fude/malformed-row/1"
    if sequence <= at:
        return chain, "E_DUPLICATE_EVENT"
    code = "E_DOC_SEQ_GAP" if sequence > at + 1 else None
    if not code and not malformed and (last or not at) and value.get("previous") != last:
        code = "E_DOC_CHAIN"
    return (sequence, None if malformed else sha(raw).hex()), code


def split(raw):
    """The entries of a bundle or batch; None where the lengths do not lead to the end."""
    entries, at = [], 0
    while at < len(raw):
        end = at + 2 + int.from_bytes(raw[at:at + 2], "big")
        if end > len(raw) or at + 2 > len(raw):
            return None
        entries, at = entries + [raw[at + 2:end]], end
    return entries


def tile_path(level, index, width=256):
    groups = "%03d" % (index % 1000)
    while index >= 1000:
        index //= 1000
        groups = "x%03d/%s" % (index % 1000, groups)
    return "tile/%s/%s%s" % (level, groups, "" if width == 256 else ".p/%d" % width)


def instant(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()
