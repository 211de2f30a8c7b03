"""An operator's own keys, and the C2PA library's reader as a stranger uses it."""

import datetime
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from c2pa import Context, Reader
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SHOP = "Shop Ltd"
_HOUR = datetime.timedelta(hours=1)
_KEYS = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


def new_key(algorithm="es256"):
    return _KEYS.get(algorithm, lambda: rsa.generate_private_key(65537, 2048))()


class Authority:
    """Issues certificates for signing; its own is in `pem`."""

    def __init__(self):
        self._key, self._name = new_key(), named("Authority")
        usage = (x509.BasicConstraints(ca=True, path_length=None), True), (usages(key_cert_sign=True), True)
        self.pem = self._issued(self._key.public_key(), self._name, _HOUR, usage).public_bytes(Encoding.PEM)

    def chain(self, key, ends=_HOUR, purpose=ExtendedKeyUsageOID.EMAIL_PROTECTION):
        """PEM of a certificate for the key, then of the authority's."""
        usage = (x509.ExtendedKeyUsage([purpose]), False), (usages(digital_signature=True), True)
        return self._issued(key.public_key(), named("Signer"), ends, usage).public_bytes(Encoding.PEM) + self.pem

    def _issued(self, public_key, subject, ends, extensions):
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - 2 * _HOUR).not_valid_after(now + ends)
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        own = x509.SubjectKeyIdentifier.from_public_key(public_key)
        for extension, critical in (*extensions, (known, False), (own, False)):
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


class RefusingServer:
    """A time-stamping authority on loopback that gives no stamps; a context manager.

    Attributes:
        asked: Path and content type of each request.
    """

    def __init__(self):
        self.asked = asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append((self.path, self.headers["Content-Type"]))
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_error(503)

            def log_message(self, *_): ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def named(name):
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, SHOP), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def usages(**wanted):
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_store(file, media_type, trusted=None):
    """All that the library's reader finds in a file; trusting who is signed for by `trusted`, PEM."""
    settings = {"trust": {"user_anchors": trusted.decode()}} if trusted else {}
    with Reader(media_type, io.BytesIO(file), context=Context.from_dict(settings)) as reader:
        return json.loads(reader.json())


def read_manifest(file, media_type):
    """What the file says of itself."""
    store = read_store(file, media_type)
    return store["manifests"][store["active_manifest"]]
