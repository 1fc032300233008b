"""A hospital's logs where the key was changed: names, and which key is whose. Each log ends by naming the next key, and
begins with the key and last checkpoint of the one before."""
import re

from formats import read_entry, read_note, split, tile_path


def log_order(name):
    """Hospital and number by which logs sort; () where it is no name of a log."""
    found = re.fullmatch(r"([a-z0-9-]{1,63})(?:\.([1-9]\d*))?", name)
    return (found[1], int(found[2] or 1)) if found and found[2] != "1" else ()


hospital_of = lambda name: log_order(name)[0]
next_of = lambda name: "%s.%d" % (hospital_of(name), log_order(name)[1] + 1)
key_of = lambda text: bytes.fromhex(text) if re.fullmatch("[0-9a-fA-F]{64}", text) else None


def opening(value, name):
    """Name and last checkpoint of the log before, its key and the note, as the entry says; None where it is not sound."""
    if value["schema"] != "fude/log-opening/1" or not log_order(value["previous"]) or next_of(value["previous"]) != name:
        return None
    key, note = key_of(value["previousKey"]), value["checkpoint"].encode()
    claim = key and read_note(note, key, "fude.example/" + value["previous"])
    return claim and (value["previous"], claim, key, note)


def opened(raw, name):
    """The same out of the entry's bytes."""
    found = read_entry(raw, hospital_of(name))
    return found and opening(found[0], name)


def admits(name, index, value):
    """Whether an entry can stand there."""
    if value["schema"] == "fude/log-opening/1":
        return index == 0 and "." in name and bool(opening(value, name))
    if index == 0 and "." in name:
        return False
    return value["schema"] != "fude/log-closing/1" or (value["next"] == next_of(name) and bool(key_of(value["nextKey"])))


def copies(audit, name, index, size):
    """An entry out of its batch and its bundle, with the object."""
    for key in sorted(audit.keys):
        found = re.fullmatch(re.escape(name) + r"/batch/(\d{12})-(\d{12})", key)
        if found and int(found[1]) <= index <= int(found[2]):
            yield from ((entry, key) for entry in (split(audit.read(key) or b"") or [])[index - int(found[1]):][:1])
    first = index - index % 256
    key = name + "/" + tile_path("entries", first // 256, min(256, size - first))
    yield from ((entry, key) for entry in (split(audit.read(key) or b"") or [])[index - first:][:1])


def keys_of(audit, names, given):
    """The key of each log, and what the next log keeps of its end: (object, pin)."""
    size_of = {name: max([int(k[-20:]) for k in audit.keys if re.fullmatch(re.escape(name) + r"/checkpoints/\d{20}", k)],
                         default=0) for name in names}

    def opens(name, key):
        note = audit.read("%s/checkpoints/%020d" % (name, size_of[name])) or b""
        return bool(key and read_note(note, key, "fude.example/" + name))

    keys = {name: next((key for key in given if opens(name, key)), None) for name in names}
    ends, known = {}, {}
    for name in names:
        if keys[name]:
            known[hospital_of(name)] = log_order(name)
    for name in reversed(names):
        for raw, where in copies(audit, name, 0, max(size_of[name], 1)) if "." in name else ():
            found = opened(raw, name)
            if found and found[0] in names:
                ends[found[0]] = (where, (*found[1], found[3]))
                if log_order(name) <= known.get(hospital_of(name), log_order(name)):
                    keys[found[0]] = found[2]
                break
    for name in names:
        before = [other for other in names if next_of(other) == name]
        if before and log_order(name) > known.get(hospital_of(name), log_order(name)):
            size = max(size_of[before[0]], 1)
            for raw, _ in copies(audit, before[0], size - 1, size):
                found = read_entry(raw, hospital_of(name))
                if found and found[0]["schema"] == "fude/log-closing/1" and found[0]["next"] == name and opens(
                        name, key_of(found[0]["nextKey"])):
                    keys[name] = key_of(found[0]["nextKey"])
                    break
    return {name: keys[name] or given[0] for name in names}, ends
