"""Which addresses may be asked for, and how they are shown.

What is not covered: a name that leads to a public address when it is checked and to a private one
a moment later (DNS rebinding), and names that a proxy resolves.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from kit import progress
from kit.errors import KitError

__all__ = ["check_redirect", "is_private", "is_safe", "shown"]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
LONGEST = 200  # characters of an address in a message


def is_safe(address: str) -> bool:
    """Return whether it is https, or http to this computer, which nobody can listen to."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def check_redirect(first: str, address: str) -> None:
    """Refuse what a server may not send us to.

    A private network is reached only where the user's own address lies, on the same host: a
    stranger must not make this computer fetch what only it can see.

    Raises:
        KitError: The address is not https, or lies in a private network.
    """
    if not is_safe(address):
        raise KitError(f"The server redirects to {shown(address)}, which is not safe.")
    host = urlsplit(address).hostname
    if host != urlsplit(first).hostname and is_private(host):
        raise KitError(
            f"The server redirects to {shown(address)}, which is in a private network. If you "
            "trust it, pass that address itself."
        )


def is_private(host: str | None) -> bool:
    """Return whether a host's name or number leads to an address that is not public."""
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False  # behind a proxy names may not be known here; the request itself will tell
    return any(_is_inside(str(entry[4][0]).partition("%")[0]) for entry in found)


def shown(address: str) -> str:
    """Return the address for a message: no password, no control characters, not endless."""
    try:
        parts = urlsplit(address)
        if "@" in parts.netloc:
            address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    except ValueError:
        pass
    text = progress.clean(address)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _is_inside(number: str) -> bool:
    address = ipaddress.ip_address(number)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    return not address.is_global or address.is_multicast
