"""The versions of a function that releases have made live, and the decisions of a release and a
rollback about them. Nothing here talks to AWS."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Iterable

# The number of releases remembered. The description of an alias holds 256 characters.
REMEMBERED = 20


@dataclass(frozen=True)
class History:
    """The live version of a function, and those that releases made live, newest first.

    The two first are the same unless a release was cut off. What was live is written in the alias
    itself, because after a rollback the number before is not the release before.
    """

    live: str
    releases: tuple[str, ...]

    @property
    def is_cut_off(self) -> bool:
        """Whether a release moved the alias but did not record it, or the reverse."""
        return self.live != self.releases[0]

    @property
    def before(self) -> str | None:
        """The target of a rollback, if there is one."""
        if self.is_cut_off:
            return self.releases[0]
        return self.releases[1] if len(self.releases) > 1 else None


@dataclass(frozen=True)
class Move:
    """The old and the new state of an alias."""

    function: str
    before: History
    after: History

    @property
    def start(self) -> str:
        """The version before the move."""
        return self.before.live

    @property
    def target(self) -> str:
        """The version after the move."""
        return self.after.live

    @property
    def undone(self) -> Move:
        """The reverse move, which leaves no trace."""
        return Move(self.function, self.after, self.before)


def read(version: str, description: str) -> History:
    """Parses the description of an alias. It is empty until a release has moved it."""
    noted = re.search(r"newest first: ([0-9 ]+)$", description)
    return History(version, tuple(noted[1].split()) if noted else (version,))


def description(releases: Iterable[str]) -> str:
    """The description of an alias, for `read`."""
    return f"Releases, newest first: {' '.join(releases)}"


def release(function: str, new: str, history: History) -> Move:
    """A release moves every function, even unchanged ones, so that the same number of rollbacks leads
    back to the same release for all of them."""
    return Move(function, history, History(new, (new, *history.releases)[:REMEMBERED]))


def rollback(histories: dict[str, History], canary_stopped: bool) -> list[Move]:
    """The moves to the previous release, or none if there is none.

    What a release that was cut off had begun is undone before anything else: then only the functions
    move which it had reached.
    """
    cut_off = canary_stopped or any(history.is_cut_off for history in histories.values())
    if not cut_off and all(history.before is None for history in histories.values()):
        return []
    moves = []
    for function, history in histories.items():
        releases = history.releases
        if not cut_off and len(releases) > 1:
            releases = releases[1:]
        moves.append(Move(function, history, History(releases[0], releases)))
    return moves


def canary(move: Move, name: str) -> str:
    """The instructions for CodeDeploy to move a tenth of the calls of the function `name` first."""
    properties = {
        "Name": name,
        "Alias": "live",
        "CurrentVersion": move.start,
        "TargetVersion": move.target,
    }
    resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
    content = {"version": 0.0, "Resources": [{move.function: resource}]}
    return json.dumps(
        {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}
    )
