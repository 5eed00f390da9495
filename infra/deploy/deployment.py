"""What an environment consists of, as Terraform wrote it down (infra/deployment.tf)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import NoReturn

import aws


class Failure(Exception):
    """A command gives up, for the reason that it says."""


def fail(*reason: str) -> NoReturn:
    """Gives up."""
    raise Failure(" ".join(reason))


@dataclass(frozen=True)
class Function:
    """A function at AWS."""

    name: str
    log_group: str


@dataclass(frozen=True)
class Deployment:
    """An environment: what its parts are called."""

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
    """Reads what Terraform wrote."""
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
    """What Terraform wrote, word by word."""
    try:
        return aws.parameter(f"/textback/{environment}/deployment").value
    except aws.CallFailed:
        fail(
            f"there is no {environment} in {os.environ['AWS_REGION']} of account {aws.account()}:",
            f"make it with ./deploy.sh apply {environment},",
            "or see whether AWS_REGION and AWS_PROFILE are the right ones",
        )


def find(environment: str) -> Deployment:
    """The environment of that name."""
    return read(environment, written(environment))
