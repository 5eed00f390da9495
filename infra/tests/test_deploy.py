"""deploy.sh, the real one, in a checkout of its own, with an account in memory for AWS.

What AWS does by itself and the account in memory does not (moving an alias by CodeDeploy) is done
by a program `aws` that stands before the real one, and notes how it was called.
"""

import base64
import hashlib
import json
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
import time
import uuid
import zipfile
from dataclasses import dataclass, field

import pytest
from conftest import ACCOUNT, FUNCTIONS, REGION, ROOT, tool

SECRET = "open-sesame-9d1f0c"
NAME_KEY = base64.b64encode(bytes(32)).decode()
SECRETS = [
    "CONSOLE_PASSWORD",
    "MC_WEBHOOK_TOKEN",
    "NAME_KEY",
    "RESULT_WEBHOOK_SECRET",
    "TWILIO_AUTH_TOKEN",
]

# What the owner makes up for webhooks, as short as it may be, and shorter.
LONG = "twenty-four-characters--"
SHORT = [
    ("MC_WEBHOOK_TOKEN", LONG[:23]),
    ("RESULT_WEBHOOK_SECRET", "whsec_"),
    ("RESULT_WEBHOOK_SECRET", f"whsec_{base64.b64encode(LONG[:23].encode()).decode()}"),
    ("RESULT_WEBHOOK_SECRET", f"whsec_{LONG}, which is not Base64"),
]

# What stands before `aws` and `jq`.
BEFORE = """#!/bin/sh
name=${{0##*/}}
printf '%s\\n' "$name $*" >>"$CALLS"
if [ -f "$CALLS.break" ]; then
    case $* in
        $(cat "$CALLS.break")) rm "$CALLS.break"; echo 'An error occurred' >&2; exit 255 ;;
    esac
fi
case "$name $1 $2" in
    'aws deploy list-deployments') cat "$CALLS.canaries" 2>/dev/null; exit ;;
    'aws deploy stop-deployment') exit ;;
    'aws deploy wait') exec {python} {canary} "$5" ;;
    # Version 1 of the program looks for queues at AWS, whatever AWS_ENDPOINT_URL says.
    'aws sqs '*) exec {real} --endpoint-url "$AWS_ENDPOINT_URL" "$@" ;;
esac
exec {real} "$@"
"""

# What CodeDeploy does when no alarm rings.
CANARY = """
import json, os, sys
import boto3

def connect(service):
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])

deployment = connect("codedeploy").get_deployment(deploymentId=sys.argv[1])["deploymentInfo"]
content = json.loads(deployment["revision"]["appSpecContent"]["content"])
[resource] = content["Resources"][0].values()
moved = resource["Properties"]
connect("lambda").update_alias(
    FunctionName=moved["Name"], Name=moved["Alias"], FunctionVersion=moved["TargetVersion"]
)
"""


@dataclass
class Ran:
    """A command that has ended."""

    code: int
    out: str
    said: str

    @property
    def message(self):
        """The line by which deploy.sh gives up."""
        lines = [line for line in self.said.splitlines() if line.startswith("deploy.sh: ")]
        return lines[-1].removeprefix("deploy.sh: ") if lines else None


class Checkout:
    """A checkout of its own, in which the commands are run."""

    def __init__(self, folder, environment):
        self.folder = folder / "checkout"
        self.calls_file = folder / "calls"
        shutil.copytree(ROOT / "infra", self.folder / "infra", ignore=shutil.ignore_patterns(".terraform"))
        shutil.copy(ROOT / "deploy.sh", self.folder)
        for function in [*FUNCTIONS, "textback"]:
            (self.folder / "functions" / function).mkdir(parents=True)
        (self.folder / "shared").mkdir()
        for file in ("Cargo.toml", "Cargo.lock"):
            (self.folder / file).touch()
        before = folder / "before"
        before.mkdir()
        canary = folder / "canary.py"
        canary.write_text(CANARY)
        for name in ("aws", "jq"):
            write_program(
                before / name,
                BEFORE.format(python=sys.executable, canary=canary, real=tool(name)),
            )
        self.environment = environment | {
            "CALLS": str(self.calls_file),
            "PATH": f"{before}{os.pathsep}{environment['PATH']}",
        }

    def deploy(self, *arguments, said="", **variables):
        """Runs `./deploy.sh`. An empty variable is none."""
        environment = {k: v for k, v in (self.environment | variables).items() if v}
        ran = subprocess.run(
            ["./deploy.sh", *arguments],
            cwd=self.folder,
            env=environment,
            input=said,
            capture_output=True,
            text=True,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def deploy_at_a_terminal(self, *arguments, said):
        """As `deploy`, with somebody who answers the question."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve("./deploy.sh", ["./deploy.sh", *arguments], self.environment)
        seen = ""
        while True:
            try:
                part = os.read(terminal, 4096).decode(errors="replace")
            except OSError:  # it has closed its side
                break
            seen += part
            if said and re.search(r": $", seen):
                os.write(terminal, f"{said}\n".encode())
                said = ""
        return Ran(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen, seen)

    def package(self, content="one", architecture="arm64", functions=FUNCTIONS):
        """Leaves packages as `./deploy.sh package` does. `content` is what is in them."""
        folder = self.folder / "target/package" / architecture
        folder.mkdir(parents=True, exist_ok=True)
        sums = folder / "SHA256SUMS"
        sums.unlink(missing_ok=True)
        for function in functions:
            with zipfile.ZipFile(folder / f"{function}.zip", "w") as package:
                package.writestr("bootstrap", f"{function} {content}")
        lines = [
            f"{hashlib.sha256(file.read_bytes()).hexdigest()}  ./{file.name}\n"
            for file in sorted(folder.glob("*.zip"))
        ]
        sums.write_text("".join(lines))

    def break_once(self, *words):
        """The next call with these words in this order fails."""
        self.calls_file.with_name("calls.break").write_text(f"*{'*'.join(words)}*")

    def calls(self):
        """How `aws` and `jq` were called, a line for each."""
        return self.calls_file.read_text().splitlines()


def write_program(file, text):
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def checkout(tmp_path, environment):
    return Checkout(tmp_path, environment)


@dataclass
class Installation:
    """An environment with two functions, as Terraform leaves it."""

    client: object
    name: str = field(default_factory=lambda: f"e{uuid.uuid4().hex[:8]}")
    functions: tuple = ("inbound", "turn")

    def make(self):
        role = self.client("iam").create_role(RoleName=self.name, AssumeRolePolicyDocument="{}")
        for function in self.functions:
            self.client("lambda").create_function(
                FunctionName=self.function(function),
                Role=role["Role"]["Arn"],
                Runtime="provided.al2023",
                Handler="bootstrap",
                Code={"ZipFile": b"as it began"},
                Environment={"Variables": {"PUBLIC_URL": "https://text.example.test", "A": "b = c"}},
                Publish=True,
            )
            self.client("lambda").create_alias(
                FunctionName=self.function(function),
                Name="live",
                FunctionVersion="1",
                Description="What is called. Releases move it.",
            )
            self.client("logs").create_log_group(logGroupName=f"/functions/{self.name}/{function}")
        for queue in ("turns", "dead"):
            self.client("sqs").create_queue(
                QueueName=f"{self.name}-{queue}.fifo", Attributes={"FifoQueue": "true"}
            )
        for secret in SECRETS:
            self.client("ssm").put_parameter(
                Name=f"/textback/{self.name}/{secret}",
                Type="SecureString",
                Value=NAME_KEY if secret == "NAME_KEY" else " ",
            )
        self.describe(canary=None)
        return self

    def describe(self, canary):
        """What Terraform writes down of it."""
        queue = f"{self.client('sqs').meta.endpoint_url}/{ACCOUNT}/{self.name}"
        deployment = {
            "name": f"textback-{self.name}",
            "public_url": "https://text.example.test",
            "architecture": "arm64",
            "canary": canary,
            "queue_url": f"{queue}-turns.fifo",
            "dead_letters_url": f"{queue}-dead.fifo",
            "secrets_path": f"/textback/{self.name}/",
            "secrets": SECRETS,
            "functions": {
                function: {
                    "name": self.function(function),
                    "log_group": f"/functions/{self.name}/{function}",
                }
                for function in self.functions
            },
        }
        self.client("ssm").put_parameter(
            Name=f"/textback/{self.name}/deployment",
            Type="String",
            Value=json.dumps(deployment),
            Overwrite=True,
        )

    def add_canary(self):
        codedeploy = self.client("codedeploy")
        codedeploy.create_application(applicationName=self.name, computePlatform="Lambda")
        for function in self.functions:
            codedeploy.create_deployment_group(
                applicationName=self.name,
                deploymentGroupName=function,
                deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes",
                serviceRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{self.name}",
            )
        self.describe(canary=self.name)

    def function(self, name):
        return f"textback-{self.name}-{name}"

    def alias(self, function):
        return self.client("lambda").get_alias(FunctionName=self.function(function), Name="live")

    def live(self):
        """The live version of each function."""
        return {name: int(self.alias(name)["FunctionVersion"]) for name in self.functions}

    def secret(self, name):
        parameter = self.client("ssm").get_parameter(
            Name=f"/textback/{self.name}/{name}", WithDecryption=True
        )
        return parameter["Parameter"]["Value"]


@pytest.fixture
def installation(client):
    return Installation(client).make()


# ---- package


# Builds what it is asked for, as `cargo lambda build` does.
CARGO = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in
        --package) functions="$functions $2" ;;
        --lambda-dir) folder=$2 ;;
        --arm64 | --x86-64) architecture=$1 ;;
    esac
    shift
done
for function in $functions; do
    mkdir -p "$folder/$function"
    # A program of this machine, with a section that says what was built.
    cp /bin/true "$folder/$function/bootstrap"
    echo "$function $architecture $TEXTBACK_COMMIT" >"$folder/$function.txt"
    objcopy --add-section .built="$folder/$function.txt" "$folder/$function/bootstrap"
done
"""


def committed(folder):
    """Commits what is in a folder, and returns what the commit is called."""
    me = ["-c", "user.name=me", "-c", "user.email=me@example.test", "-c", "commit.gpgsign=false"]
    (folder / ".gitignore").write_text("target\n")
    for command in (["init"], ["add", "."], ["commit", "--message", "All"]):
        subprocess.run(["git", *me, *command], cwd=folder, check=True, capture_output=True)
    rev = ["git", "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(rev, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_packages_every_function_with_the_owners_pages(checkout, tmp_path):
    for name, text in {"cargo": CARGO, "cargo-lambda": "#!/bin/sh\n", "zig": "#!/bin/sh\n"}.items():
        write_program(tmp_path / "before" / name, text)
    (checkout.folder / "agent.md").write_text("Be kind.")
    commit = committed(checkout.folder)
    ran = checkout.deploy("package", "x86-64")
    assert ran.code == 0, ran.said

    folder = checkout.folder / "target/package/x86-64"
    assert sorted(os.listdir(folder)) == ["SHA256SUMS", *(f"{name}.zip" for name in FUNCTIONS)]
    for function in FUNCTIONS:
        package = zipfile.ZipFile(folder / f"{function}.zip")
        assert package.namelist() == ["agent.md", "bootstrap"]
        program = package.read("bootstrap")
        assert f"{function} --x86-64 {commit}\n".encode() in program
        assert b".eh_frame" not in program, "nothing unwinds in it"
        assert package.getinfo("bootstrap").external_attr >> 16 & 0o777 == 0o755
    sums = (folder / "SHA256SUMS").read_text()
    for file in folder.glob("*.zip"):
        assert f"{hashlib.sha256(file.read_bytes()).hexdigest()}  ./{file.name}" in sums

    (checkout.folder / "agent.md").touch()
    assert checkout.deploy("package", "x86-64").code == 0
    assert (folder / "SHA256SUMS").read_text() == sums, "the same source makes the same packages"


# ---- release and rollback


def test_a_release_is_done_once(checkout, installation):
    checkout.package()
    ran = checkout.deploy("release", installation.name)
    assert ran.code == 0, ran.said
    assert "inbound: version 1 -> 2" in ran.out
    assert installation.live() == {"inbound": 2, "turn": 2}
    again = checkout.deploy("release", installation.name)
    assert again.code == 0 and "is up to date" in again.out
    assert installation.live() == {"inbound": 2, "turn": 2}


def test_a_rollback_goes_to_the_release_before_and_never_past_the_first(checkout, installation):
    checkout.package("one")
    checkout.deploy("release", installation.name)
    checkout.package("two", functions=["turn"])
    checkout.deploy("release", installation.name)
    assert installation.live() == {"inbound": 2, "turn": 3}

    ran = checkout.deploy("rollback", installation.name)
    assert (ran.code, installation.live()) == (0, {"inbound": 2, "turn": 2}), ran.said
    assert "turn: version 3 -> 2" in ran.out
    assert checkout.deploy("rollback", installation.name).code == 0
    assert installation.live() == {"inbound": 1, "turn": 1}
    ran = checkout.deploy("rollback", installation.name)
    assert (ran.code, ran.message) == (
        1,
        f"there is nothing to go back to: {installation.name} has its first release",
    )

    checkout.package("three")
    checkout.deploy("release", installation.name)
    checkout.deploy("rollback", installation.name)
    assert installation.live() == {"inbound": 1, "turn": 1}, "not to what was taken back before"


def test_a_release_that_fails_halfway_takes_back_what_it_did(checkout, installation):
    checkout.package()
    checkout.break_once("update-alias", installation.function("turn"))
    ran = checkout.deploy("release", installation.name)
    assert ran.code == 1
    assert ran.message == (
        f"the release failed: {installation.name} is as it was before"
    )
    assert installation.live() == {"inbound": 1, "turn": 1}
    assert "there is nothing to go back to" in checkout.deploy("rollback", installation.name).said
    assert checkout.deploy("release", installation.name).code == 0
    assert installation.live() == {"inbound": 2, "turn": 2}


def test_a_rollback_undoes_a_release_that_was_cut_off(checkout, installation):
    checkout.package()
    checkout.deploy("release", installation.name)
    checkout.package("two")
    checkout.deploy("release", installation.name)
    # CodeDeploy went on, but nobody was left to write it down.
    noted = installation.alias("turn")["Description"].replace(": 3 ", ": ")
    installation.client("lambda").update_alias(
        FunctionName=installation.function("turn"), Name="live", Description=noted
    )
    noted = installation.alias("inbound")["Description"].replace(": 3 ", ": ")
    installation.client("lambda").update_alias(
        FunctionName=installation.function("inbound"),
        Name="live",
        Description=noted,
        FunctionVersion="2",
    )
    assert checkout.deploy("rollback", installation.name).code == 0
    assert installation.live() == {"inbound": 2, "turn": 2}


def test_a_canary_comes_first_where_there_is_one(checkout, installation):
    installation.add_canary()
    checkout.package()
    ran = checkout.deploy("release", installation.name)
    assert ran.code == 0, ran.said
    codedeploy = installation.client("codedeploy")
    for function in installation.functions:
        [id] = codedeploy.list_deployments(
            applicationName=installation.name, deploymentGroupName=function
        )["deployments"]
        revision = codedeploy.get_deployment(deploymentId=id)["deploymentInfo"]["revision"]
        assert json.loads(revision["appSpecContent"]["content"]) == {
            "version": 0.0,
            "Resources": [
                {
                    function: {
                        "Type": "AWS::Lambda::Function",
                        "Properties": {
                            "Name": installation.function(function),
                            "Alias": "live",
                            "CurrentVersion": "1",
                            "TargetVersion": "2",
                        },
                    }
                }
            ],
        }
    assert installation.live() == {"inbound": 2, "turn": 2}


def test_a_rollback_stops_a_canary_that_is_under_way(checkout, installation):
    installation.add_canary()
    checkout.package()
    checkout.deploy("release", installation.name)
    under_way = checkout.calls_file.with_name("calls.canaries")
    under_way.write_text("d-1")
    assert checkout.deploy("rollback", installation.name).code == 0
    assert any("stop-deployment --deployment-id d-1" in call for call in checkout.calls())
    assert installation.live() == {"inbound": 2, "turn": 2}, "what was there before that canary"
    under_way.unlink()
    assert checkout.deploy("rollback", installation.name).code == 0
    assert installation.live() == {"inbound": 1, "turn": 1}


def test_an_alarm_during_one_canary_takes_all_back(checkout, installation):
    installation.add_canary()
    checkout.package()
    checkout.break_once("wait", "deployment-successful")
    ran = checkout.deploy("release", installation.name)
    assert ran.code == 1 and "is as it was before" in ran.message
    assert installation.live() == {"inbound": 1, "turn": 1}
    stopped = [call for call in checkout.calls() if call.startswith("aws deploy stop-deployment")]
    assert len(stopped) == 2


# ---- looking after it


def test_status_says_what_is_on_the_air(checkout, installation):
    checkout.package()
    checkout.deploy("release", installation.name)
    installation.client("cloudwatch").put_metric_alarm(
        AlarmName=f"textback-{installation.name}-dead-letters",
        AlarmDescription="A wake-up failed three times.",
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    installation.client("cloudwatch").set_alarm_state(
        AlarmName=f"textback-{installation.name}-dead-letters", StateValue="ALARM", StateReason="so"
    )
    queue = f"{installation.client('sqs').meta.endpoint_url}/{ACCOUNT}/{installation.name}-dead.fifo"
    installation.client("sqs").send_message(
        QueueUrl=queue, MessageBody="{}", MessageGroupId="a", MessageDeduplicationId="a"
    )
    ran = checkout.deploy("status", installation.name)
    assert ran.code == 0, ran.said
    sums = (checkout.folder / "target/package/arm64/SHA256SUMS").read_text()
    turn = next(line.split()[0] for line in sums.splitlines() if line.endswith("turn.zip"))
    assert f"https://text.example.test, in {REGION} of account {ACCOUNT}" in ran.out
    assert re.search(rf"^turn +2 +1 +\S+ +{turn}$", ran.out, re.MULTILINE), ran.out
    assert re.search(r"^alarms .*-dead-letters\tA wake-up failed three times.$", ran.out, re.MULTILINE)
    assert re.search(r"^wake-ups +0 waiting, 0 under way$", ran.out, re.MULTILINE)
    assert re.search(r"^dead letters +1 waiting, 0 under way$", ran.out, re.MULTILINE)


def test_logs_are_those_of_a_function_or_of_all(checkout, installation):
    logs, now = installation.client("logs"), int(time.time() * 1000)
    for age, function, text in (
        (1, "turn", "second"),
        (5, "inbound", "first"),
        (1200, "inbound", "long ago"),
    ):
        group = f"/functions/{installation.name}/{function}"
        logs.create_log_stream(logGroupName=group, logStreamName=text)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=text,
            logEvents=[{"timestamp": now - age * 1000, "message": text}],
        )

    def seen(*arguments):
        ran = checkout.deploy("logs", installation.name, *arguments)
        assert ran.code == 0, ran.said
        return [line.split(" ", 1)[1] for line in ran.out.splitlines()]

    assert seen() == ["inbound first", "turn second"]
    assert seen("turn") == ["turn second"]
    assert seen("1h") == ["inbound long ago", "inbound first", "turn second"]
    assert seen("inbound", "1h") == ["inbound long ago", "inbound first"]


def test_a_secret_reaches_parameter_store_and_nothing_else(checkout, installation):
    path = (installation.name, "TWILIO_AUTH_TOKEN")
    ran = checkout.deploy("secrets", "set", *path, said=f"{SECRET}\n")
    assert ran.code == 0, ran.said
    assert installation.secret("TWILIO_AUTH_TOKEN") == SECRET
    assert "within five minutes" in ran.out and "TWILIO_AUTH_TOKEN_NEXT" in ran.out
    listed = checkout.deploy("secrets", installation.name)
    assert listed.out.splitlines() == [
        f"{'set  ' if secret in (path[1], 'NAME_KEY') else 'blank'}  {secret}" for secret in SECRETS
    ]

    asked = checkout.deploy_at_a_terminal("secrets", "set", *path, said=f"{SECRET}-2")
    assert asked.code == 0, asked.out
    assert installation.secret("TWILIO_AUTH_TOKEN") == f"{SECRET}-2"
    key = '{\n  "private_key": "-----BEGIN\\nit ends\\n"\n}'
    assert checkout.deploy("secrets", "set", *path, said=key).code == 0
    assert installation.secret("TWILIO_AUTH_TOKEN") == key
    assert checkout.deploy("secrets", "clear", *path).code == 0
    assert installation.secret("TWILIO_AUTH_TOKEN") == " "

    everything = [ran.out, ran.said, listed.out, listed.said, asked.out]
    assert SECRET not in "".join(everything) + "".join(checkout.calls())


def test_a_secret_of_a_webhook_is_long_enough(checkout, installation):
    for value in (LONG, f"whsec_{base64.b64encode(LONG.encode()).decode()}"):
        ran = checkout.deploy("secrets", "set", installation.name, "RESULT_WEBHOOK_SECRET", said=value)
        assert ran.code == 0, ran.said
        assert installation.secret("RESULT_WEBHOOK_SECRET") == value


def test_the_key_of_names_is_a_key_and_not_written_over(checkout, installation):
    path, keys = (installation.name, "NAME_KEY"), [bytes([byte]) * 32 for byte in (7, 8)]
    cleared = checkout.deploy("secrets", "clear", *path)
    assert cleared.code == 0 and "Nobody is found until it is set again" in cleared.out
    assert f"./deploy.sh secrets set {path[0]} NAME_KEY, with the one that" in cleared.out
    assert checkout.deploy("secrets", "clear", *path).message == "there is no NAME_KEY to clear"
    for wrong in (LONG, base64.b64encode(keys[0][:31]).decode(), keys[0].hex()[:62]):
        ran = checkout.deploy("secrets", "set", *path, said=wrong)
        assert ran.message == (
            "that has not 32 bytes in Base64 or hexadecimal: use the output of `openssl rand -base64 32`"
        ), ran.said
    written = [base64.b64encode(keys[0]).decode(), keys[1].hex()]
    assert checkout.deploy("secrets", "set", *path, said=written[0]).code == 0
    ran = checkout.deploy("secrets", "set", *path, said=written[1])
    assert ran.message.startswith("a NAME_KEY exists, and with another nobody would be found again")
    assert installation.secret("NAME_KEY") == written[0]
    assert checkout.deploy("secrets", "clear", *path).code == 0
    assert checkout.deploy("secrets", "set", *path, said=written[1]).code == 0
    assert installation.secret("NAME_KEY") == written[1]


def test_smoke_takes_the_settings_of_the_function_that_takes_texts(checkout, installation, tmp_path):
    program = tmp_path / "textback"
    write_program(program, '#!/bin/sh\necho "$1 $PUBLIC_URL $A ${TWILIO_AUTH_TOKEN-none}"; exit 3\n')
    ran = checkout.deploy(
        "smoke", installation.name, TEXTBACK=str(program), TWILIO_AUTH_TOKEN="of another"
    )
    assert ran.out == "smoke https://text.example.test b = c none\n", ran.said
    assert (ran.code, ran.message) == (
        1,
        f"if a release broke it: ./deploy.sh rollback {installation.name}",
    )


# ---- everything that can be missing


def without(tmp_path, *missing):
    """A PATH with every program of this machine but these."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in os.listdir(place) if os.path.isdir(place) else []:
            if program not in missing:
                link = folder / program
                link.unlink(missing_ok=True)
                link.symlink_to(os.path.join(place, program))
    return str(folder)


@pytest.mark.parametrize(
    ("program", "command", "message"),
    [
        ("cargo", ["package"], "cargo is missing: install Rust, https://rustup.rs"),
        (
            "cargo-lambda",
            ["package"],
            "cargo-lambda is missing: pip install 'cargo-lambda~=1.9'",
        ),
        (
            "zig",
            ["package"],
            "zig is missing, which links for Amazon Linux: pip install 'ziglang~=0.17.1'",
        ),
        ("zip", ["package"], "zip is missing: install it as zip, with apt, dnf or brew"),
        (
            "terraform",
            ["apply", "production"],
            "terraform is missing: install 1.11 or later, "
            "https://developer.hashicorp.com/terraform/install",
        ),
        (
            "aws",
            ["status", "production"],
            "aws is missing: "
            "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
        ),
        ("jq", ["status", "production"], "jq is missing: install it as jq, with apt, dnf or brew"),
    ],
)
def test_names_a_program_that_is_missing(checkout, tmp_path, program, command, message):
    # Python comes with zig as a module, so it goes as well.
    missing = ["zig", "python3"] if program == "zig" else [program]
    path = without(tmp_path, *missing)
    for other in ("cargo-lambda", "zig", "terraform"):
        if other not in missing and not os.path.exists(f"{path}/{other}"):
            write_program(tmp_path / "programs" / other, "#!/bin/sh\n")
    ran = checkout.deploy(*command, PATH=path)
    assert (ran.code, ran.message) == (1, message)


ENVIRONMENT = 'environment = "{0}"\nregion = "us-east-1"\naccount = "{1}"\ngoogle = {{ project = "p" }}\n'


def test_names_what_else_is_missing(checkout, installation, tmp_path):
    def message(*command, **variables):
        ran = checkout.deploy(*command, **variables)
        assert ran.code == 1, ran
        return ran.message

    name = installation.name
    assert message("package", "i386") == "there is no architecture i386: write arm64 or x86-64"
    assert message("status") == "status what? ./deploy.sh status production"
    assert message("fly") == "there is no command fly"

    old = tmp_path / "old"
    old.mkdir()
    write_program(old / "terraform", "#!/bin/sh\necho '{\"terraform_version\": \"1.5.7\"}'\n")
    path = f"{old}{os.pathsep}{checkout.environment['PATH']}"
    assert message("apply", name, PATH=path) == (
        "terraform 1.5.7 is too old: install 1.11 or later, "
        "https://developer.hashicorp.com/terraform/install"
    )
    environments = checkout.folder / "infra/environments"
    assert message("apply", name).startswith(
        f"infra/environments/{name}.tfvars is missing: copy production.tfvars.example to it"
    )
    (environments / f"{name}.tfvars").write_text(ENVIRONMENT.format(name, ACCOUNT))
    assert message("apply", name).startswith(
        f"infra/environments/{name}.hcl is missing, which says where the state is kept"
    )

    nowhere = {"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "HOME": str(tmp_path)}
    assert message("status", name, **nowhere) == (
        "no region: export AWS_REGION, with the one in the tfvars"
    )
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(tmp_path)}
    assert message("status", name, **nobody) == (
        "AWS does not know you: log in (aws configure sso, aws login), or export AWS_PROFILE"
    )
    assert message("status", "staging") == (
        f"there is no staging in {REGION} of account {ACCOUNT}: make it with "
        "./deploy.sh apply staging, or check AWS_REGION and AWS_PROFILE"
    )

    assert message("release", name) == (
        "there are no packages in target/package/arm64: ./deploy.sh package arm64"
    )
    checkout.package(architecture="x86-64")
    assert message("release", name) == (
        "there are no packages in target/package/arm64, only ./x86-64/SHA256SUMS: "
        "./deploy.sh package arm64"
    )
    checkout.package(functions=["inbound"])
    assert message("release", name) == (
        "target/package/arm64/turn.zip is missing: ./deploy.sh package arm64"
    )
    (checkout.folder / "target/package/arm64/inbound.zip").write_bytes(b"another")
    assert message("release", name) == (
        "the packages in target/package/arm64 are not those of its SHA256SUMS: "
        "./deploy.sh package arm64"
    )
    assert message("rollback", name) == (
        f"there is nothing to go back to: {name} has its first release"
    )
    assert message("logs", name, "outbound") == (
        "outbound is neither a function (inbound turn) nor a time, such as 30s, 10m, 2h or 3d"
    )
    assert message("secrets", "set", name, "TWILIO_FROM", said="x") == (
        "TWILIO_FROM is not a secret: write one of " + " ".join(SECRETS) + ". "
        f"Other settings are in infra/environments/{name}.tfvars"
    )
    assert message("secrets", "set", name, "CONSOLE_PASSWORD", said=" \n") == (
        "that was blank: to remove CONSOLE_PASSWORD, "
        f"./deploy.sh secrets clear {name} CONSOLE_PASSWORD"
    )
    assert message("secrets", "set", name, "CONSOLE_PASSWORD", said="eleven-char") == (
        "that has fewer than 12 characters and would open nothing: use the output of "
        "`openssl rand -base64 24`"
    )
    for secret, value in SHORT:
        assert message("secrets", "set", name, secret, said=value) == (
            "that has fewer than 24 bytes and can be guessed: use the output of "
            "`openssl rand -base64 24`"
        )
        assert installation.secret(secret) == " "
    assert installation.live() == {"inbound": 1, "turn": 1}, "none of it changed anything"


# ---- the whole way


# What the account in memory cannot hold: see test_installation.py.
LEFT_OUT = """
resource "aws_sqs_queue_redrive_allow_policy" "turns_dead" {
  count = 0
}

resource "aws_budgets_budget" "this" {
  count = 0
}
"""
FORGOTTEN = """
resource "aws_lambda_function" "this" {
  lifecycle {
    ignore_changes = [filename, logging_config]
  }
}
"""


def test_goes_the_whole_way_from_packages_to_a_rollback(checkout, client, tmp_path):
    tool("terraform")
    bucket = f"state-{uuid.uuid4().hex[:8]}"
    client("s3").create_bucket(Bucket=bucket)
    infra = checkout.folder / "infra"
    (infra / "check_override.tf").write_text(LEFT_OUT)
    (infra / "function/check_override.tf").write_text(FORGOTTEN)
    variables = infra / "environments/whole.tfvars"
    variables.write_text(ENVIRONMENT.format("whole", "000000000000"))
    (infra / "environments/whole.hcl").write_text(
        f'bucket = "{bucket}"\nkey = "whole.tfstate"\nregion = "{REGION}"\nuse_path_style = true\n'
    )
    textback = tmp_path / "textback"
    write_program(textback, "#!/bin/sh\necho \"smoke $PUBLIC_URL\"\n")
    versions = lambda: {
        function: int(
            client("lambda").get_alias(FunctionName=f"textback-whole-{function}", Name="live")[
                "FunctionVersion"
            ]
        )
        for function in FUNCTIONS
    }
    secret = lambda name: client("ssm").get_parameter(
        Name=f"/textback/whole/{name}", WithDecryption=True
    )["Parameter"]["Value"]
    checkout.package("one")

    ran = checkout.deploy("apply", "whole", "--yes")
    assert ran.message.startswith(
        f"you are logged in to account {ACCOUNT}, and whole belongs to 000000000000"
    ), ran
    variables.write_text(ENVIRONMENT.format("whole", ACCOUNT))
    ran = checkout.deploy("apply", "whole")
    assert ran.message == "there is no terminal to ask on: ./deploy.sh apply whole --yes", ran.said
    ran = checkout.deploy_at_a_terminal("apply", "whole", said="hole")
    assert (ran.code, ran.message) == (1, "nothing was done"), ran.out

    ran = checkout.deploy_at_a_terminal("apply", "whole", said="whole")
    assert ran.code == 0, ran.out
    assert "./deploy.sh secrets set whole CONSOLE_PASSWORD" in ran.out
    key = secret("NAME_KEY")
    assert len(base64.b64decode(key, validate=True)) == 32
    assert key not in ran.out + "".join(checkout.calls())
    assert versions() == dict.fromkeys(FUNCTIONS, 1)

    checkout.deploy("secrets", "set", "whole", "CONSOLE_PASSWORD", said=SECRET)
    put = client("ssm").put_parameter
    put(Name="/textback/whole/MC_WEBHOOK_TOKEN", Type="SecureString", Value=SECRET, Overwrite=True)
    ran = checkout.deploy("apply", "whole", "--yes", TEXTBACK=str(textback))
    assert (ran.code, ran.message) == (
        1,
        "MC_WEBHOOK_TOKEN has fewer than 24 bytes and can be guessed: ./deploy.sh secrets set whole "
        "MC_WEBHOOK_TOKEN, with the output of `openssl rand -base64 24`",
    ), ran.said
    checkout.deploy("secrets", "clear", "whole", "MC_WEBHOOK_TOKEN")
    ran = checkout.deploy("apply", "whole", "--yes", TEXTBACK=str(textback))
    assert ran.code == 0, ran.said
    assert "whole is up to date" in ran.out and "smoke https://" in ran.out
    assert secret("NAME_KEY") == key, "it is made once"
    checkout.deploy("secrets", "clear", "whole", "NAME_KEY")
    ran = checkout.deploy("apply", "whole", "--yes", TEXTBACK=str(textback))
    assert ran.message.startswith("there was a NAME_KEY, and it was cleared: "), ran.said
    checkout.deploy("secrets", "set", "whole", "NAME_KEY", said=key)
    assert versions() == dict.fromkeys(FUNCTIONS, 1)

    checkout.package("two")
    assert checkout.deploy("release", "whole").code == 0
    assert versions() == dict.fromkeys(FUNCTIONS, 2)
    begun = time.monotonic()
    assert checkout.deploy("rollback", "whole").code == 0
    print(f"rolled back in {time.monotonic() - begun:.0f} s")
    assert versions() == dict.fromkeys(FUNCTIONS, 1)
    ran = checkout.deploy("status", "whole")
    assert ran.code == 0 and all(re.search(rf"^{name} +1 ", ran.out, re.MULTILINE) for name in FUNCTIONS)
    state = client("s3").get_object(Bucket=bucket, Key="whole.tfstate")["Body"].read().decode()
    assert SECRET not in state
