"""What infra/ says, without making any of it: that it is well-formed, what it comes to where no
stand-in for AWS can hold it, and whether a scanner objects."""

import json
import os
import shutil
import subprocess

import pytest
from conftest import ROOT, terraform_configuration, tool

INFRA = ROOT / "infra"


@pytest.fixture(scope="module")
def terraform(tmp_path_factory):
    """Runs `terraform …` in a copy of infra/ that belongs to nobody and returns what it printed."""
    folder = tmp_path_factory.mktemp("description") / "infra"
    shutil.copytree(INFRA, folder, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    environment = os.environ | terraform_configuration(folder.parent)
    environment |= {"AWS_REGION": "us-east-1", "CHECKPOINT_DISABLE": "true", "TF_INPUT": "false"}

    def run(*arguments):
        command = [tool("terraform"), *arguments, "-no-color"]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("init", "-backend=false", "-lockfile=readonly")
    return run


def test_it_is_written_as_terraform_writes_it(terraform):
    assert terraform("fmt", "-check", "-recursive", "-diff") == ""


def test_it_is_valid(terraform):
    said = json.loads(terraform("validate", "-json"))
    assert (said["valid"], said["diagnostics"]) == (True, [])


def test_it_comes_to_what_it_should(terraform):
    """Terraform's own tests, `*.tftest.hcl`."""
    assert "0 failed" in terraform("test")


def test_a_scanner_finds_nothing_that_has_no_reason():
    checkov = [tool("checkov"), "--quiet", "--compact", "--framework", "terraform"]
    folders = ["--directory", INFRA, "--skip-path", "tests", "--skip-path", r"\.terraform"]
    done = subprocess.run(
        [*checkov, *folders, "--output", "json"],
        # Nothing is fetched from or reported to its maker.
        env=os.environ | {"BC_SKIP_MAPPING": "TRUE", "CKV_SKIP_POLICY_DOWNLOAD": "true"},
        capture_output=True,
        text=True,
    )
    report = json.loads(done.stdout)
    failed = [
        f"{check['check_id']} {check['resource']}: {check['check_name']}"
        for check in report["results"]["failed_checks"]
    ]
    assert failed == []
    assert report["summary"]["passed"] > 100
