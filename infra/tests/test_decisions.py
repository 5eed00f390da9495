"""What infra/deploy decides: what a release and a rollback move, what a secret has to be like. Nothing
here needs an account."""

import base64
import json
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "infra/deploy"))

import deployment
import history
import release
import status
from history import History, Move
from strength import weakness


def versions(text):
    """A history as written here: what is called, then the releases, newest first."""
    live, *releases = text.split()
    return History(live, tuple(releases))


def moves(found):
    """Moves as written here: function, from, to, and the releases from then on."""
    return [f"{m.function}: {m.start} -> {m.target}, {' '.join(m.after.releases)}" for m in found]


# ---- what is live


@pytest.mark.parametrize(
    ("description", "read"),
    [
        ("What is called. Releases move it.", "3 3"),
        ("", "3 3"),
        ("Releases, newest first: 3", "3 3"),
        ("Releases, newest first: 3 3 1", "3 3 3 1"),
        ("Releases, newest first: 2 1", "3 2 1"),
    ],
)
def test_an_alias_says_what_was_live(description, read):
    assert history.read("3", description) == versions(read)


def test_what_is_written_in_an_alias_is_read_again():
    releases = ("12", "9", "9", "1")
    assert history.read("12", history.description(releases)) == History("12", releases)


@pytest.mark.parametrize(
    ("read", "cut_off", "before"),
    [
        ("1 1", False, None),
        ("2 2 1", False, "1"),
        ("2 2 2 1", False, "2"),
        ("3 2 1", True, "2"),
        ("2 3 2 1", True, "3"),
        ("2 1", True, "1"),
    ],
)
def test_a_release_that_was_cut_off_is_what_would_be_undone_first(read, cut_off, before):
    found = versions(read)
    assert (found.is_cut_off, found.before) == (cut_off, before)


# ---- release


def test_a_release_is_remembered_for_a_function_that_has_not_changed():
    assert moves([history.release("turn", "3", versions("2 2 1"))]) == ["turn: 2 -> 3, 3 2 1"]
    assert moves([history.release("turn", "2", versions("2 2 1"))]) == ["turn: 2 -> 2, 2 2 1"]


def test_what_takes_a_release_back_leaves_no_trace_of_it():
    for before in (versions("2 2 1"), versions("3 2 1")):
        assert history.release("turn", "4", before).undone.after == before


def test_an_alias_can_hold_as_many_releases_as_are_remembered():
    releases = tuple(str(version) for version in range(99_999, 99_900, -1))
    noted = history.release("turn", "100000", History(releases[0], releases)).after.releases
    assert noted == ("100000", *releases[: history.REMEMBERED - 1])
    assert len(history.description(noted)) <= 256


def test_a_canary_gets_its_calls_from_the_alias_that_is_live():
    revision = json.loads(history.canary(Move("turn", versions("2 2"), versions("3 3 2")), "textback-turn"))
    assert revision["revisionType"] == "AppSpecContent"
    [resource] = json.loads(revision["appSpecContent"]["content"])["Resources"]
    properties = resource["turn"]["Properties"]
    assert (properties["CurrentVersion"], properties["TargetVersion"]) == ("2", "3")


# ---- rollback


@pytest.mark.parametrize(
    ("name", "live", "canary_stopped", "expected"),
    [
        ("nothing was ever released", {"a": "1 1", "b": "1 1"}, False, []),
        (
            "to the release before",
            {"a": "2 2 1", "b": "3 3 2 1"},
            False,
            ["a: 2 -> 1, 1", "b: 3 -> 2, 2 1"],
        ),
        (
            "a function that had not changed stays where it is",
            {"a": "2 2 2 1", "b": "3 3 2 1"},
            False,
            ["a: 2 -> 2, 2 1", "b: 3 -> 2, 2 1"],
        ),
        (
            "a function that is newer than the release before stays",
            {"a": "2 2 1", "new": "1 1"},
            False,
            ["a: 2 -> 1, 1", "new: 1 -> 1, 1"],
        ),
        (
            "a release that was cut off is undone, and no other",
            {"a": "3 2 1", "b": "2 2 1"},
            False,
            ["a: 3 -> 2, 2 1", "b: 2 -> 2, 2 1"],
        ),
        (
            "the first release, cut off",
            {"a": "2 1", "b": "1 1"},
            False,
            ["a: 2 -> 1, 1", "b: 1 -> 1, 1"],
        ),
        (
            "a canary had moved nothing yet",
            {"a": "2 2 1", "b": "2 2 1"},
            True,
            ["a: 2 -> 2, 2 1", "b: 2 -> 2, 2 1"],
        ),
        (
            "the canary of the first release",
            {"a": "1 1", "b": "1 1"},
            True,
            ["a: 1 -> 1, 1", "b: 1 -> 1, 1"],
        ),
    ],
)
def test_a_rollback_goes_one_release_back(name, live, canary_stopped, expected):
    histories = {function: versions(read) for function, read in live.items()}
    assert moves(history.rollback(histories, canary_stopped)) == expected, name


def test_as_many_rollbacks_as_releases_lead_back_to_the_first():
    histories = {"a": versions("1 1"), "b": versions("1 1")}
    begun = histories
    for new in ({"a": "2", "b": "2"}, {"a": "2", "b": "3"}, {"a": "3", "b": "3"}):
        released = [history.release(each, new[each], histories[each]) for each in histories]
        histories = after(released)
    for _ in range(3):
        histories = after(history.rollback(histories, canary_stopped=False))
    assert histories == begun
    assert history.rollback(histories, canary_stopped=False) == []


def after(moves):
    """What is live when moves were carried out."""
    return {move.function: move.after for move in moves}


# ---- packages


def test_packages_are_those_that_were_built_together(tmp_path):
    def refused():
        with pytest.raises(deployment.Failure) as failure:
            release.check_packages(tmp_path / "arm64")
        return str(failure.value)

    folder = tmp_path / "arm64"
    folder.mkdir()
    assert refused() == f"there are no packages in {folder}: ./deploy.sh package arm64"
    (tmp_path / "x86-64").mkdir()
    (tmp_path / "x86-64/SHA256SUMS").touch()
    assert f"{folder}, only ./x86-64/SHA256SUMS: " in refused()
    for sums in ("", "0000  ./turn.zip\n", "0000\n"):
        (folder / "SHA256SUMS").write_text(sums)
        assert "are not those of its SHA256SUMS" in refused()


# ---- secrets


LONG = "twenty-four-characters--"
KEY = base64.b64encode(bytes(range(32))).decode()
USER = "ann:$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONSOLE_PASSWORD", "twelve-chars"),
        ("CONSOLE_PASSWORD", "zwölf-Zeichen"),
        ("CONSOLE_USERS", USER),
        ("CONSOLE_USERS", f"{USER},ben@{USER};\n{USER}\n"),
        ("NAME_KEY", KEY),
        ("NAME_KEY", KEY.rstrip("=")),
        ("NAME_KEY", bytes(range(32)).hex().upper()),
        ("MC_WEBHOOK_TOKEN", LONG),
        ("MC_WEBHOOK_TOKEN", "ä" * 12),
        ("RESULT_WEBHOOK_SECRET", f"whsec_{base64.b64encode(LONG.encode()).decode()}"),
        ("TWILIO_AUTH_TOKEN", "x"),
    ],
)
def test_a_secret_will_do(name, value):
    assert weakness(name, value) is None


@pytest.mark.parametrize(
    ("name", "value", "has"),
    [
        ("CONSOLE_PASSWORD", "eleven-char", "fewer than 12 characters"),
        ("CONSOLE_USERS", "ann:nine red herons", "no user"),
        ("CONSOLE_USERS", f"'{USER}'", "no user"),
        ("CONSOLE_USERS", f"{USER},ben", "no user"),
        ("CONSOLE_USERS", "ann:=19=19456,t=2,p=1", "no user"),  # what a shell leaves of it
        ("NAME_KEY", LONG, "not 32 bytes"),
        ("NAME_KEY", f"{KEY}\n{KEY}", "not 32 bytes"),
        ("NAME_KEY", f"{KEY[:-2]}9=", "not 32 bytes"),  # bits left over
        ("MC_WEBHOOK_TOKEN", LONG[:23], "fewer than 24 bytes"),
        ("RESULT_WEBHOOK_SECRET", "whsec_", "fewer than 24 bytes"),
        ("RESULT_WEBHOOK_SECRET", f"whsec_{LONG}, which is not Base64", "fewer than 24 bytes"),
    ],
)
def test_a_secret_is_too_weak(name, value, has):
    assert weakness(name, value).has.startswith(has)


# ---- the rest


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("30s", 30), ("10m", 600), ("2h", 7200), ("3d", 259_200), ("10", None), ("m", None), ("", None)],
)
def test_an_age_is_read(words, seconds):
    assert status.read_age(words) == seconds


def test_functions_are_in_the_order_of_their_names():
    written = {
        "name": "textback-a",
        "public_url": "https://text.example.test",
        "architecture": "arm64",
        "queue_url": "https://q",
        "dead_letters_url": "https://d",
        "secrets_path": "/textback/a/",
        "secrets": ["NAME_KEY"],
        "functions": {key: {"name": key, "log_group": key} for key in ("turn", "inbound")},
        "later": "what another version wrote",
    }
    found = deployment.read("a", json.dumps(written))
    assert list(found.functions) == ["inbound", "turn"] and found.canary is None
