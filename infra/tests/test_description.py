"""What can be said of infra/ without making anything."""

import shutil
import subprocess

import pytest
from conftest import ROOT, Terraform, tool


@pytest.fixture(scope="module")
def described(environment, tmp_path_factory):
    """A copy of infra/ as it is, ready for Terraform."""
    folder = tmp_path_factory.mktemp("described") / "infra"
    leave = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfvars")
    shutil.copytree(ROOT / "infra", folder, ignore=leave)
    terraform = Terraform(folder, environment, {})
    # Also shows that the lock file knows the provider that is used.
    terraform.run("init", "-backend=false", "-lockfile=readonly")
    return terraform


def test_is_written_as_terraform_writes(described):
    assert described.run("fmt", "-check", "-recursive") == ""


def test_is_valid(described):
    described.run("validate")


def test_keeps_its_promises_at_an_aws_that_is_made_up(described):
    said = described.run("test")
    assert "Success!" in said, said


def test_checkov_finds_nothing():
    scan = ["-d", "infra", "--framework", "terraform", "--compact", "--quiet", "--skip-download"]
    done = subprocess.run(
        [tool("checkov"), *scan], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout
