"""Real documents in the states that the operations need, made over the same API by the house's own people."""

import itertools
import random
import uuid

# What each role drafts, and for whom: the addressee is one that the kind knows.
KINDS = {"physician": ["referral-letter", "discharge-summary"], "clerk": ["referral-letter"], "nurse": ["nursing-summary"],
         "auditor": ["referral-letter"]}
FILLED = "診察のうえ確認し、記載した。"


class Document:
    """A document as it was last told: the version that `If-Match` takes, and its sections."""

    def __init__(self, metadata):
        self.uses = 0
        self.sections, self.answers = [], []
        self.told(metadata)

    def told(self, metadata):
        self.id, self.version, self.state = metadata["documentId"], metadata["version"], metadata["state"]
        self.revision = metadata["revision"]
        self.asked = metadata.get("sealingRequestedBy") is not None

    @property
    def is_open(self):
        return self.state in ("draft", "revised", "awaiting-approval", "amended")

    @property
    def tag(self):
        return f'"v{self.version}"'


class Documents:
    """All documents of one role's run. `most`: how many are made for each act that uses a document up."""

    def __init__(self, house, role, most):
        self.house, self.role, self.most = house, role, most
        self.random = random.Random(role)
        self.patients = itertools.cycle(house.source["patients"])
        self.known = {}
        self.made = {}
        author, second = house.users("physician")[1], house.users("physician")[0]
        if role == "nurse":
            author = second = house.users("nurse")[0]
        self.author, self.second = house.person(author), house.person(second)
        make = self.sealed if role == "auditor" else self.revised
        make()
        make()

    def order(self):
        """A request that can be drafted."""
        kind = self.random.choice(KINDS[self.role])
        order = {"patientId": next(self.patients), "dataSourceId": self.house.source["id"], "documentType": kind,
                 "destination": {"type": "medical-institution", "institution": "みなと診療所", "department": "内科"}}
        if kind == "referral-letter":
            order["statements"] = [{"section": "950", "text": "嚥下機能の再評価をお願いします。"}]
        return order

    def learn(self, metadata):
        """What an answer says of a document of this run."""
        document = self.known.get(metadata["documentId"])
        if document:
            document.told(metadata)

    def draft(self):
        document = Document(self.author.call("POST", "/documents", 201, json=self.order(), headers=key()))
        self.known[document.id] = document
        self._read(document)
        return document

    def revised(self):
        """With nothing left to fill, so that it could be finalised."""
        document = self.draft()
        self._act(document, "revisions", 201, {"sections": document.sections, "reason": "記載を補った。"})
        self._read(document)
        return document

    def final(self):
        document = self.revised()
        self._act(document, "finalization", 200, {"answers": document.answers})
        return document

    def sealed(self):
        document = self.final()
        for person in (self.author, self.second):
            self._act(document, "sealing", 200, {"reason": "患者の取り違え"}, person)
        return document

    def _act(self, document, act, status, body, person=None):
        headers = key() | {"If-Match": document.tag}
        document.told((person or self.author).call("POST", f"/documents/{document.id}/{act}", status, json=body, headers=headers))

    def _read(self, document):
        content = self.author.call("GET", f"/documents/{document.id}/content", 200)
        document.answers = [{"flag": flag["id"], "answer": "accepted"} for flag in content["flags"]]
        document.sections = content["sections"]
        for sentence in (sentence for section in document.sections for sentence in section["sentences"]):
            if sentence.get("empty") == "to-confirm" or "要確認】" in sentence["text"]:
                sentence["text"] = FILLED

    def _some(self, fits, make):
        """One that fits and was not used up; another one is made while there may be more of that sort."""
        fitting = [document for document in self.known.values() if fits(document) and document.uses < 20]
        made = self.made.get(make.__name__, 0)
        if not fitting and made < self.most:
            self.made[make.__name__] = made + 1
            fitting = [make()]
        document = self.random.choice(fitting or list(self.known.values()))
        document.uses += 1
        return document

    def for_operation(self, name):
        """A document on which that operation can succeed."""
        match name:
            case "reviseDocument" | "withdrawDocument":
                return self._some(lambda d: d.is_open, self.draft)
            case "finaliseDocument":
                return self._some(lambda d: d.is_open and d.revision == 2, self.revised)
            case "issueDocument":
                return self._some(lambda d: d.state == "final", self.final)
            case "sealDocument":
                return self._some(lambda d: d.state == "final" and not d.asked, self.final)
            case "getChanges":
                return self._some(lambda d: d.revision >= 2, self.revised)
        return self.random.choice(list(self.known.values()))

    def body(self, name, document):
        """A body with which that operation can succeed."""
        match name:
            case "draftDocument":
                return self.order()
            case "searchDocuments":
                return {"patientId": next(self.patients)}
            case "reviseDocument":
                # A clerk types for a physician
                named = {"onBehalfOf": self.author.name} if self.role == "clerk" else {}
                return {"sections": document.sections, "reason": "誤記の訂正"} | named
            case "finaliseDocument":
                return {"answers": document.answers}
            case "issueDocument":
                return {"to": "みなと診療所", "how": "郵送", "copies": 1}
        return {"reason": "患者の取り違え"}


def key():
    return {"Idempotency-Key": str(uuid.uuid4())}
