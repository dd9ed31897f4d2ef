"""How a message to Alipay is signed and one of Alipay's is believed (RSA2), by keys or certificates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from laidan.domain.payments.facts import Account
from laidan.interfaces.providers import keys
from laidan.interfaces.providers.base import MisconfiguredError
from laidan.interfaces.providers.reading import needed, setting

# Root certificates for SM2 are in the same file; only those signed with RSA count for RSA2.
_RSA_SIGNATURES = "1.2.840.113549.1.1."


class Identity(NamedTuple):
    """With what an account signs, and whose signatures it believes, by certificate number.

    In the mode of public keys there are no numbers: each of Alipay's keys stands under "".
    """

    key: rsa.RSAPrivateKey
    parts: Mapping[str, str]
    trusted: Mapping[str, tuple[rsa.RSAPublicKey, ...]]

    def believes(self, message: bytes, signature: str, number: str) -> bool:
        """Say whether Alipay signed a message, with the certificate of that number if one is named."""
        if self.parts and number:
            candidates = self.trusted.get(number, ())
        else:
            candidates = tuple(key for listed in self.trusted.values() for key in listed)
        return any(keys.is_signed(key, message, signature) for key in candidates)


def identity(account: Account) -> Identity:
    """Return an account's identity; raises MisconfiguredError naming the field that is wrong."""
    key = keys.private_key(needed(account, "private_key"), "private_key")
    if not setting(account, "app_cert"):
        trusted = keys.public_keys(needed(account, "alipay_public_key"), "alipay_public_key")
        return Identity(key, {}, {"": trusted})
    own = keys.certificates(setting(account, "app_cert"), "app_cert")[0]
    if keys.certified_key(own, "app_cert").public_numbers() != key.public_key().public_numbers():
        raise MisconfiguredError("app_cert: it is not the certificate of private_key")
    roots = keys.certificates(needed(account, "alipay_root_cert"), "alipay_root_cert")
    alipays = keys.certificates(needed(account, "alipay_cert"), "alipay_cert")
    parts = {"app_cert_sn": certificate_number(own), "alipay_root_cert_sn": root_number(roots)}
    trusted_keys = {
        certificate_number(one): (keys.certified_key(one, "alipay_cert"),) for one in alipays
    }
    return Identity(key, parts, trusted_keys)


def certificate_number(certificate: x509.Certificate) -> str:
    """Return Alipay's number of a certificate: MD5 of its issuer's name and serial number."""
    named = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(named.encode(), usedforsecurity=False).hexdigest()


def root_number(roots: Iterable[x509.Certificate]) -> str:
    """Return Alipay's number of its root certificates: those signed with RSA, joined by `_`."""
    return "_".join(
        certificate_number(one)
        for one in roots
        if one.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNATURES)
    )


def string_to_sign(values: Mapping[str, str], *dropped: str) -> str:
    """Return what is signed: `name=value` of all that is not empty, by name, joined by `&`."""
    return "&".join(
        f"{name}={values[name]}" for name in sorted(values) if values[name] and name not in dropped
    )
