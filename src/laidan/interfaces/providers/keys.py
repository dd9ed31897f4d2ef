"""RSA keys and certificates as people paste them, and signatures by RSA-SHA256 (PKCS #1 v1.5)."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from laidan.interfaces.providers.base import MisconfiguredError

_BITS = 2048
_BLOCK = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?-----END [A-Z0-9 ]+-----", re.DOTALL)
_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)


@lru_cache(maxsize=64)
def private_key(text: str, name: str) -> rsa.RSAPrivateKey:
    """Return a private key given as PEM or bare base64; raises MisconfiguredError naming the field."""
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_private_key(text.strip().encode(), password=None)
        else:
            key = serialization.load_der_private_key(_bare(text), password=None)
    except _UNREADABLE as error:
        # The parser's own message may quote what it could not read.
        raise MisconfiguredError(f"{name}: this is no private key") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _BITS:
        raise MisconfiguredError(f"{name}: an RSA key of at least {_BITS} bits is needed")
    return key


@lru_cache(maxsize=64)
def public_keys(text: str, name: str) -> tuple[rsa.RSAPublicKey, ...]:
    """Return the public keys of a text: PEM blocks one after the other, or one in bare base64."""
    try:
        if "-----BEGIN" in text:
            keys = [serialization.load_pem_public_key(one.encode()) for one in _BLOCK.findall(text)]
        else:
            keys = [serialization.load_der_public_key(_bare(text))]
    except _UNREADABLE as error:
        raise MisconfiguredError(f"{name}: this is no public key") from error
    if not keys:
        raise MisconfiguredError(f"{name}: this is no public key")
    return tuple(_rsa_public(key, name) for key in keys)


@lru_cache(maxsize=64)
def certificates(text: str, name: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a text in PEM, in their order."""
    try:
        found = tuple(x509.load_pem_x509_certificate(one.encode()) for one in _BLOCK.findall(text))
    except _UNREADABLE as error:
        raise MisconfiguredError(f"{name}: this is no certificate") from error
    if not found:
        raise MisconfiguredError(f"{name}: this is no certificate")
    return found


def certified_key(certificate: x509.Certificate, name: str) -> rsa.RSAPublicKey:
    """Return the RSA key that a certificate is for."""
    try:
        return _rsa_public(certificate.public_key(), name)
    except _UNREADABLE as error:
        raise MisconfiguredError(f"{name}: an RSA certificate is needed") from error


def sign(key: rsa.RSAPrivateKey, message: bytes) -> str:
    """Return the signature of a message in base64."""
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed(key: rsa.RSAPublicKey, message: bytes, signature: str) -> bool:
    """Say whether a message bears the signature of a key's owner."""
    try:
        key.verify(from_base64(signature), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def from_base64(text: str) -> bytes:
    """Return the bytes of a base64 text; raises ValueError."""
    try:
        return base64.b64decode(text.encode(), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _bare(text: str) -> bytes:
    return from_base64("".join(text.split()))


def _rsa_public(key: object, name: str) -> rsa.RSAPublicKey:
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _BITS:
        raise MisconfiguredError(f"{name}: an RSA key of at least {_BITS} bits is needed")
    return key
