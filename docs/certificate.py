#!/usr/bin/env python3
"""What a registration knows of a client certificate, as JSON: the hash under which it is registered, and the pair that
revokes it. Needs `cryptography`. The functions compute the same (shared/aws/src/caller/certificate.rs)."""
import hashlib
import json
import sys

from cryptography import x509


def known(pem: bytes) -> dict[str, str]:
    leaf = x509.load_pem_x509_certificate(pem)
    issuer, subject = leaf.issuer.public_bytes(), leaf.subject.public_bytes()
    return {
        "issuerSubjectSha256": hashlib.sha256(issuer + subject).hexdigest(),
        "issuerSha256": hashlib.sha256(issuer).hexdigest(),
        "serial": f"{leaf.serial_number:x}",
        "subject": leaf.subject.rfc4514_string(),
        "notAfter": leaf.not_valid_after_utc.isoformat(),
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: certificate.py FILE.pem")
    with open(sys.argv[1], "rb") as file:
        print(json.dumps(known(file.read()), ensure_ascii=False, indent=2))
