"""Deploys packages to an environment and rolls them back: carries out the decisions of `history`."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import aws
import deployment
import history
from deployment import Deployment, fail
from history import Move


@dataclass
class Progress:
    """The moves that a release or a rollback has begun, and would have to undo."""

    canaries: list[str] = field(default_factory=list)
    moves: dict[str, Move] = field(default_factory=dict)


def release(environment: str) -> None:
    """Makes the packages live, and rolls back if that fails."""
    there = deployment.find(environment)
    packages = package_folder(there.architecture)
    check_packages(packages)
    moves = [bring(there, function, packages) for function in there.functions]
    if all(move.start == move.target for move in moves):
        print(f"{environment} is up to date: this release is already live")
        return
    failure = f"the release failed: {environment} is as it was before"
    with whole_or_put_back(there, failure) as progress:
        try_canaries(there, moves, progress)
        shift(there, moves, progress)


def rollback(environment: str) -> None:
    """Goes to the previous release."""
    there = deployment.find(environment)
    histories = {
        key: history.read(*aws.alias(function.name)) for key, function in there.functions.items()
    }
    moves = history.rollback(histories, stop_canaries(there))
    if not moves:
        fail(f"there is nothing to go back to: {environment} has its first release")
    failure = f"the rollback of {environment} is incomplete, for the reason above: run it again"
    # Otherwise another attempt would move functions further back that this one has already moved.
    with whole_or_put_back(there, failure) as progress:
        shift(there, moves, progress)


# ---- packages


def package_folder(architecture: str) -> Path:
    """The folder of the packages for a processor, by AWS's name for it."""
    return Path("target/package") / architecture.replace("_", "-")


def check_packages(folder: Path) -> None:
    """Fails unless a folder contains the packages that were built together."""
    again = f"./deploy.sh package {folder.name}"
    sums = folder / "SHA256SUMS"
    if not sums.is_file():
        found = sorted(folder.parent.glob("*/SHA256SUMS"))
        others = " ".join(f"./{each.relative_to(folder.parent)}" for each in found)
        fail(f"there are no packages in {folder}{others and f', only {others}'}: {again}")
    lines = [line.split(maxsplit=1) for line in sums.read_text().splitlines()]
    if not lines or not all(matches(folder, *line) for line in lines):
        fail(f"the packages in {folder} are not those of its SHA256SUMS: {again}")


def matches(folder: Path, sum: str, name: str = "") -> bool:
    """Whether a file matches its line of SHA256SUMS."""
    file = folder / name
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sum


def bring(there: Deployment, function: str, packages: Path) -> Move:
    """Publishes a version of a function that is not live yet. Returns the move that makes it live."""
    package = packages / f"{function}.zip"
    if not package.is_file():
        fail(f"{package} is missing: ./deploy.sh package {packages.name}")
    name = there.functions[function].name
    checksum = base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode()
    new = aws.publish(name, package, checksum)
    before = history.read(*aws.alias(name))
    if new != before.live:
        aws.wait_until_active(name, new)
    return history.release(function, new, before)


# ---- moving


def shift(there: Deployment, moves: list[Move], progress: Progress) -> None:
    """Moves every alias, for all calls."""
    for move in moves:
        progress.moves[move.function] = move
        carry_out(there, move)
        print(f"{move.function}: version {move.start} -> {move.target}")


def carry_out(there: Deployment, move: Move) -> None:
    """Moves one alias, and records the live version in it."""
    name = there.functions[move.function].name
    aws.point(name, move.target, history.description(move.after.releases))


def try_canaries(there: Deployment, moves: list[Move], progress: Progress) -> None:
    """If a canary is configured, sends a tenth of the calls to the new versions, and all of them after
    five minutes without an alarm."""
    if not there.canary:
        return
    for move in moves:
        if move.start == move.target:
            continue
        revision = history.canary(move, there.functions[move.function].name)
        id = aws.start_canary(there.canary, move.function, revision)
        progress.canaries.append(id)
        progress.moves[move.function] = move
        print(f"{move.function}: version {move.target} gets a tenth of the calls ({id})")
    for id in progress.canaries:
        aws.wait_for_canary(id)


def stop_canaries(there: Deployment) -> bool:
    """Stops the canaries under way, and returns whether there were any."""
    if not there.canary:
        return False
    under_way = [
        id for function in there.functions for id in aws.canaries_under_way(there.canary, function)
    ]
    for id in under_way:
        aws.stop_canary(id)
    return bool(under_way)


@contextlib.contextmanager
def whole_or_put_back(there: Deployment, failure: str) -> Iterator[Progress]:
    """Undoes the moves if a call fails, or if somebody interrupts it."""
    progress = Progress()
    try:
        yield progress
    except aws.CallFailed:
        put_back(there, progress)
        fail(failure)
    except KeyboardInterrupt:
        put_back(there, progress)
        sys.exit(1)


def put_back(there: Deployment, progress: Progress) -> None:
    """Undoes the moves that were begun, and cannot be interrupted."""
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, signal.SIG_IGN)
    for id in progress.canaries:
        aws.stop_canary(id)
    for move in progress.moves.values():
        try:
            carry_out(there, move.undone)
        except aws.CallFailed:
            print(
                f"deploy.sh: {move.function} could not be moved back to version {move.start}, see above",
                file=sys.stderr,
            )
