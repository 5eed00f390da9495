"""Calls to AWS through its command line, which deploy.sh needs anyway, so that nothing else has to be
installed."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class CallFailed(Exception):
    """A call to AWS failed, and `aws` has already printed why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"aws ended with {code}")
        self.code = code


@dataclass(frozen=True)
class Parameter:
    """A parameter in Parameter Store."""

    value: str
    version: int


@dataclass(frozen=True)
class Published:
    """A version of a function."""

    at: str
    checksum: str  # SHA-256 of the zip, in Base64


@dataclass(frozen=True)
class LogLine:
    """A line in the log of a function."""

    timestamp_ms: int
    message: str


def run(*arguments: str, given: bytes = b"") -> str:
    """The output of `aws …`. `given` is its input, which nobody else can see."""
    done = subprocess.run(["aws", *arguments], input=given, stdout=subprocess.PIPE)
    if done.returncode != 0:
        raise CallFailed(done.returncode)
    return done.stdout.decode().rstrip("\n")


def answer(*arguments: str) -> Any:
    """The answer of `aws …`, parsed from JSON."""
    return json.loads(run(*arguments, "--output", "json"))


def account() -> str:
    """The account that we are logged in to."""
    return run("sts", "get-caller-identity", "--query", "Account", "--output", "text")


# ---- parameters


def parameter(name: str) -> Parameter:
    """The parameter of that name."""
    found = answer("ssm", "get-parameter", "--name", name, "--with-decryption")["Parameter"]
    return Parameter(found["Value"], found["Version"])


def parameters(path: str) -> dict[str, str]:
    """The values under a path, by the last part of their names."""
    found = answer("ssm", "get-parameters-by-path", "--path", path, "--with-decryption")
    return {each["Name"].rsplit("/", 1)[1]: each["Value"] for each in found["Parameters"]}


def put_secret(name: str, value: bytes) -> None:
    """Stores a value that reaches no command line, where other users of the machine could read it."""
    stored = ("--type", "SecureString", "--overwrite", "--value", "file:///dev/stdin")
    run("ssm", "put-parameter", "--name", name, *stored, given=value)


# ---- functions


def alias(name: str) -> tuple[str, str]:
    """The version that the alias of a function points at, and its description."""
    found = answer("lambda", "get-alias", "--function-name", name, "--name", "live")
    return found["FunctionVersion"], found.get("Description", "")


def point(name: str, version: str, description: str) -> None:
    """Points the alias of a function at a version, for all calls."""
    run(
        *("lambda", "update-alias", "--function-name", name, "--name", "live"),
        *("--function-version", version, "--description", description),
        *("--routing-config", '{"AdditionalVersionWeights": {}}'),
    )


def publish(name: str, package: Path, checksum: str) -> str:
    """Uploads a zip to a function, and returns the version that has it. Lambda creates none if nothing
    has changed since the last."""
    configuration = ("get-function-configuration", "--function-name", name)
    if checksum != run("lambda", *configuration, "--query", "CodeSha256", "--output", "text"):
        code = ("update-function-code", "--function-name", name, "--zip-file", f"fileb://{package}")
        run("lambda", *code)
        run("lambda", "wait", "function-updated-v2", "--function-name", name)
    version = ("publish-version", "--function-name", name, "--code-sha256", checksum)
    return run("lambda", *version, "--query", "Version", "--output", "text")


def wait_until_active(name: str, version: str) -> None:
    """Waits until a version can be called."""
    wait = ("lambda", "wait", "published-version-active")
    run(*wait, "--function-name", name, "--qualifier", version)


def published(name: str, version: str) -> Published:
    """When a version of a function was created, and its checksum."""
    version_of = ("--function-name", name, "--qualifier", version)
    found = answer("lambda", "get-function-configuration", *version_of)
    return Published(found["LastModified"], found["CodeSha256"])


# ---- canaries


def start_canary(application: str, group: str, revision: str) -> str:
    """Starts to move an alias gradually, and returns the id of the deployment."""
    group_of = ("--application-name", application, "--deployment-group-name", group)
    started = ("--revision", revision, "--query", "deploymentId", "--output", "text")
    return run("deploy", "create-deployment", *group_of, *started)


def wait_for_canary(id: str) -> None:
    """Waits until all calls have moved. Fails if an alarm moved them back."""
    run("deploy", "wait", "deployment-successful", "--deployment-id", id)


def stop_canary(id: str) -> None:
    """Moves the calls back. A deployment that has ended cannot be stopped."""
    try:
        run("deploy", "stop-deployment", "--deployment-id", id, "--auto-rollback-enabled")
    except CallFailed:
        pass


def canaries_under_way(application: str, group: str) -> list[str]:
    """The ids of the deployments under way: none if CodeDeploy cannot be reached, since a rollback must
    not wait."""
    group_of = ("--application-name", application, "--deployment-group-name", group)
    statuses = ("--include-only-statuses", "Created", "Queued", "InProgress", "Ready")
    listed = ("list-deployments", *group_of, *statuses, "--query", "deployments[]")
    try:
        found = run("deploy", *listed, "--output", "text")
    except CallFailed:
        return []
    return [id for id in found.split() if id != "None"]


# ---- status


def alarms(prefix: str) -> str:
    """The active alarms, one per line."""
    ringing = ("--alarm-name-prefix", prefix, "--state-value", "ALARM")
    shown = ("--query", "MetricAlarms[].[AlarmName, AlarmDescription]", "--output", "text")
    return run("cloudwatch", "describe-alarms", *ringing, *shown)


def depth(queue: str) -> tuple[str, str]:
    """How many messages of a queue are waiting, and how many are in flight."""
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    found = answer("sqs", "get-queue-attributes", "--queue-url", queue, "--attribute-names", *names)
    return found["Attributes"][names[0]], found["Attributes"][names[1]]


def log_lines(group: str, since_ms: int) -> list[LogLine]:
    """The log lines since then."""
    logged = ("--log-group-name", group, "--start-time", str(since_ms))
    found = answer("logs", "filter-log-events", *logged)["events"]
    return [LogLine(event["timestamp"], event["message"].rstrip("\n")) for event in found]
