"""What the checks of infra/ and deploy.sh stand on: an empty AWS account in this machine's memory
(moto), and Terraform with its provider, from a folder of this machine or from the registry."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import boto3
import pytest

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"  # the one moto pretends to be
REGION = "us-east-1"
FUNCTIONS = ["console", "inbound", "receipts", "site", "sweep", "turn"]

# What moto cannot hold, laid over the copy of infra/ that is applied to it. `terraform test` covers
# this, as it does the domain.
OVERRIDE = """
terraform {
  backend "local" {}
}

# Never shows up when it is read back, for which the provider waits.
resource "aws_sqs_queue_redrive_allow_policy" "turns_dead" {
  count = 0
}

# The provider asks for its subscribers, which moto does not answer.
resource "aws_budgets_budget" "this" {
  count = 0
}

# Forgets its alarms, and cannot be changed.
resource "aws_codedeploy_deployment_group" "this" {
  lifecycle {
    ignore_changes = [alarm_configuration, load_balancer_info]
  }
}
"""

# Where Terraform looks for providers by itself, and where images tend to put them.
PROVIDER_FOLDERS = [
    Path.home() / ".terraform.d",
    Path("/usr/local/share/terraform"),
    Path("/usr/share/terraform"),
    Path("/opt"),
]


def pytest_configure():
    """The tools of the virtual environment that runs the checks are found like any other."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def tool(name):
    """The path of a program. Without it a check is skipped, except where everything has to run."""
    path = shutil.which(name)
    if path:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed")
    pytest.skip(f"{name} is not installed")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    """The address of an empty AWS account, one for each file of checks."""
    log = (tmp_path_factory.mktemp("moto") / "log").open("w+")
    address = f"http://127.0.0.1:{free_port()}"
    server = subprocess.Popen(
        [tool("moto_server"), "-H", "127.0.0.1", "-p", address.rsplit(":", 1)[1]],
        stdout=log,
        stderr=log,
    )
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/moto-api/", timeout=5).close()
            break
        except urllib.error.URLError:
            time.sleep(0.1)
    if server.poll() is not None:
        log.seek(0)
        pytest.fail(f"moto_server ended by itself:\n{log.read()}")
    yield address
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture(scope="module")
def environment(endpoint, tmp_path_factory):
    """Variables for a program that shall take that account for AWS: nothing else of ours or of the
    machine's owner reaches it."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
    return kept | terraform_configuration(tmp_path_factory.mktemp("terraform")) | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "CHECKPOINT_DISABLE": "true",
        "TF_IN_AUTOMATION": "true",
        "TF_INPUT": "false",
    }


def terraform_configuration(folder):
    """Points Terraform at a folder with the AWS provider, if this machine has one."""
    own = os.environ.get("TF_CLI_CONFIG_FILE")
    if own and Path(own).is_file():
        return {"TF_CLI_CONFIG_FILE": own}
    file = folder / "terraform.rc"
    found = (aws for base in PROVIDER_FOLDERS for aws in base.glob("**/hashicorp/aws"))
    mirror = next((aws.parents[2] for aws in found), None)
    file.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
        if mirror
        else ""
    )
    return {"TF_CLI_CONFIG_FILE": str(file)}


class Terraform:
    """A copy of infra/ on which Terraform is run, with its state beside it."""

    def __init__(self, folder, environment, variables):
        self.folder = folder
        self.environment = environment
        (folder / "check.auto.tfvars.json").write_text(json.dumps(variables))

    def run(self, *arguments, expect=0):
        """Runs `terraform …` and returns what it printed, or fails with that."""
        begun = time.monotonic()
        done = subprocess.run(
            [tool("terraform"), *arguments, "-no-color"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,  # what moto does not answer is asked again for ever
        )
        TIMES.append(f"terraform {arguments[0]}: {time.monotonic() - begun:.0f} s")
        assert done.returncode == expect, f"terraform {' '.join(arguments)}:\n{done.stdout}"
        return done.stdout

    def apply(self, *arguments):
        """Makes what is described."""
        # Nearly all of the time is spent waiting, so all of it is waited for at once.
        return self.run("apply", "-auto-approve", "-parallelism=40", *arguments)

    def plan(self):
        """What Terraform would change now."""
        self.run("plan", "-out=plan", "-parallelism=40")
        return json.loads(self.run("show", "-json", "plan").strip().splitlines()[-1])

    def outputs(self):
        """What was printed for the owner, by name."""
        printed = json.loads(self.run("output", "-json"))
        return {name: output["value"] for name, output in printed.items()}

    def state(self):
        """The state file as it lies there."""
        return (self.folder / "terraform.tfstate").read_text()


TIMES = []


def pytest_terminal_summary(terminalreporter):
    """How long the waiting was."""
    for line in TIMES:
        terminalreporter.write_line(line)


@pytest.fixture(scope="module")
def client(endpoint):
    """Looks at the account from outside: `client("sqs")`."""

    def connect(service):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return connect


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A folder with a zip per function. Nothing in this account runs them."""
    folder = tmp_path_factory.mktemp("packages")
    for function in FUNCTIONS:
        with zipfile.ZipFile(folder / f"{function}.zip", "w") as package:
            package.writestr("bootstrap", "#!/bin/sh\n")
    return folder
