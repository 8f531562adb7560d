"""Over amqps:// a broker must be who it was called, not only signed by somebody we trust."""

import datetime as dt
import ssl
import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from socket import create_server, socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from broker.connecting import BROKER_ERRORS, unopened
from tests.support.roofer import until

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2036, 1, 1, tzinfo=dt.UTC)


def _certified(home: Path, name: str) -> tuple[Path, Path]:
    """Write a key and a certificate for a name, which whoever is told so trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(LATER)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = home / "broker.crt", home / "broker.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


class Door:
    """A TLS server that shakes hands and says nothing; it notes how each handshake ended."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Listen on loopback."""
        self.shaken: list[bool] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener = create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                came, _ = self._listener.accept()
                with came:
                    came.settimeout(5)
                    self.shaken.append(self._shake(came))

    def _shake(self, came: socket) -> bool:
        try:
            with self._context.wrap_socket(came, server_side=True) as secure:
                return bool(secure.recv(8))
        except (ssl.SSLError, OSError):
            return False

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(2)
        self._listener.close()
        self._thread.join()


@pytest.fixture(params=["localhost", "other.example"])
def door(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[Door]:
    """Give a broker's door with a certificate for a name, whose signer is trusted."""
    certificate, key = _certified(tmp_path, request.param)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    opened = Door(certificate, key)
    yield opened
    opened.close()


def test_a_certificate_of_another_name_is_refused(
    door: Door, request: pytest.FixtureRequest
) -> None:
    """It comes to a first byte of ours only with the one that has the name."""
    connection = unopened(f"amqps://guest:guest@localhost:{door.port}/")
    with suppress(*BROKER_ERRORS):
        _ = connection.default_channel
    connection.release()

    ours = request.node.callspec.params["door"] == "localhost"
    until(lambda: door.shaken)
    assert door.shaken[0] is ours
