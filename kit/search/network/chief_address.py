"""Where the chief of a search is, who is asking, and the token that both know."""

import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from kit.errors import SettingError

__all__ = ["ENVIRONMENT", "TOKEN", "Role", "check_free", "check_name", "check_token", "is_loopback",
           "new_token", "read_address", "roles"]  # fmt: skip

TOKEN = "KIT_SEARCH_TOKEN"
ENVIRONMENT = ("KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT")
SHORTEST = 16  # characters of a token: fewer can be guessed


@dataclass(frozen=True)
class Role:
    """What this process is in a search, as keras-tuner's environment variables say it.

    Attributes:
        name: Of this worker, or of the chief.
        chief: Whether it is the chief: its name has "chief" in it.
        address: ``HOST:PORT`` of the chief.
    """

    name: str
    chief: bool
    address: str


def roles(environment: Mapping[str, str] | None = None) -> Role | None:
    """Read keras-tuner's three variables; None where none of them is set.

    Raises:
        SettingError: Some are set and some are not, or one cannot be used.
    """
    known = os.environ if environment is None else environment
    given = {name: known.get(name, "").strip() for name in ENVIRONMENT}
    if not any(given.values()):
        return None
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise SettingError(
            f"{' and '.join(name for name, value in given.items() if value)} is set, but "
            f"{' and '.join(missing)} is not. Set all three, or none for a search on this machine."
        )
    name, host, port = given.values()
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    read_address(address)
    return Role(check_name(name), "chief" in name, address)


def read_address(address: str) -> tuple[str, int]:
    """Return the host and the port of ``HOST:PORT`` or ``[HOST]:PORT``; port 0 is any free one.

    Raises:
        SettingError: It is not written so.
    """
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})", address)
    if found is None or int(found[3]) > 65535:
        raise SettingError(
            f"The chief's address must be HOST:PORT, for example 127.0.0.1:8000, not {address!r}."
        )
    return found[1] or found[2], int(found[3])


def check_free(address: str) -> None:
    """Raise SettingError where nobody can listen at ``HOST:PORT``."""
    host, port = read_address(address)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError:
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise SettingError(
            f"The chief cannot listen at {shown}: the port is taken, perhaps by a chief that still "
            f"runs, or the address is not one of this machine. Choose another port."
        ) from None


def is_loopback(host: str) -> bool:
    """Tell whether only programs on this machine reach this host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_name(name: str) -> str:
    """Return a worker's name if it can be one.

    Raises:
        SettingError: It cannot.
    """
    if not is_name(name):
        raise SettingError(
            f"A worker's name (KERASTUNER_TUNER_ID) must have 1 to 100 of the characters A-Z, a-z, "
            f"0-9, dot, dash, colon and underline, not {name[:120]!r}."
        )
    return name


def is_name(text: str) -> bool:
    """Tell whether a worker can be called so."""
    return re.fullmatch(r"[A-Za-z0-9._:-]{1,100}", text) is not None


def check_token(token: str | None) -> str:
    """Return a token if it is one that cannot be guessed.

    Raises:
        SettingError: It is missing, too short, or has characters that do not travel.
    """
    make = f'Make one: export {TOKEN}="$(openssl rand -hex 16)", the same for chief and workers.'
    if not token:
        raise SettingError(f"The chief and its workers need a shared token. {make}")
    if not re.fullmatch(r"[!-~]*", token):
        raise SettingError(
            f"The token in {TOKEN} may have plain letters, digits and signs only, no space. {make}"
        )
    if not SHORTEST <= len(token) <= 1000:
        raise SettingError(
            f"The token in {TOKEN} must have at least {SHORTEST} characters (and at most 1,000), "
            f"not {len(token)}. {make}"
        )
    return token


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(32)
