"""Something comes between deploy.sh and what it has begun."""

import os
import signal
import subprocess
import time

import pytest
from test_deploy import checkout, installation  # noqa: F401, for the checks below

# A canary that no alarm stops, and that takes longer than anybody waits here.
PATIENT = "import time\ntime.sleep(600)\n"


@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGTERM])
def test_a_release_that_is_interrupted_takes_back_what_it_did(checkout, installation, interruption):
    installation.add_canary()
    checkout.package()
    checkout.calls_file.with_name("canary.py").write_text(PATIENT)
    command = subprocess.Popen(
        ["./deploy.sh", "release", installation.name],
        cwd=checkout.folder,
        env=checkout.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whatever runs these checks in the background has SIGINT ignored, which is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for(lambda: called(checkout, "wait"), command)
    # As a workflow does that is cancelled: the one process, and none that it has started.
    os.kill(command.pid, interruption)
    out, said = command.communicate(timeout=120)
    assert command.returncode == 1, said
    assert "inbound: version 2 gets a tenth of the calls" in out
    assert len(called(checkout, "stop-deployment")) == len(installation.functions)
    for function in installation.functions:
        alias = installation.alias(function)
        assert (alias["FunctionVersion"], alias["Description"]) == ("1", "Releases, newest first: 1")
    assert "there is nothing to go back to" in checkout.deploy("rollback", installation.name).said


def test_a_rollback_that_stops_halfway_is_done_once_more(checkout, installation):
    for content in ("one", "two"):
        checkout.package(content)
        checkout.deploy("release", installation.name)
    checkout.break_once("update-alias", installation.function("turn"))
    ran = checkout.deploy("rollback", installation.name)
    assert (ran.code, ran.message) == (
        1,
        f"the rollback of {installation.name} is incomplete, for the reason above: run it again",
    )
    assert checkout.deploy("rollback", installation.name).code == 0
    assert installation.live() == {"inbound": 2, "turn": 2}, "and none of them further than that"


def called(checkout, word):
    """The calls of `aws deploy` that begin with a word."""
    calls = checkout.calls() if checkout.calls_file.exists() else []
    return [call for call in calls if call.startswith(f"aws deploy {word}")]


def wait_for(condition, command):
    """Waits until a command has come so far, for two minutes at most."""
    for _ in range(1200):
        if command.poll() is not None or condition():
            break
        time.sleep(0.1)
    assert command.poll() is None, command.communicate()
    assert condition()
