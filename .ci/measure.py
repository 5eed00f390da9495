#!/usr/bin/env python3
"""Measures the code: prints a table of every crate, and fails if something is over its bound.

    python3 .ci/measure.py

What is counted:

- Lines are all lines of a file. Tests are what is under `tests` and `benches`, and modules and items
  with `#[cfg(test)]`; everything else is source.
- Functions are those of source that have a body, from the line of `fn` to the closing brace.
- Cases are functions with `#[test]` or `#[tokio::test]`; one that a macro runs on two stores counts
  once. The median and the longest are in lines.
- Public items are those that are `pub` without a restriction, including named fields, but not modules,
  variants, or anything that `pub use` re-exports.
- Third-party are the direct dependencies of a `Cargo.toml`, and those of its tests only.
- A circle is a group of files in which each names the next one's items, around to the first. Files
  name each other by `use` and by paths within code; an item that `pub use` re-exports belongs to
  the file that defines it. Uses of a parent module (`super::Whole`), re-exports that a module does not
  use itself, methods and `#[cfg(test)]` make no circle. Between crates, normal dependencies count.

Bounds: no circle, two traits outside of test-only crates, 450 lines in a file, 60 in a function or a
test, and no packaged function that links the embedded store or test-only code. Everything that was over
a bound from the start is listed below. That list only gets shorter, and its numbers lower.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import rust
from rust import Source, Uses

TRAITS = 2
FILE_LINES = 450
FUNCTION_LINES = 60

# The functions on Lambda, and the store that must not be in them.
PACKAGED = ("inbound", "turn", "receipts", "sweep", "site", "console")
STORE = ("rusqlite", "libsqlite3-sys")
TESTING = "shared/testing"

# Each with as many lines as it may have. This one was written by a program.
FILES = {
    "shared/policy/src/countries/ranges.rs": 1_947,
}
# Each file with a function in it, and each with a test.
FUNCTIONS: dict[str, int] = {}
CASES: dict[str, int] = {}

# Each is a folder, and the files in it that may use each other.
CIRCLES = (
)

COLUMNS = (
    "source",
    "tests",
    "functions",
    "cases",
    "median",
    "longest",
    "public",
    "documented",
    "traits",
    "third-party",
    "more in tests",
)


class Dependency(NamedTuple):
    """A dependency of one crate on another."""

    name: str
    ours: bool
    normal: bool


@dataclass
class Crate:
    """The counts of one crate."""

    name: str
    testing: bool = False  # Is for tests alone.
    source: int = 0
    tests: int = 0
    functions: list[int] = field(default_factory=list)
    cases: list[int] = field(default_factory=list)
    public: int = 0
    documented: int = 0
    traits: list[str] = field(default_factory=list)
    needs: set[Dependency] = field(default_factory=set)

    def add(self, other: Crate) -> None:
        """Adds another crate."""
        self.source += other.source
        self.tests += other.tests
        self.functions += other.functions
        self.cases += other.cases
        self.public += other.public
        self.documented += other.documented
        self.traits += other.traits
        self.needs |= other.needs


@dataclass
class House:
    """The counts of all crates. Files are named from the root of the repository."""

    crates: list[Crate] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    # By file and name; of several with that name, the longest.
    functions: dict[str, int] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    circles: list[list[str]] = field(default_factory=list)
    uses: list[tuple[str, str, str]] = field(default_factory=list)  # Who names of whom what.
    lost: list[str] = field(default_factory=list)  # Modules without a file of their name.

    def bounded(self) -> tuple[tuple[dict[str, int], dict[str, int], int], ...]:
        """Everything with a bound of lines: the sizes, the listed exceptions, and the bound of all others."""
        return (
            (self.files, FILES, FILE_LINES),
            (self.functions, FUNCTIONS, FUNCTION_LINES),
            (self.cases, CASES, FUNCTION_LINES),
        )


def measure(root: Path, packages: Iterable[Mapping[str, Any]]) -> House:
    """Counts everything in these packages, as `cargo metadata` describes them."""
    house = House()
    for package in sorted(packages, key=lambda package: package["name"]):
        folder = Path(package["manifest_path"]).parent
        crate = Crate(package["name"], testing=TESTING in folder.as_posix())
        for each in package["dependencies"]:
            dependency = Dependency(each["name"], bool(each.get("path")), each["kind"] is None)
            crate.needs.add(dependency)
        targets = [rust.Crate(Path(target["src_path"])) for target in package["targets"]]
        test_files = set().union(*(target.test_files for target in targets))
        for file in sorted(folder.rglob("*.rs")):
            tests = file in test_files or folder / "src" not in file.parents
            count(house, crate, file.relative_to(root).as_posix(), rust.read(file), tests)
        for target in targets:
            house.lost += [f"{crate.name}::{name}" for name in target.lost]
            uses = [named(root, each) for each in target.uses()]
            house.uses += uses
            house.circles += rust.circles({(user, owner) for user, owner, _ in uses})
        house.crates.append(crate)
    between = {(a.name, b.name) for a in house.crates for b in a.needs if b.ours and b.normal}
    house.circles += rust.circles(between)
    house.uses += [(user, owner, "a dependency") for user, owner in sorted(between)]
    return house


def named(root: Path, uses: Uses) -> tuple[str, str, str]:
    """The uses between files, named as in the table."""
    user, owner = (path.relative_to(root).as_posix() for path in (uses.user, uses.owner))
    return user, owner, uses.what


def count(house: House, crate: Crate, name: str, source: Source, tests: bool) -> None:
    """Adds one file."""
    house.files[name] = source.lines
    in_tests = source.lines if tests else source.test_lines
    crate.tests += in_tests
    crate.source += source.lines - in_tests
    for each in source.functions:
        sizes, key = house.cases if each.case else house.functions, f"{name} {each.name}"
        sizes[key] = max(each.lines, sizes.get(key, 0))
        if each.case:
            crate.cases.append(each.lines)
        elif not (tests or each.tests):
            crate.functions.append(each.lines)
    if not tests:
        crate.public += source.public
        crate.documented += source.documented
        crate.traits += source.traits


def faults(house: House) -> list[str]:
    """Everything over a bound."""
    found = [f"circle: {chain(house, circle)}" for circle in house.circles if not is_known(circle)]
    found += [f"{name}: a module whose file does not have its name" for name in house.lost]
    traits = [name for crate in house.crates if not crate.testing for name in crate.traits]
    if len(traits) > TRAITS:
        found.append(f"{len(traits)} traits, where {TRAITS} may be: {', '.join(sorted(traits))}")
    for sizes, known, bound in house.bounded():
        for name, lines in sorted(sizes.items(), key=lambda each: -each[1]):
            most = max(bound, known.get(name, 0))
            if lines > most:
                found.append(f"{name}: {lines} lines, where {most} may be")
    return found


def is_known(circle: list[str]) -> bool:
    """Whether a circle is listed, or part of a listed one."""
    return any(set(circle) <= members(*known) for known in CIRCLES)


def members(folder: str, names: str) -> set[str]:
    """The files of a listed circle."""
    return {f"{folder}/{name}.rs" for name in names.split()}


def chain(house: House, circle: list[str]) -> str:
    """A shortest path around a circle, with the names used on it."""
    ahead: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for user, owner, what in house.uses:
        if user in circle and owner in circle and what not in ahead[user][owner]:
            ahead[user][owner].append(what)
    best: list[str] = []
    for start in circle:
        ways = [[start]]
        while ways and not (best and len(ways[0]) + 1 >= len(best)):
            way = ways.pop(0)
            if start in ahead[way[-1]]:
                best = way + [start]
                break
            ways += [way + [there] for there in sorted(ahead[way[-1]]) if there not in way]
    steps = [f"{b} ({', '.join(ahead[a][b][:3])})" for a, b in zip(best, best[1:])]
    more = f", among {len(circle)}" if len(circle) >= len(best) else ""
    return " -> ".join(best[:1] + steps) + more


def slack(house: House) -> list[str]:
    """The listed exceptions that could be removed or lowered."""
    found = [
        f"{folder}: {names}"
        for folder, names in CIRCLES
        if not any(set(circle) <= members(folder, names) for circle in house.circles)
    ]
    for sizes, known, bound in house.bounded():
        for name, most in known.items():
            lines = sizes.get(name, 0)
            if lines < most:
                now = f"{lines}" if lines > bound else "within the bound"
                found.append(f"{name}: {now}, no longer {most}")
    return found


def linked(tree: str) -> list[str]:
    """The forbidden links of a packaged function, according to `cargo tree`."""
    lines = {line.removesuffix(" (*)") for line in tree.splitlines()}
    return sorted(x for x in lines if x.split(" ")[0] in STORE or f"/{TESTING}/" in x)


def table(house: House) -> str:
    """The table, a row for each crate."""
    product, testing, everything = Crate("product"), Crate("for tests alone"), Crate("all")
    for crate in house.crates:
        (testing if crate.testing else product).add(crate)
        everything.add(crate)
    rows: list[tuple[str, ...]] = [("crate", *COLUMNS)]
    rows += [row(crate) for crate in house.crates]
    rows += [row(crate) for crate in (product, testing, everything)]
    widths = [max(len(each[i]) for each in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join([each[0].ljust(widths[0])] + [x.rjust(w) for x, w in zip(each[1:], widths[1:])])
        for each in rows
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-3], rule, *lines[-3:]])


def row(crate: Crate) -> tuple[str, ...]:
    third = {each.name for each in crate.needs if not each.ours and each.normal}
    tests = {each.name for each in crate.needs if not each.ours} - third
    numbers = (
        crate.source,
        crate.tests,
        len(crate.functions),
        len(crate.cases),
        round(median(crate.cases or [0])),
        max(crate.cases, default=0),
        crate.public,
        crate.documented,
        len(crate.traits),
        len(third),
        len(tests),
    )
    return (crate.name, *(f"{number:,}" for number in numbers))


def summary(house: House) -> str:
    """The facts without a row in the table."""
    lines = []
    for what, (sizes, known, bound) in zip(("file", "function", "test"), house.bounded()):
        name, most = max(sizes.items(), key=lambda each: each[1], default=("none", 0))
        over = sum(size > bound for size in sizes.values())
        lines.append(f"longest {what:10} {most:,} lines: {name}; {over} over {bound}")
    functions = [size for crate in house.crates for size in crate.functions]
    listed = sum(is_known(circle) for circle in house.circles)
    lines.append(f"median function    {median(functions or [0]):g} lines")
    lines.append(f"circles            {len(house.circles)}, {listed} of them listed")
    return "\n".join(lines + [f"  {chain(house, circle)}" for circle in house.circles])


def cargo(root: Path, *arguments: str) -> str:
    """The output of cargo."""
    command = ("cargo", *arguments)
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def main(root: Path) -> int:
    what = ("--offline", "--format-version", "1", "--no-deps")
    house = measure(root, json.loads(cargo(root, "metadata", *what))["packages"])
    print(table(house), summary(house), sep="\n\n")
    over, how = faults(house), ("--quiet", "--locked", "-e", "normal", "--prefix", "none")
    for name in PACKAGED:
        tree = cargo(root, "tree", *how, "-p", name)
        over += [f"{name}, which is packaged, links {each}" for each in linked(tree)]
    if spare := slack(house):
        print("\nListed in .ci/measure.py, and shorter or no circle any more:", *spare, sep="\n")
    if over:
        print("\nOver a bound:", *over, sep="\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
