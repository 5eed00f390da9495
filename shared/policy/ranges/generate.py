#!/usr/bin/env python3
"""Makes src/countries/ranges.rs and tests/it/numbers.txt from the metadata of libphonenumber.

Run by hand, when there is a newer version:

    pip install phonenumbers==9.0.43
    python shared/policy/ranges/generate.py

The metadata says in regular expressions which numbers of a country are which. Each becomes an
automaton, and the automata of a calling code are walked together, digit by digit: a range is
written down where every number of it is premium-rate or shared-cost, and none is a mobile or fixed
one of any country with that code. The tables are then held against the library itself.
"""

import random
from collections import defaultdict
from functools import cache
from pathlib import Path

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType

try:
    from re import _parser as parser
except ImportError:  # Before Python 3.11.
    import sre_parse as parser

# What is installed has to be what the header says.
VERSION, RELEASED = "9.0.43", "2026-11-06"

# Whole calling codes, with the names that the ITU's list of assigned codes has for them: Inmarsat,
# the Global Mobile Satellite System, International Networks (twice), the International Shared Cost
# Service and the International Premium Rate Service.
WORLD = {
    "870": "Satellite",
    "881": "Satellite",
    "882": "Satellite",
    "883": "Satellite",
    "808": "SharedCost",
    "979": "Premium",
}

PLAIN = ("fixed_line", "mobile")
OTHERS = ("toll_free", "personal_number", "voip", "pager", "uan", "voicemail")

CRATE = Path(__file__).parent.parent


class Automaton:
    """What a regular expression of digits accepts. A state is a set of positions."""

    def __init__(self, pattern):
        self.moves = defaultdict(list)
        self.jumps = defaultdict(list)
        self.count = 0
        start = self.position()
        self.end = self.sequence(parser.parse(pattern), start)
        self.start = self.closure({start})

    def position(self):
        self.count += 1
        return self.count

    def sequence(self, parts, at):
        for operation, argument in parts:
            at = self.part(str(operation), argument, at)
        return at

    def part(self, operation, argument, at):
        if operation in ("LITERAL", "IN"):
            after = self.position()
            self.moves[at].append((digits(operation, argument), after))
            return after
        if operation == "SUBPATTERN":
            return self.sequence(argument[-1], at)
        if operation == "BRANCH":
            after = self.position()
            for branch in argument[1]:
                self.jumps[self.sequence(branch, at)].append(after)
            return after
        if operation == "MAX_REPEAT":
            least, most, parts = argument
            for _ in range(least):
                at = self.sequence(parts, at)
            after = self.position()
            for _ in range(most - least):
                self.jumps[at].append(after)
                at = self.sequence(parts, at)
            self.jumps[at].append(after)
            return after
        raise ValueError(f"a pattern has a {operation}")

    def closure(self, positions):
        found, left = set(), list(positions)
        while left:
            position = left.pop()
            if position not in found:
                found.add(position)
                left.extend(self.jumps[position])
        return frozenset(found)

    @cache
    def step(self, state, digit):
        return self.closure(
            after for at in state for accepted, after in self.moves[at] if digit in accepted
        )


def digits(operation, argument):
    if operation == "LITERAL":
        return chr(argument)
    found = ""
    for kind, value in argument:
        match str(kind):
            case "LITERAL":
                found += chr(value)
            case "RANGE":
                found += "".join(chr(code) for code in range(value[0], value[1] + 1))
            case "CATEGORY":
                found += "0123456789"
    return found


class Kinds:
    """The automata of one calling code, by name, for numbers of one length."""

    def __init__(self, patterns, length):
        self.length = length
        self.automata = [
            (name, Automaton(pattern)) for name, pattern, lengths in patterns if length in lengths
        ]

    def start(self):
        return tuple(automaton.start for _, automaton in self.automata)

    @cache
    def step(self, state, digit):
        return tuple(
            automaton.step(part, digit) for (_, automaton), part in zip(self.automata, state)
        )

    @cache
    def some(self, state, left):
        """The names of which some number goes on from here with so many digits."""
        if left == 0:
            return frozenset(
                name
                for (name, automaton), part in zip(self.automata, state)
                if automaton.end in part
            )
        if not any(state):
            return frozenset()
        return frozenset().union(*(self.some(self.step(state, d), left - 1) for d in "0123456789"))

    @cache
    def all(self, state, left):
        """The names of which every number goes on from here."""
        if left == 0:
            return self.some(state, 0)
        if not any(state):
            return frozenset()
        return frozenset.intersection(
            *(self.all(self.step(state, d), left - 1) for d in "0123456789")
        )


def metadata(code):
    for region in COUNTRY_CODE_TO_REGION_CODE[code]:
        if region != "001":
            yield region, PhoneMetadata.metadata_for_region(region)


def patterns(code, kinds):
    """The patterns of all countries of a calling code, named by what `kinds` says of them."""
    found = []
    for region, country in metadata(code):
        for kind, name in kinds(region).items():
            described = getattr(country, kind)
            if described and described.national_number_pattern:
                found.append((name, described.national_number_pattern, described.possible_length))
    return found


def dear(code):
    """The ranges of a calling code that cost more: first digits, length, kind."""
    names = {"premium_rate": "Premium", "shared_cost": "SharedCost"}
    names |= {kind: "plain" for kind in PLAIN} | {kind: "other" for kind in OTHERS}
    known = patterns(code, lambda _: names)
    lengths = sorted({length for _, _, lengths in known for length in lengths})
    kinds = [Kinds(known, length) for length in lengths]
    found = {}

    def walk(kinds, prefix, state, left):
        some, all = kinds.some(state, left), kinds.all(state, left)
        for name in ("Premium", "SharedCost"):
            if name in all and "plain" not in some:
                found[prefix, kinds.length] = name
                return
        if left and some & {"Premium", "SharedCost"}:
            for digit in "0123456789":
                walk(kinds, prefix + digit, kinds.step(state, digit), left - 1)

    for it in kinds:
        walk(it, "", it.start(), it.length)

    @cache
    def shared_with(prefix):
        """Whether ordinary numbers of any length begin like this."""
        for it in kinds:
            state = it.start()
            for digit in prefix:
                state = it.step(state, digit)
            left = it.length - len(prefix)
            if left >= 0 and it.some(state, left) & {"plain", "other"}:
                return True
        return False

    free = {prefix: kind for (prefix, _), kind in found.items() if not shared_with(prefix)}
    by_length = {key: kind for key, kind in found.items() if shared_with(key[0])}
    return merged(free), by_length


def merged(ranges):
    """The same in fewer ranges: not those within others, and one for ten."""
    ranges = dict(ranges)
    for prefix in sorted(ranges, key=len, reverse=True):
        if any(ranges.get(prefix[:length]) == ranges[prefix] for length in range(len(prefix))):
            del ranges[prefix]
    for length in range(max(map(len, ranges), default=0), 1, -1):
        for parent in {prefix[:-1] for prefix in ranges if len(prefix) == length}:
            kinds = {ranges.get(parent + digit) for digit in "0123456789"}
            if len(kinds) == 1 and None not in kinds:
                for digit in "0123456789":
                    del ranges[parent + digit]
                ranges[parent] = kinds.pop()
    return ranges


def countries(code):
    """Which first digits belong to another country than the first one of this calling code."""
    regions = [region for region, _ in metadata(code)]
    if not regions:
        return {}
    found = {"": regions[0]}
    if len(regions) == 1:
        return found
    known = patterns(code, lambda region: {kind: region for kind in PLAIN})
    lengths = {length for _, _, lengths in known for length in lengths}
    kinds = [Kinds(known, length) for length in sorted(lengths)]

    def walk(prefix, states):
        some = set()
        for it, state in zip(kinds, states):
            if it.length >= len(prefix):
                some |= it.some(state, it.length - len(prefix))
        if len(some) == 1 and some != {regions[0]}:
            found[prefix] = some.pop()
        # Where the digits do not tell, as of mobile telephones of Guadeloupe and Saint Martin, it
        # is the first.
        elif len(some) > 1 and len(prefix) < 6:
            for digit in "0123456789":
                walk(prefix + digit, [it.step(state, digit) for it, state in zip(kinds, states)])

    walk("", [it.start() for it in kinds])
    return found


def examples():
    """A number of each kind for each country, where the library has one."""
    for code in sorted(COUNTRY_CODE_TO_REGION_CODE):
        for region, country in metadata(code):
            for kind in (*PLAIN, "premium_rate", "shared_cost"):
                described = getattr(country, kind)
                if described and described.example_number:
                    yield region, kind, f"{code}{described.example_number}"


def check(ranges, belongs):
    """Holds the tables against the library, by its examples and by numbers at random."""
    table = defaultdict(list)
    for prefix, length, kind in ranges:
        table[prefix].append((length, kind))

    def dear(number):
        for end in range(1, len(number) + 1):
            for length, kind in table.get(number[:end], ()):
                if length in (0, len(number)):
                    return kind
        return None

    names = {PhoneNumberType.PREMIUM_RATE: "Premium", PhoneNumberType.SHARED_COST: "SharedCost"}
    plain = (
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
    chance = random.Random(9)
    seen = defaultdict(int)
    for region, kind, example in examples():
        tries = [example]
        code = str(phonenumbers.country_code_for_region(region))
        for _ in range(3000):
            # Some digits of an example, the rest at random.
            kept = chance.randrange(len(code), len(example))
            rest = "".join(chance.choice("0123456789") for _ in range(len(example) - kept))
            tries.append(example[:kept] + rest)
        for number in tries:
            parsed = phonenumbers.parse(f"+{number}")
            if f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}" != number:
                continue
            is_a = phonenumbers.number_type(parsed)
            if is_a in plain:
                assert dear(number) is None, f"{region}: {number} is ordinary"
                seen["ordinary"] += 1
            elif is_a in names:
                assert dear(number) == names[is_a], f"{region}: {number} is dear"
                seen["dear"] += 1
            if is_a in plain and phonenumbers.is_valid_number(parsed):
                end = max(e for e in range(len(number) + 1) if number[:e] in belongs)
                its = phonenumbers.region_code_for_number(parsed)
                seen["country" if belongs[number[:end]] == its else f"not {its}"] += 1
    return dict(seen)


def main():
    assert phonenumbers.__version__ == VERSION, f"this wants phonenumbers {VERSION}"
    ranges = [(prefix, 0, kind) for prefix, kind in WORLD.items()]
    belongs = {}
    for code in sorted(COUNTRY_CODE_TO_REGION_CODE):
        free, by_length = dear(code)
        ranges += [(f"{code}{prefix}", 0, kind) for prefix, kind in free.items()]
        ranges += [
            (f"{code}{prefix}", len(str(code)) + length, kind)
            for (prefix, length), kind in by_length.items()
        ]
        belongs |= {f"{code}{prefix}": region for prefix, region in countries(code).items()}
    ranges.sort()
    print(check(ranges, belongs))
    print(len(ranges), "ranges,", len(belongs), "countries")

    written = HEADER
    written += "pub(super) static RANGES: &[(&str, u8, Range)] = &[\n"
    written += "".join(f'    ("{p}", {length}, {kind}),\n' for p, length, kind in ranges)
    written += COUNTRIES_HEADER
    written += "pub(super) static COUNTRIES: &[(&str, [u8; 2])] = &[\n"
    written += "".join(f'    ("{p}", *b"{region}"),\n' for p, region in sorted(belongs.items()))
    (CRATE / "src/countries/ranges.rs").write_text(written + "];\n")
    (CRATE / "tests/it/numbers.txt").write_text(
        "".join(f"{region} {kind} +{number}\n" for region, kind, number in examples())
    )


HEADER = f"""\
//! Expensive ranges of numbers, and the countries of numbers.
//!
//! Generated by shared/policy/ranges/generate.py from the Python package phonenumbers {VERSION}
//! ({RELEASED}), which holds the metadata of Google's libphonenumber of that version (Apache-2.0).

use super::Range::{{self, Premium, Satellite, SharedCost}};

/// First digits, how many digits the numbers have in all (0: any), and what they are. Sorted.
"""

COUNTRIES_HEADER = """\
];

/// First digits and the country, in ISO 3166. Of those that fit the longest counts. Sorted.
"""

if __name__ == "__main__":
    main()
