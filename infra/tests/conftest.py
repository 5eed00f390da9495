"""What the checks of infra/ and deploy.sh stand on: an empty AWS account in this machine's memory
(moto), and Terraform with its provider, from a folder of this machine or from the registry."""

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


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    """The address of an empty AWS account."""
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


@pytest.fixture(scope="session")
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
    providers = (
        aws.parents[1]
        for base in PROVIDER_FOLDERS
        for aws in base.glob("**/registry.terraform.io/hashicorp/aws")
    )
    file = folder / "terraform.rc"
    mirror = next((registry.parent for registry in providers), None)
    file.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
        if mirror
        else ""
    )
    return {"TF_CLI_CONFIG_FILE": str(file)}


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """A folder with a zip per function. Nothing in this account runs them."""
    folder = tmp_path_factory.mktemp("packages")
    for function in FUNCTIONS:
        with zipfile.ZipFile(folder / f"{function}.zip", "w") as package:
            package.writestr("bootstrap", "#!/bin/sh\n")
    return folder
