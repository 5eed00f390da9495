"""The parts of an environment, as Terraform wrote them down (infra/deployment.tf)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import NoReturn

import aws


class Failure(Exception):
    """A command fails, for the reason in its message."""


def fail(*reason: str) -> NoReturn:
    """Fails the command."""
    raise Failure(" ".join(reason))


@dataclass(frozen=True)
class Function:
    """A function at AWS."""

    name: str
    log_group: str


@dataclass(frozen=True)
class Deployment:
    """An environment: the names of its parts."""

    environment: str
    name: str
    public_url: str
    architecture: str
    canary: str | None  # what CodeDeploy calls us, where a canary is wanted
    queue_url: str
    dead_letters_url: str
    secrets_path: str
    secrets: tuple[str, ...]
    functions: dict[str, Function]


def read(environment: str, written: str) -> Deployment:
    """Parses what Terraform wrote."""
    found = json.loads(written)
    return Deployment(
        environment=environment,
        name=found["name"],
        public_url=found["public_url"],
        architecture=found["architecture"],
        canary=found.get("canary"),
        queue_url=found["queue_url"],
        dead_letters_url=found["dead_letters_url"],
        secrets_path=found["secrets_path"],
        secrets=tuple(found["secrets"]),
        functions={
            key: Function(function["name"], function["log_group"])
            for key, function in sorted(found["functions"].items())
        },
    )


def written(environment: str) -> str:
    """What Terraform wrote, verbatim."""
    try:
        return aws.parameter(f"/textback/{environment}/deployment").value
    except aws.CallFailed:
        fail(
            f"there is no {environment} in {os.environ['AWS_REGION']} of account {aws.account()}:",
            f"make it with ./deploy.sh apply {environment},",
            "or check AWS_REGION and AWS_PROFILE",
        )


def find(environment: str) -> Deployment:
    """The environment of that name."""
    return read(environment, written(environment))
