"""The required strength of secrets that an owner chooses. Those from providers have the length that
the provider gives them. Nothing here talks to AWS."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

NAME_KEY = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?|[0-9A-Fa-f]{64}")

HASH = r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
USER = rf"[A-Za-z0-9._@-]{{1,64}}:{HASH}"
USERS = re.compile(rf"\s*{USER}(\s*[,;\n]\s*{USER})*[\s,;]*")


@dataclass(frozen=True)
class Weakness:
    """What a secret lacks, and the command that makes a good one."""

    has: str
    makes: str = "openssl rand -base64 24"


def weakness(name: str, value: str) -> Weakness | None:
    """Why a value is too weak for the secret of that name, if it is."""
    if name == "CONSOLE_PASSWORD" and len(value) < 12:
        return Weakness("fewer than 12 characters and would open nothing")
    if name == "CONSOLE_USERS" and not USERS.fullmatch(value):
        return Weakness("no user that could sign in", "textback console-user NAME")
    if name == "NAME_KEY" and not NAME_KEY.fullmatch(value):
        return Weakness("not 32 bytes in Base64 or hexadecimal", "openssl rand -base64 32")
    if name.endswith(("_WEBHOOK_TOKEN", "_WEBHOOK_SECRET")) and size(value) < 24:
        return Weakness("fewer than 24 bytes and can be guessed")
    return None


def size(value: str) -> int:
    """The number of bytes of a webhook's secret; none if it is not valid Base64, though it claims so."""
    if not value.startswith("whsec_"):
        return len(value.encode(errors="surrogateescape"))
    try:
        return len(base64.b64decode(value[len("whsec_") :].replace("\n", ""), validate=True))
    except (binascii.Error, ValueError):
        return 0
