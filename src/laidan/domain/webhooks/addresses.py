"""Which addresses webhooks may have: public ones, unless the installation allows others."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

URL_MAX = 2000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to nobody's inner network.

    >>> [is_public(one) for one in ("93.184.215.14", "127.0.0.1", "::ffff:10.0.0.1", "fd00::1")]
    [True, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def url_fault(url: str, *, allow_private: bool) -> str:
    """Return what is wrong with an endpoint's address, "" where nothing is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no address"
    if len(url) > URL_MAX or not url.isascii() or any(mark <= " " for mark in url):
        return f"must be an address of at most {URL_MAX} characters without spaces"
    if parts.scheme not in (("https", "http") if allow_private else ("https",)):
        return "must begin with https://"
    if not host or port == 0 or parts.username is not None or parts.fragment:
        return "must name a host, and no user or fragment"
    if not allow_private and (host == "localhost" or (_is_ip(host) and not is_public(host))):
        return "must not be inside a private network"
    return ""


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
