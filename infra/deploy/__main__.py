"""The part of deploy.sh that needs history: releases, rollbacks, canaries, secrets.

deploy.sh logs in, says which region it is, and calls `python3 infra/deploy <command>`. Runs with
Python 3.9, which is what a Mac and AWS CloudShell have, and nothing that would have to be installed.
"""

from __future__ import annotations

import signal
import sys

import aws
import deployment
import release
import secret
import status

COMMANDS = {
    "release": release.release,
    "rollback": release.rollback,
    "status": status.show,
    "logs": status.logs,
    "secrets": secret.show,
    "secrets-set": secret.store,
    "secrets-clear": secret.clear,
    # For `apply` and `smoke`.
    "secrets-check": secret.check,
    "make-name-key": secret.make_name_key,
    "has-password": secret.has_password,
    "written": deployment.written,
}


def main(command: str, environment: str, *arguments: str) -> int:
    """Runs a command, and returns the exit code."""
    # An interruption lets a release roll back what it did.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        result = COMMANDS[command](environment, *arguments)
    except deployment.Failure as failure:
        print(f"deploy.sh: {failure}", file=sys.stderr)
        return 1
    except aws.CallFailed as failed:
        return failed.code
    except KeyboardInterrupt:
        return 130
    if isinstance(result, str):
        print(result)
    return 1 if result is False else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
