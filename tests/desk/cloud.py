"""What ready.json tells of the local cloud, one-time codes, and the faults of the stand-in for Bedrock."""
import base64
import hashlib
import hmac
import json
import ssl
import struct
import time
import urllib.request
import uuid

STEP = 30


class Cloud:
    def __init__(self, path):
        self.ready = json.load(open(path, encoding="utf-8"))
        self.hospital = self.ready["hospitals"][0]
        self.desk = self.ready["desk"]
        self.used = {}

    def user(self, name):
        return next(u for u in self.hospital["users"] if u["name"] == name)

    def code(self, user):
        """RFC 6238. A code serves once and no older one after it; those of a step before and after now count too."""
        now = int(time.time()) // STEP
        step = max(now - 1, self.used.get(user["name"], 0) + 1)
        while step > int(time.time()) // STEP + 1:
            time.sleep(0.5)
        self.used[user["name"]] = step
        secret = user["totpSecret"]
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
        at = digest[-1] & 15
        return "%06d" % ((struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6)

    def token(self, name):
        user = self.user(name)

        def ask(act, body):
            headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AWSCognitoIdentityProviderService.{act}"}
            return json.load(urllib.request.urlopen(urllib.request.Request(self.ready["cognito"], json.dumps(body).encode(), headers)))

        client = {"ClientId": self.ready["clientId"]}
        password = {"USERNAME": user["name"], "PASSWORD": user["password"]}
        step = ask("InitiateAuth", client | {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": password})
        code = {"USERNAME": user["name"], "SOFTWARE_TOKEN_MFA_CODE": self.code(user)}
        answer = client | {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": step["Session"], "ChallengeResponses": code}
        return ask("RespondToAuthChallenge", answer)["AuthenticationResult"]["AccessToken"]

    def draft_elsewhere(self, name, patient, kind):
        """As another system of the hospital would, not by the desk."""
        tls = ssl.create_default_context(cafile=self.ready["ca"])
        tls.load_cert_chain(self.hospital["clientCert"], self.hospital["clientKey"])
        to = {"type": "medical-institution", "institution": "みなと診療所"}
        body = {"patientId": patient, "dataSourceId": "ehr-main", "documentType": kind, "destination": to}
        headers = {"authorization": f"Bearer {self.token(name)}", "content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
        request = urllib.request.Request(self.ready["api"] + "/documents", json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(request, context=tls))["documentId"]

    def faults(self, *modes, times=50):
        """Arms these faults of the model in place of the armed ones."""
        url = self.ready["bedrock"] + "/__standin/faults"
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE"))
        if modes:
            body = json.dumps([{"mode": m, "times": times} for m in modes]).encode()
            urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": "application/json"}))
