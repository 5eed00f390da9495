#!/usr/bin/env python3
"""Makes src/place/zones.txt, src/place/states.txt and tests/it/numbers.txt from the data of libphonenumber.

Run by hand, when there is a newer version:

    pip install phonenumbers==9.0.43 tzdata
    python shared/hours/zones/generate.py

The package holds what is in resources/timezones/map_data.txt and resources/geocoding/en/1.txt of Google's
libphonenumber of that version (Apache-2.0).

Left out are rows of mobile numbers that name fewer zones than their country has, though these numbers
belong to no place: all of Russia's would be in Moscow, all of Australia's in Sydney. The library makes no
use of them either. Left out are also rows that say the same as a shorter one. The rest are gathered by
their time zones, and held against the library itself.
"""

import random
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    PhoneNumberType,
    is_number_geographical,
)
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.timezone import time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

# What is installed has to be what the headers say.
VERSION, RELEASED = "9.0.43", "2026-11-06"

CRATE = Path(__file__).parent.parent

# The states, by the names that the geocoding data has for them.
STATES = {
    "Alabama": "AL",
    "Alaska": "AK",
    "Arizona": "AZ",
    "Arkansas": "AR",
    "California": "CA",
    "Colorado": "CO",
    "Connecticut": "CT",
    "Delaware": "DE",
    "Florida": "FL",
    "Georgia": "GA",
    "Hawaii": "HI",
    "Idaho": "ID",
    "Illinois": "IL",
    "Indiana": "IN",
    "Iowa": "IA",
    "Kansas": "KS",
    "Kentucky": "KY",
    "Louisiana": "LA",
    "Maine": "ME",
    "Maryland": "MD",
    "Massachusetts": "MA",
    "Michigan": "MI",
    "Minnesota": "MN",
    "Mississippi": "MS",
    "Missouri": "MO",
    "Montana": "MT",
    "Nebraska": "NE",
    "Nevada": "NV",
    "New Hampshire": "NH",
    "New Jersey": "NJ",
    "New Mexico": "NM",
    "New York": "NY",
    "North Carolina": "NC",
    "North Dakota": "ND",
    "Ohio": "OH",
    "Oklahoma": "OK",
    "Oregon": "OR",
    "Pennsylvania": "PA",
    "Rhode Island": "RI",
    "South Carolina": "SC",
    "South Dakota": "SD",
    "Tennessee": "TN",
    "Texas": "TX",
    "Utah": "UT",
    "Vermont": "VT",
    "Virginia": "VA",
    "Washington D.C.": "DC",
    "Washington State": "WA",
    "West Virginia": "WV",
    "Wisconsin": "WI",
    "Wyoming": "WY",
}


def reduced(rows):
    """The same in fewer rows: one for ten, and none that a shorter one implies."""
    rows = dict(rows)
    for length in range(max(map(len, rows)), 1, -1):
        for parent in {prefix[:-1] for prefix in rows if len(prefix) == length}:
            below = {rows.get(parent + digit) for digit in "0123456789"}
            if len(below) == 1 and None not in below:
                rows[parent] = below.pop()
    for prefix in sorted(rows, key=len, reverse=True):
        shorter = next((prefix[:n] for n in range(len(prefix) - 1, 0, -1) if prefix[:n] in rows), None)
        if shorter and rows[shorter] == rows[prefix]:
            del rows[prefix]
    return rows


def looked_up(rows, number):
    """The zones of the longest prefix."""
    return next((rows[number[:n]] for n in range(len(number), 0, -1) if number[:n] in rows), ())


def state(name):
    """The state in a name such as `Texas` or `San Antonio, TX`, if it is one."""
    last = name.rsplit(", ", 1)[-1]
    return STATES.get(name) or (last if last in STATES.values() else None)


def areas():
    """The area codes of each state, as far as every row of an area code agrees."""
    names = defaultdict(lambda: defaultdict(set))
    for prefix, languages in GEOCODE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4 and "en" in languages:
            names[prefix[1:4]][len(prefix) == 4].add(languages["en"])
    found = defaultdict(list)
    for area, rows in sorted(names.items()):
        # A row of the whole area code goes before those of its towns, some of which lie across a border.
        known = {state(name) for name in rows[True] or rows[False]}
        if len(known) > 1:
            print(area, "is in", sorted(map(str, known)))
        elif None not in known:
            found[known.pop()].append(area)
    return found


def unknown_areas(found):
    """Area codes in use for mobile telephones in the USA that no state has."""
    known = {area for areas in found.values() for area in areas}
    for area in map(str, range(200, 1000)):
        number = phonenumbers.parse(f"+1{area}5550143")
        region = phonenumbers.region_code_for_number(number)
        if region == "US" and phonenumbers.is_valid_number(number) and area not in known:
            if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE_OR_MOBILE:
                yield area


def examples():
    """A number of each kind for each country, where the library has one."""
    for code in sorted(COUNTRY_CODE_TO_REGION_CODE):
        for region in COUNTRY_CODE_TO_REGION_CODE[code]:
            country = region != "001" and PhoneMetadata.metadata_for_region(region)
            for kind in ("fixed_line", "mobile"):
                described = country and getattr(country, kind)
                if described and described.example_number:
                    yield region, kind, f"{code}{described.example_number}"


@cache
def numbers():
    """Valid numbers, the examples and others at random: each with its country, and whether it has a place.

    Those without are of mobile telephones alone, since no others are texted.
    """
    chance, found = random.Random(9), []
    for region, _, example in examples():
        code = str(phonenumbers.country_code_for_region(region))
        tries = [example]
        for _ in range(3000):
            kept = chance.randrange(len(code), len(example))
            rest = "".join(chance.choice("0123456789") for _ in range(len(example) - kept))
            tries.append(example[:kept] + rest)
        for number in tries:
            parsed = phonenumbers.parse(f"+{number}")
            written = f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"
            if written == number and phonenumbers.is_valid_number(parsed):
                its, is_a = phonenumbers.region_code_for_number(parsed), phonenumbers.number_type(parsed)
                # Of Indonesia's the library means only telephones that are in a building.
                is_mobile = is_a == PhoneNumberType.MOBILE
                if is_number_geographical(parsed) and not (is_mobile and its == "ID"):
                    found.append((number, its, True))
                elif is_mobile:
                    found.append((number, its, False))
    return found


@cache
def clocks(zones):
    """What the clocks of these zones show through two years. Some zones differ in their name alone."""
    days = [datetime(2026, 1, 1) + timedelta(days=day) for day in range(730)]
    return {tuple(ZoneInfo(zone).utcoffset(day) for day in days) for zone in zones}


def honest(rows):
    """The rows without those that place numbers which have no place."""
    rows, countries = dict(rows), defaultdict(set)
    for code, (region, *others) in COUNTRY_CODE_TO_REGION_CODE.items():
        if not others:
            countries[region] |= set(rows.get(str(code), ()))
    for number, region, has_place in numbers():
        if has_place:
            countries[region] |= set(looked_up(rows, number))
    for number, region, has_place in numbers():
        while not has_place and not clocks(looked_up(rows, number)) >= clocks(frozenset(countries[region])):
            prefix = next(number[:n] for n in range(len(number), 0, -1) if number[:n] in rows)
            print("left out:", prefix, *rows.pop(prefix))
    return rows


def check(rows):
    """Holds the table against the library."""
    seen = defaultdict(int)
    for number, region, has_place in numbers():
        ours, theirs = looked_up(rows, number), time_zones_for_number(phonenumbers.parse(f"+{number}"))
        if has_place:
            assert set(ours) >= set(theirs), f"{number}: {ours}, not {theirs}"
        seen["same" if ours == theirs else f"{'more' if has_place else 'other'} in {region}"] += 1
    return dict(seen)


def main():
    assert phonenumbers.__version__ == VERSION, f"this wants phonenumbers {VERSION}"
    rows = reduced(honest(TIMEZONE_DATA))
    print(len(TIMEZONE_DATA), "rows,", len(rows), "kept")
    print(check(rows))

    places = defaultdict(list)
    for prefix, zones in sorted(rows.items()):
        places[zones].append(prefix)
    lines = [f"{' '.join(zones)}: {' '.join(prefixes)}\n" for zones, prefixes in sorted(places.items())]
    (CRATE / "src/place/zones.txt").write_text(NOTICE + "".join(lines))

    found = areas()
    print("area codes without a state:", *unknown_areas(found))
    lines = [f"{name}: {' '.join(codes)}\n" for name, codes in sorted(found.items())]
    (CRATE / "src/place/states.txt").write_text(NOTICE + "".join(lines))

    lines = set()
    for _, _, number in examples():
        parsed = phonenumbers.parse(f"+{number}")
        if is_number_geographical(parsed):
            lines.add(f"+{number} {' '.join(time_zones_for_number(parsed))}\n")
    (CRATE / "tests/it/numbers.txt").write_text("".join(sorted(lines)))


# No line of it may have a colon in front of a space, which is how the rows are recognized.
NOTICE = f"""\
# Generated by shared/hours/zones/generate.py from the Python package phonenumbers {VERSION} ({RELEASED}),
# which holds the data of libphonenumber. Copyright The Libphonenumber Authors, Apache-2.0; rearranged.
"""

if __name__ == "__main__":
    main()
