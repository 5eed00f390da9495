"""The status of an environment: versions, alarms, queues, log lines."""

from __future__ import annotations

import base64
import os
import re
import time
from datetime import datetime, timezone

import aws
import deployment
import history
from deployment import fail

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def show(environment: str) -> None:
    """Prints the live versions, the active alarms and the queues."""
    there = deployment.find(environment)
    region = os.environ["AWS_REGION"]
    print(f"{environment} at {there.public_url}, in {region} of account {aws.account()}\n")
    print(f"{'function':10} {'live':6} {'before':8} {'published':29} code")
    for key, function in there.functions.items():
        versions = history.read(*aws.alias(function.name))
        published = aws.published(function.name, versions.live)
        code = base64.b64decode(published.checksum).hex()
        print(f"{key:10} {versions.live:6} {versions.before or '':8} {published.at:29} {code}")
    print(f"\nalarms        {aws.alarms(f'{there.name}-') or 'none'}")
    print(f"wake-ups      {waiting(there.queue_url)}")
    print(f"dead letters  {waiting(there.dead_letters_url)}")


def waiting(queue: str) -> str:
    """The depth of a queue, in words."""
    return "{} waiting, {} under way".format(*aws.depth(queue))


def logs(environment: str, *arguments: str) -> None:
    """Prints the log lines of a function or of all, oldest first."""
    there = deployment.find(environment)
    words, functions = list(arguments), list(there.functions)
    if words and words[0] in functions:
        functions = [words.pop(0)]
    seconds = read_age(words[0] if words else "10m")
    if seconds is None:
        fail(
            f"{words[0]} is neither a function ({' '.join(there.functions)}) nor a time,",
            "such as 30s, 10m, 2h or 3d",
        )
    since_ms = (int(time.time()) - seconds) * 1000
    lines = [
        (line, function)
        for function in functions
        for line in aws.log_lines(there.functions[function].log_group, since_ms)
    ]
    for line, function in sorted(lines, key=lambda each: each[0].timestamp_ms):
        at = datetime.fromtimestamp(line.timestamp_ms // 1000, timezone.utc)
        print(f"{at:%Y-%m-%dT%H:%M:%SZ} {function} {line.message}")


def read_age(words: str) -> int | None:
    """The seconds of 30s, 10m, 2h or 3d."""
    found = re.fullmatch(r"([0-9]+)([smhd])", words)
    return int(found[1]) * SECONDS[found[2]] if found else None
