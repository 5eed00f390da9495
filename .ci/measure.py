#!/usr/bin/env python3
"""Measures the house: prints a table of every crate, and fails where something is over its bound.

    python3 .ci/measure.py

What is counted:

- Lines are all lines of a file. Tests are what is under `tests` and `benches`, and modules and items
  with `#[cfg(test)]`; everything else is source.
- Functions are those of source that have a body, from the line of `fn` to the closing brace.
- Cases are functions with `#[test]` or `#[tokio::test]`; one that a macro runs on two stores counts
  once. The median and the longest are in lines.
- Public items are what is `pub` without a restriction, named fields among it, but no modules, no
  variants, and nothing that `pub use` passes on.
- Third-party are the direct dependencies of a `Cargo.toml`, and those that only its tests have.
- A circle is a group of files in which each names the next one's items, around to the first. Files
  name each other by `use` and by paths within code; an item that is passed on by `pub use` is of the
  file that defines it. No circle is made by what a file names of a module that it is in
  (`super::Whole`), nor by what a module passes on from within itself without using it, nor by methods,
  nor by `#[cfg(test)]`. Between crates, normal dependencies count.

Bounds: no circle, two traits outside of what is for tests alone, 450 lines in a file, 60 in a function
or a test, and no packaged function that links the embedded store or anything for tests alone. What was
over them when this began is listed below. That list only gets shorter, and its numbers lower.
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

# What runs on Lambda, and what must not be in it.
PACKAGED = ("inbound", "turn", "receipts", "sweep", "site", "console")
STORE = ("rusqlite", "libsqlite3-sys")
TESTING = "shared/testing"

# Each with as many lines as it may have. The first was written by a program.
FILES = {
    "shared/policy/src/countries/ranges.rs": 1_947,
    "shared/agent/tests/it/judge.rs": 753,
    "shared/providers/tests/it/plivo.rs": 665,
    "shared/agent/tests/it/values.rs": 664,
    "shared/providers/tests/it/aws.rs": 662,
    "shared/providers/tests/it/twilio.rs": 620,
    "shared/providers/tests/it/messagecentral.rs": 607,
    "shared/agent/tests/it/forms.rs": 519,
    "shared/policy/tests/it/reply.rs": 480,
    "shared/providers/tests/it/vonage.rs": 477,
    "shared/providers/tests/it/harness.rs": 465,
    "functions/textback/tests/it/doctor.rs": 454,
}
# Each file with a function in it.
FUNCTIONS = {
    "shared/telemetry/src/alarms.rs words": 128,
    "shared/conversations/tests/it/steps.rs operations": 120,
    "functions/textback/benches/speed/figures.rs table": 116,
    "functions/textback/tests/packages/main.rs answer": 113,
    "shared/testing/fakes/src/twilio/account.rs resource": 104,
    "shared/agent/src/model/reading/marks.rs meaning": 96,
    "shared/policy/tests/it/reply.rs reply": 88,
    "functions/turn/benches/scale/needs.rs of": 84,
    "functions/turn/src/answer.rs draft": 74,
    "shared/testing/fakes/src/models/anthropic.rs check_messages": 72,
    "functions/turn/src/settle.rs ask": 72,
    "functions/turn/src/answer.rs answer": 71,
    "functions/textback/benches/flood/workers.rs start": 69,
    "functions/turn/src/answer.rs take_up": 69,
    "shared/testing/fakes/src/gateway.rs event": 61,
}
# The same for tests, most of them tables.
CASES = {
    "shared/agent/tests/it/judge.rs names_no_price_that_nobody_gave": 196,
    "shared/providers/tests/it/messagecentral.rs receives": 188,
    "shared/providers/tests/it/twilio.rs receives": 174,
    "shared/providers/tests/it/vonage.rs receives": 173,
    "shared/agent/tests/it/judge.rs leads_to_no_domain_that_the_page_does_not_name": 162,
    "functions/textback/src/commands/register/tests.rs each_edited_page_is_found_out": 149,
    "shared/agent/tests/it/judge.rs names_no_number_of_a_person_that_nobody_gave": 139,
    "shared/testing/fakes/tests/it/rules.rs refuse_what_is_against_them": 137,
    "functions/textback/tests/it/commands.rs a_setting_that_cannot_work_stops_the_start_and_is_named": 130,
    "functions/textback/tests/it/port.rs what_is_no_call_is_no_call": 102,
    "shared/business/tests/facts.rs each_mistake_is_named_with_its_line_and_what_to_write": 98,
    "shared/providers/tests/it/aws.rs finds_what_is_wrong_and_nothing_else": 92,
    "functions/textback/tests/it/doctor.rs each_setting_that_is_wrong_is_named_and_nothing_else": 85,
    "functions/textback/src/commands/register/tests.rs each_wrong_fact_is_found": 79,
    "shared/agent/tests/it/page.rs mistakes_are_named_with_their_line": 77,
    "functions/textback/tests/it/quarantine.rs a_form_never_seen_becomes_an_answered_text_by_a_change_of_settings": 75,
    "shared/host/tests/it/parameters.rs what_keeps_it_from_reading_stops_the_start_and_says_what_to_do": 69,
    "shared/providers/tests/it/messagecentral.rs sends": 69,
    "shared/testing/fakes/src/models.rs each_refuses_what_the_real_one_refuses": 63,
    "shared/agent/src/model/reading/words.rs reads_much_of_anything": 62,
    "shared/agent/tests/it/values.rs asks_for_days_that_are_not_clear": 62,
    "shared/agent/tests/it/values.rs reads_yes_and_no_in_any_language": 61,
    "shared/providers/tests/it/configured.rs are_known_without_their_keys_as_they_are_with_them": 61,
}

# Each a folder, and the files in it that may name each other.
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
    """What one crate wants of another."""

    name: str
    ours: bool
    normal: bool


@dataclass
class Crate:
    """What was counted in one crate."""

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
        """Counts another crate in."""
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
    """What was counted in all of them. Files are named from the root of the repository."""

    crates: list[Crate] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    # By file and name, the longest of that name.
    functions: dict[str, int] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    circles: list[list[str]] = field(default_factory=list)
    uses: list[tuple[str, str, str]] = field(default_factory=list)  # Who names of whom what.
    lost: list[str] = field(default_factory=list)  # Modules without a file of their name.

    def bounded(self) -> tuple[tuple[dict[str, int], dict[str, int], int], ...]:
        """What has a bound of lines: the sizes, those that are listed, and the bound of all others."""
        return (
            (self.files, FILES, FILE_LINES),
            (self.functions, FUNCTIONS, FUNCTION_LINES),
            (self.cases, CASES, FUNCTION_LINES),
        )


def measure(root: Path, packages: Iterable[Mapping[str, Any]]) -> House:
    """Counts everything in these packages, which are as `cargo metadata` describes them."""
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
    """Who names what of whom, with files as the table has them."""
    user, owner = (path.relative_to(root).as_posix() for path in (uses.user, uses.owner))
    return user, owner, uses.what


def count(house: House, crate: Crate, name: str, source: Source, tests: bool) -> None:
    """Counts one file in."""
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
    """What is over a bound."""
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
    """Whether a circle is one of those that are listed, or a part of it."""
    return any(set(circle) <= members(*known) for known in CIRCLES)


def members(folder: str, names: str) -> set[str]:
    """The files of a circle that is listed."""
    return {f"{folder}/{name}.rs" for name in names.split()}


def chain(house: House, circle: list[str]) -> str:
    """One way around a circle, as short as there is, with what is named on it."""
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
    """What is listed as over a bound and could be taken off, or lower."""
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
    """What a packaged function must not link, by what `cargo tree` says of it."""
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
    """What the table has no row for."""
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
    """What cargo prints."""
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
