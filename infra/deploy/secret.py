"""Shows, sets and clears the secrets of an environment. A blank one counts as not set, because
Parameter Store keeps nothing empty."""

from __future__ import annotations

import base64
import getpass
import os
import sys

import aws
import deployment
from deployment import Deployment, fail
from strength import weakness

ROTATION = """\
To change Twilio's token without losing a text:
  1. Make a secondary token in Twilio's console, and: ./deploy.sh secrets set {0} TWILIO_AUTH_TOKEN_NEXT
  2. After five minutes make it the primary one there, and: ./deploy.sh secrets set {0} TWILIO_AUTH_TOKEN
  3. After five more minutes: ./deploy.sh secrets clear {0} TWILIO_AUTH_TOKEN_NEXT"""


def show(environment: str) -> None:
    """Prints which secrets are set, and none of them."""
    there = deployment.find(environment)
    values = aws.parameters(there.secrets_path)
    for name in there.secrets:
        print(f"{'set' if values.get(name, '').strip() else 'blank':5}  {name}")


def store(environment: str, name: str = "") -> None:
    """Stores what was typed or piped in."""
    there = deployment.find(environment)
    check_name(there, name)
    value = typed(name)
    if not value.strip():
        fail(f"that was blank: to take {name} away, ./deploy.sh secrets clear {environment} {name}")
    weak = weakness(name, value)
    if weak:
        fail(f"that has {weak.has}: take what `{weak.makes}` prints")
    if name == "NAME_KEY" and name_key(there):
        fail(
            "there is a NAME_KEY, and under another nobody is found again, those who have stopped",
            "included: if the database was begun with another,",
            f"./deploy.sh secrets clear {environment} NAME_KEY first",
        )
    put(there, name, value)
    print(f"{name} is set: the functions notice within five minutes, nothing has to be deployed")
    if name in ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_NEXT"):
        print(ROTATION.format(environment))


def clear(environment: str, name: str = "") -> None:
    """Takes a secret away."""
    there = deployment.find(environment)
    check_name(there, name)
    if name == "NAME_KEY" and not name_key(there):
        fail("there is no NAME_KEY that could be cleared")
    put(there, name, " ")
    print(f"{name} is cleared: the functions notice within five minutes")
    if name == "NAME_KEY":
        print(f"Nobody is found until it is set again: {key_again(environment)}")


def check(environment: str) -> None:
    """Fails if one of the secrets that are set is too weak, before Terraform has made any. The
    functions that run go on with it."""
    try:
        values = aws.parameters(f"/textback/{environment}/")
    except aws.CallFailed:
        fail(f"the secrets of {environment} cannot be read, for the reason above")
    for name, value in values.items():
        weak = weakness(name, value.rstrip("\n")) if value.strip() else None
        if weak:
            again = f"./deploy.sh secrets set {environment} {name}"
            fail(f"{name} has {weak.has}: {again}, with what `{weak.makes}` prints")


def make_name_key(environment: str) -> None:
    """Makes the key of all names where there is none yet. One that is there is never written over:
    under another nobody would be found again, and those who have stopped least of all."""
    there = deployment.find(environment)
    if name_key(there):
        return
    # Terraform made it blank, and nobody has written to it since.
    if aws.parameter(f"{there.secrets_path}NAME_KEY").version != 1:
        fail(f"there was a NAME_KEY, and it was cleared: {key_again(environment)}")
    put(there, "NAME_KEY", base64.b64encode(os.urandom(32)).decode())
    print("NAME_KEY is made: keep a copy of it where the backups of the database are")


def has_password(environment: str) -> bool:
    """Whether anybody has ever set the console's password: Terraform makes the first version, blank."""
    there = deployment.find(environment)
    return aws.parameter(f"{there.secrets_path}CONSOLE_PASSWORD").version != 1


def check_name(there: Deployment, name: str) -> None:
    """Fails unless a name is one of a secret."""
    if name not in there.secrets:
        fail(
            f"{name or 'no name'} is no secret: write one of {' '.join(there.secrets)}.",
            f"What is not secret stands in infra/environments/{there.environment}.tfvars",
        )


def typed(name: str) -> str:
    """What somebody types, unseen, or what is piped in, without the line's end."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}: ").strip(" \t")
    return sys.stdin.buffer.read().decode(errors="surrogateescape").rstrip("\n")


def put(there: Deployment, name: str, value: str) -> None:
    """Stores a secret."""
    aws.put_secret(f"{there.secrets_path}{name}", value.encode(errors="surrogateescape"))


def name_key(there: Deployment) -> str | None:
    """The key of all names, if there is one."""
    try:
        return aws.parameter(f"{there.secrets_path}NAME_KEY").value.strip() or None
    except aws.CallFailed:
        fail("whether there is a NAME_KEY cannot be seen, for the reason above")


def key_again(environment: str) -> str:
    """What to do where the key of all names is missing."""
    return (
        f"./deploy.sh secrets set {environment} NAME_KEY, with the one that the database was begun with"
    )
