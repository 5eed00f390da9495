"""Lists, sets and clears the secrets of an environment. A blank one counts as not set, because
Parameter Store cannot store an empty value."""

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
    """Prints which secrets are set, but not their values."""
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
        fail(f"that was blank: to remove {name}, ./deploy.sh secrets clear {environment} {name}")
    weak = weakness(name, value)
    if weak:
        fail(f"that has {weak.has}: use the output of `{weak.makes}`")
    if name == "NAME_KEY" and name_key(there):
        fail(
            "a NAME_KEY exists, and with another nobody would be found again, those who have stopped",
            "included: if the database was begun with another,",
            f"./deploy.sh secrets clear {environment} NAME_KEY first",
        )
    put(there, name, value)
    print(f"{name} is set: the functions notice within five minutes, nothing has to be deployed")
    if name in ("TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_NEXT"):
        print(ROTATION.format(environment))


def clear(environment: str, name: str = "") -> None:
    """Clears a secret."""
    there = deployment.find(environment)
    check_name(there, name)
    if name == "NAME_KEY" and not name_key(there):
        fail("there is no NAME_KEY to clear")
    put(there, name, " ")
    print(f"{name} is cleared: the functions notice within five minutes")
    if name == "NAME_KEY":
        print(f"Nobody is found until it is set again: {key_again(environment)}")


def check(environment: str) -> None:
    """Fails if one of the secrets is too weak, before Terraform changes anything. The running functions
    keep using it."""
    try:
        values = aws.parameters(f"/textback/{environment}/")
    except aws.CallFailed:
        fail(f"the secrets of {environment} cannot be read, for the reason above")
    for name, value in values.items():
        weak = weakness(name, value.rstrip("\n")) if value.strip() else None
        if weak:
            again = f"./deploy.sh secrets set {environment} {name}"
            fail(f"{name} has {weak.has}: {again}, with the output of `{weak.makes}`")


def make_name_key(environment: str) -> None:
    """Creates the key of all names if there is none yet. An existing one is never overwritten: with
    another, nobody would be found again, not even those who have stopped."""
    there = deployment.find(environment)
    if name_key(there):
        return
    # Terraform created it blank, and nobody has written to it since.
    if aws.parameter(f"{there.secrets_path}NAME_KEY").version != 1:
        fail(f"there was a NAME_KEY, and it was cleared: {key_again(environment)}")
    put(there, "NAME_KEY", base64.b64encode(os.urandom(32)).decode())
    print("NAME_KEY was created: keep a copy of it with the backups of the database")


def has_password(environment: str) -> bool:
    """Whether the console's password was ever set: Terraform creates the first version, blank."""
    there = deployment.find(environment)
    return aws.parameter(f"{there.secrets_path}CONSOLE_PASSWORD").version != 1


def check_name(there: Deployment, name: str) -> None:
    """Fails unless a name is that of a secret."""
    if name not in there.secrets:
        fail(
            f"{name or 'no name'} is not a secret: write one of {' '.join(there.secrets)}.",
            f"Other settings are in infra/environments/{there.environment}.tfvars",
        )


def typed(name: str) -> str:
    """The hidden input from the terminal, or the piped input, without the final newline."""
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
        fail("could not check for a NAME_KEY, for the reason above")


def key_again(environment: str) -> str:
    """How to restore a missing key of all names."""
    return (
        f"./deploy.sh secrets set {environment} NAME_KEY, with the one that the database was begun with"
    )
