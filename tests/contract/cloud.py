"""The local cloud and its users, as a hospital's gateway meets them: mutual TLS, a sign-in with a second factor."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import signal
import struct
import subprocess
import time

import requests

# The longest that a token is used: finalising takes a sign-in not older than 15 minutes.
FRESH = 600


def start(state, printed):
    """A local cloud of its own on that folder; returns the process and ready.json."""
    ready = state / "ready.json"
    command = ["cargo", "run", "--quiet", "--", "--state", str(state), "--port", "0"]
    with open(printed, "w", encoding="utf-8") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    while not ready.exists():
        if process.poll() is not None:
            raise SystemExit(f"the local cloud ended:\n{printed.read_text(encoding='utf-8')}")
        time.sleep(0.2)
    return process, json.loads(ready.read_text(encoding="utf-8"))


def stop(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


class House:
    """The first hospital of a running local cloud."""

    def __init__(self, state):
        self.state = pathlib.Path(state)
        self.ready = json.loads((self.state / "ready.json").read_text(encoding="utf-8"))
        self.hospital = self.ready["hospitals"][0]
        self.api = self.ready["api"]
        self.certificate = (self.hospital["clientCert"], self.hospital["clientKey"])
        self.source = self.hospital["dataSources"][0]

    def users(self, role):
        return [user["name"] for user in self.hospital["users"] if user["role"] == role]

    def token(self, name):
        """An access token. A TOTP step serves once, so the programs of one run share what they have."""
        kept = self.state / f"token-{name}.json"
        if kept.exists():
            known = json.loads(kept.read_text(encoding="utf-8"))
            if time.time() - known["at"] < FRESH:
                return known["token"]
        token = self._sign_in(next(user for user in self.hospital["users"] if user["name"] == name))
        kept.write_text(json.dumps({"at": time.time(), "token": token}), encoding="utf-8")
        return token

    def _sign_in(self, user):
        began = time.time()
        step = self._cognito("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH",
                             AuthParameters={"USERNAME": user["name"], "PASSWORD": user["password"]})
        while True:
            answer = self._cognito("RespondToAuthChallenge", ChallengeName="SOFTWARE_TOKEN_MFA", Session=step["Session"],
                                   ChallengeResponses={"USERNAME": user["name"],
                                                       "SOFTWARE_TOKEN_MFA_CODE": totp(user["totpSecret"])})
            if "AuthenticationResult" in answer:
                return answer["AuthenticationResult"]["AccessToken"]
            if time.time() - began > 95:
                raise SystemExit(f"{user['name']} cannot sign in: {answer.get('__type')}")
            time.sleep(1)

    def _cognito(self, operation, **body):
        headers = {"content-type": "application/x-amz-json-1.1",
                   "x-amz-target": f"AWSCognitoIdentityProviderService.{operation}"}
        body["ClientId"] = self.ready["clientId"]
        with requests.Session() as session:
            session.trust_env = False
            return session.post(self.ready["cognito"], headers=headers, json=body, timeout=30).json()

    def person(self, name):
        return Person(self, name)


class Person:
    """A signed-in user behind the hospital's certificate."""

    def __init__(self, house, name):
        self.house, self.name = house, name
        self.http = requests.Session()
        self.http.trust_env = False  # a CA bundle of the environment would replace `verify`
        self.http.verify, self.http.cert = house.ready["ca"], house.certificate

    def call(self, method, path, expected, **more):
        headers = {"Authorization": f"Bearer {self.house.token(self.name)}"} | more.pop("headers", {})
        answer = self.http.request(method, self.house.api + path, headers=headers, timeout=60, **more)
        if answer.status_code != expected:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


def totp(secret):
    """RFC 6238 with SHA-1, six digits, 30 seconds."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1)
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
