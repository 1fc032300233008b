"""Writes a small SS-MIX2 standardised storage of invented patients: what the tests of the source read.

Segments are built and encoded by hl7apy; file names and folders follow the
構築ガイドライン. Nothing here shares code or tables with the crate that reads it.

    pip install hl7apy==1.3.5
    python3 storage.py made          writes the tree made/storage, and what it prescribes as made/prescribed.json
    python3 storage.py made --check  compares them with what stands there
"""

import filecmp
import json
import pathlib
import sys
import tempfile

from hl7apy.core import Message, Segment
from hl7apy.consts import VALIDATION_LEVEL

# The two characters that JIS X 0208 has once and Unicode twice.
JIS = str.maketrans("－～", "−〜")
DUMMY_ORDER = "999999999999999"


def escape(text):
    """Delimiters inside a value, as HL7 v2.5 2.7 writes them; the backslash first."""
    for raw, sent in (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\")):
        text = text.replace(raw, sent)
    return text


def segment(name, **fields):
    """A segment from field numbers: f3='a^b'. Z segments are written by hand, as HL7 does not define them."""
    numbers = {int(key[1:]): value for key, value in fields.items() if value}
    if name.startswith("Z"):
        last = max(numbers)
        return "|".join([name] + [numbers.get(n, "") for n in range(1, last + 1)])
    made = Segment(name, version="2.5", validation_level=VALIDATION_LEVEL.TOLERANT)
    for number, value in sorted(numbers.items()):
        for repetition in value.split("~"):
            made.add_field(f"{name.lower()}_{number}").value = repetition
    return made.to_er7()


def header(kind, event, structure, at, control):
    """MSH by hl7apy, with MSH-18 and MSH-20 as Japan writes them."""
    message = Message(version="2.5", validation_level=VALIDATION_LEVEL.TOLERANT)
    msh = message.msh
    msh.msh_3, msh.msh_4, msh.msh_5, msh.msh_6 = "HIS", "SEND", "GW", "RCV"
    msh.msh_7, msh.msh_10, msh.msh_11 = at, control, "P"
    msh.msh_9 = f"{kind}^{event}^{structure}"
    line = msh.to_er7().split("|")[:12]
    return "|".join(line + ["", "", "", "", "", "~ISO IR87", "", "ISO 2022-1994",
                            "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO"])


# What was prescribed and stands, for the test to look for in the record.
PRESCRIBED = []


class Patient:
    """A patient and the files of the storage that are about this patient."""

    def __init__(self, root, number, kanji, kana, birth, sex):
        self.root, self.number = root, number
        (family, given), (family_kana, given_kana) = kanji, kana
        self.pid = dict(f1="0001", f3=f"{number}^^^^PI",
                        f5=f"{family}^{given}^^^^^L^I~{family_kana}^{given_kana}^^^^^L^P", f7=birth, f8=sex)
        self.doctor = "110^石井^健^^^^^^^L^^^^^I~^イシイ^ケン^^^^^^^L^^^^^P"
        self.ward, self.department = "", "01^内科^99XY1"

    def write(self, kind, day, order, written, segments, message, flag="1", department="01", number=None, charset="iso2022_jp"):
        number = number or self.number
        code, event, structure = message
        lines = [header(code, event, structure, written[:14], order[-12:] + written[-6:])] + segments
        folder = self.root / number[:3] / number[3:6] / number / day / kind
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{number}_{day}_{kind}_{order}_{written}_{department}_{flag}"
        (folder / name).write_bytes(b"".join(line.translate(JIS).encode(charset) + b"\r" for line in lines))

    def seg_pid(self, **more):
        return segment("PID", **self.pid, **more)

    def seg_pv1(self, kind="I", **more):
        place = f"{self.ward}^^^N" if kind == "I" else f"{self.department.split('^')[0]}^^^^^C"
        return segment("PV1", f1="0001", f2=kind, f3=place, f7=self.doctor, f10=self.department.split("^")[0], **more)

    def seg_orc(self, order, group, at, kind="I", control="NW"):
        words = {"I": "I^入院患者オーダ^HL70482", "O": "O^外来患者オーダ^HL70482"}[kind]
        return segment("ORC", f1=control, f2=order, f4=group, f9=at, f10="058^入力^花子^^^^^^^L^^^^^I", f12=self.doctor,
                       f17=self.department, f29=words)

    # What a storage holds of a patient.

    def basic(self, written, *, address="", phone="", died="", extra=()):
        rest = dict(f11=address, f13=phone, f29=died, f30="Y" if died else "")
        self.write("ADT-00", "-", DUMMY_ORDER, written,
                   [segment("EVN", f2=written[:12]), self.seg_pid(**rest), *extra], ("ADT", "A08", "ADT_A01"), department="-")

    def allergies(self, written, *iam):
        self.write("ADT-61", "-", DUMMY_ORDER, written,
                   [segment("EVN", f2=written[:12]), self.seg_pid(), self.seg_pv1()] + list(iam), ("ADT", "A60", "ADT_A60"), department="-")

    def admitted(self, at):
        self.write("ADT-22", at[:8], DUMMY_ORDER, at + "00000", [segment("EVN", f2=at), self.seg_pid(), self.seg_pv1(f44=at)],
                   ("ADT", "A01", "ADT_A01"))

    def moved(self, at):
        self.write("ADT-42", at[:8], DUMMY_ORDER, at + "00000", [segment("EVN", f2=at), self.seg_pid(), self.seg_pv1()],
                   ("ADT", "A02", "ADT_A02"))

    def discharged(self, admitted, at, disposition="01"):
        self.write("ADT-52", at[:8], DUMMY_ORDER, at + "00000",
                   [segment("EVN", f2=at), self.seg_pid(), self.seg_pv1(f36=disposition, f44=admitted, f45=at)], ("ADT", "A03", "ADT_A03"))

    def visited(self, at):
        self.write("ADT-12", at[:8], DUMMY_ORDER, at + "00000", [segment("EVN", f2=at), self.seg_pid(), self.seg_pv1("O", f44=at)],
                   ("ADT", "A04", "ADT_A01"))

    def diagnoses(self, written, *groups):
        self.write("PPR-01", "-", DUMMY_ORDER, written, [self.seg_pid()] + [s for g in groups for s in g],
                   ("PPR", "ZD1", "PPR_ZD1"))

    def diagnosis(self, n, code, name, icd, set_at, *, phase="", onset="", ended="", outcome="", main=False, suspected=False,
                  prefix="", suffix="", insured=False, secret=False):
        phases = {"": "", "H": "^H^入院時^JHSD0004", "L": "^L^退院時^JHSD0004", "O": "^O^外来時^JHSD0004"}
        prb = segment("PRB", f1="AD", f2=set_at, f3=f"{code}^{name}^MDCDX2", f4=f"{self.number}{n:03}", f7=set_at, f9=ended,
                      f10=f"{icd}^^I10{phases[phase]}", f13="1^疑いあり^JHSD0005" if suspected else "", f14=outcome, f15=ended,
                      f16=onset, f18="1^主診断^JHSD0007" if main else "", f25="V^非常に限定^HL70177" if secret else "")
        out = [prb]
        if prefix or suffix:
            out.append(segment("ZPR", f2=f"{code}^{name}^MDCDX2", f4=prefix, f6=suffix))
        if insured:
            out.append(segment("ZI1", f1="1", f2="06^組合管掌健康保険^JHSD0001", f3="06139999"))
        return out

    def prescriptions(self, day, order, ordered, *drugs, kind="I", flag="1", written=None, replaced=False):
        lines = [self.seg_pid(), self.seg_pv1(kind)]
        # A file that is void, or that a later one replaces, prescribes nothing.
        if flag == "1" and not replaced:
            PRESCRIBED.extend({"patient": self.number, "name": d["name"], "words": d["words"]} for d in drugs if d["control"] == "NW")
        for drug in drugs:
            lines.append(self.seg_orc(order, f"{order}_{drug['rp']:02}", ordered, kind, drug["control"]))
            lines += drug["segments"]
        self.write("OMP-01", day, order, written or ordered + "00000", lines, ("RDE", "O11", "RDE_O11"), flag=flag)

    def injections(self, day, order, ordered, *orders, flag="1"):
        lines = [self.seg_pid(), self.seg_pv1()]
        for n, one in enumerate(orders, 1):
            lines.append(self.seg_orc(order, f"{order}_01_{n:03}", ordered))
            lines += one["segments"]
            if flag == "1":
                PRESCRIBED.extend({"patient": self.number, **drug} for drug in one["drugs"])
        self.write("OMP-02", day, order, ordered + "00000", lines, ("RDE", "O11", "RDE_O11"), flag=flag)

    def given(self, day, order, at, rxa, rxr, kind="OMP-12"):
        lines = [self.seg_pid(), self.seg_pv1(), self.seg_orc(order, f"{order}_01_001", at), *rxa, rxr]
        self.write(kind, day, order, at + "00000", lines, ("RAS", "O17", "RAS_O17"))

    def results(self, day, order, at, specimen, *obx, taken=None, kind="I"):
        spm = segment("SPM", f1="1", f2=order, f4=specimen, f17=taken or at)
        obr = segment("OBR", f1="1", f2=order, f4="E001^検体検査^99O03", f7=taken or at)
        self.write("OML-11", day, order, at + "00000",
                   [self.seg_pid(), self.seg_pv1(kind), spm, obr, self.seg_orc(order, "", at, kind, "SC"), *obx], ("OUL", "R22", "OUL_R22"))

    def ordered_tests(self, day, order, at, specimen, *obx, taken=""):
        spm = segment("SPM", f1="1", f4=specimen, f17=taken)
        obr = segment("OBR", f1="1", f2=order, f4="E003^細菌検査^99O03")
        self.write("OML-01", day, order, at + "00000",
                   [self.seg_pid(), self.seg_pv1(), spm, self.seg_orc(order, "", at), obr, *obx], ("OML", "O33", "OML_O33"))


def usage(code, name):
    return f"{code}&{name}&JAMISDP01"


def drug(rp, hot, name, *, each="", unit="TAB^錠^MR9P", daily="", amount="", amount_unit="", usages=(), days="", start="", end="",
         times="", words="", how="", category=(), route="PO^口^HL70162", site="", given="21^内服^JHSP0003", note="", most="", yj="",
         control="NW"):
    """One ORC's worth of a prescription, below the ORC."""
    composite = f"{daily}^{unit.replace('^', '&')}" if daily else ""
    rxe = segment("RXE", f2=f"{hot}^{name}^HOT9", f3=each or '""', f4=most, f5=unit if each else '""', f7=how, f10=amount,
                  f11=amount_unit or unit, f15="2026070001", f19=composite, f21="~".join(category), f27=given,
                  f31=f"{yj}^{name}^YJ" if yj else "")
    tq1 = segment("TQ1", f1="1", f3="~".join(usages), f6=f"{days}^D&日&ISO+" if days else "", f7=start, f8=end, f11=words, f14=times)
    segments = [rxe]
    if note:
        segments.append(segment("NTE", f1="1", f3=escape(note)))
    segments += [tq1, segment("RXR", f1=route, f2=site)]
    said = [u.split("&")[1] for u in usages] + [words, how.split("^")[1] if how else "", site.split("^")[1] if site else "", note]
    if each and not most:
        said.append(f"1回{each}{printed(unit)}")
    if most:
        said += [each, most + printed(unit)]
    if daily and not each:
        said.append(f"1日{daily}{printed(unit)}")
    if not each and not daily:
        said.append(amount + printed(amount_unit or unit))
    said += [f"{days}日分" if days else "", f"{times}回分" if times else ""]
    return {"rp": rp, "segments": segments, "control": control, "name": name, "words": [s for s in said if s]}


def printed(unit):
    """A unit as a prescription prints it."""
    word = unit.split("^")[1]
    return {"ミリグラム": "mg", "グラム": "g", "ミリリットル": "mL"}.get(word, word)


def infusion(components, *, volume="", how="", rate="", start="", end="", usages=(), route="IV^静脈内^HL70162",
             device="IVP^点滴ポンプ^HL70164", category=("IHP^入院処方^MR9P",)):
    rate_unit = "ml/hr^ミリリッター／時間^ISO+" if rate else ""
    out = [segment("RXE", f2="00^一般^99I02", f3=volume or '""', f5="ML^ミリリットル^MR9P" if volume else '""', f6="INJ^注射剤^MR9P", f7=how,
                   f21="~".join(category), f23=rate, f24=rate_unit),
           segment("TQ1", f1="1", f3="~".join(usages), f7=start, f8=end),
           segment("RXR", f1=route, f3=device)]
    for role, hot, name, number, unit in components:
        out.append(segment("RXC", f1=role, f2=f"{hot}^{name}^HOT9", f3=number, f4=unit))
    said = [u.split("&")[1] for u in usages] + [route.split("^")[1], device.split("^")[1] if device else "", how.split("^")[1] if how else "",
                                               f"{rate}ミリリッター／時間" if rate else ""]
    drugs = [{"name": name, "words": [s for s in said if s] + [f"1回{number}{printed(unit)}"]} for _, _, name, number, unit in components]
    return {"segments": out, "drugs": drugs}


def obx(n, kind, code, name, value, *, unit="", range_="", flag="", status="F", at=""):
    return segment("OBX", f1=str(n), f2=kind, f3=f"{code}^{name}^JC10", f5=value, f6=f"{unit}^{unit}^99XYZ" if unit else "", f7=range_,
                   f8=flag, f11=status, f14=at)


INPATIENT, DISCHARGE, REGULAR, BROUGHT = ("IHP^入院処方^MR9P", "DCG^退院処方^MR9P", "ORD^定期処方^MR9P", "BDP^持参薬処方^MR9P")
OUTPATIENT, IN_HOUSE = ("OHP^外来処方^MR9P", "OHI^院内処方^MR9P")
MORNING = usage("1011000400000000", "内服・経口・１日１回朝食後")
TWICE = usage("1012040400000000", "内服・経口・１日２回朝夕食後")
THRICE = usage("1013044400000000", "内服・経口・１日３回朝昼夕食後")
BEDTIME = usage("1011000090000000", "内服・経口・１日１回就寝前")
PAIN = usage("1050110020000000", "内服・経口・疼痛時")
SLEEPLESS = usage("1050110010000000", "内服・経口・不眠時")
OTHER_DAY = usage("I1100000", "１日おき")
AMPOULE, VIAL, BOTTLE, BAG = "AMP^アンプル^MR9P", "VIL^バイアル^MR9P", "HON^本^MR9P", "BAG^袋^MR9P"


def write(root):
    from people import ALL

    for patient in ALL:
        patient(root / "storage")
    told = ",\n".join(json.dumps(one, ensure_ascii=False) for one in PRESCRIBED)
    (root / "prescribed.json").write_text(f"[\n{told}\n]\n", encoding="utf-8")


def main(folder, check=False):
    folder = pathlib.Path(folder)
    if not check:
        write(folder)
        return 0
    with tempfile.TemporaryDirectory() as fresh:
        write(pathlib.Path(fresh))
        compared = filecmp.dircmp(fresh, folder)
        pending, differences = [compared], []
        while pending:
            one = pending.pop()
            differences += [str(pathlib.Path(one.right) / n) for n in one.left_only + one.right_only + one.diff_files]
            pending += one.subdirs.values()
    print("\n".join(differences) or "the tree is what this program writes")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.modules["storage"] = sys.modules["__main__"]
    sys.exit(main(sys.argv[1], "--check" in sys.argv[2:]))
