"""Which versions of a function releases have made live, and what a release and a rollback make of
that. Nothing here talks to AWS."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Iterable

# As many releases as are remembered. The description of an alias holds 256 characters.
REMEMBERED = 20


@dataclass(frozen=True)
class History:
    """The version of a function that is called, and those that releases made live, newest first.

    The two first are the same unless a release was cut off. What was live is written in the alias
    itself, because after a rollback the number before is not the release before.
    """

    live: str
    releases: tuple[str, ...]

    @property
    def is_cut_off(self) -> bool:
        """Whether a release moved the alias and was not there to write it down, or the reverse."""
        return self.live != self.releases[0]

    @property
    def before(self) -> str | None:
        """Where a rollback would go, if it can."""
        if self.is_cut_off:
            return self.releases[0]
        return self.releases[1] if len(self.releases) > 1 else None


@dataclass(frozen=True)
class Move:
    """An alias goes from what it says to what it is to say."""

    function: str
    before: History
    after: History

    @property
    def start(self) -> str:
        """The version that is called now."""
        return self.before.live

    @property
    def target(self) -> str:
        """The version that is called from then on."""
        return self.after.live

    @property
    def undone(self) -> Move:
        """What takes it back, and leaves no trace of it."""
        return Move(self.function, self.after, self.before)


def read(version: str, description: str) -> History:
    """Reads what an alias says. One that no release has moved yet says nothing."""
    noted = re.search(r"newest first: ([0-9 ]+)$", description)
    return History(version, tuple(noted[1].split()) if noted else (version,))


def description(releases: Iterable[str]) -> str:
    """What an alias is to say, for `read`."""
    return f"Releases, newest first: {' '.join(releases)}"


def release(function: str, new: str, history: History) -> Move:
    """A release moves every function, those too that have not changed, so that as many rollbacks
    lead back to the same release for all of them."""
    return Move(function, history, History(new, (new, *history.releases)[:REMEMBERED]))


def rollback(histories: dict[str, History], canary_stopped: bool) -> list[Move]:
    """The moves to the release before, or none where there is none.

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
    """What CodeDeploy is to do, so that a tenth of the calls of the function `name` go first."""
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
