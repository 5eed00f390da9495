"""Makes the whole of infra/ in an empty account and looks at it from outside."""

import json
import re
import shutil

import pytest
from conftest import ACCOUNT, FUNCTIONS, OVERRIDE, REGION, ROOT, Terraform

ALARMS = json.loads((ROOT / "infra/alarms.json").read_text())
SETTINGS = json.loads((ROOT / "infra/settings.tf.json").read_text())["locals"]
PARAMETERS = SETTINGS["parameters"]
SECRETS = set(SETTINGS["secrets"])

# What moto forgets or writes otherwise, so that a second plan sees it. Anything else is ours.
GAPS = {
    "aws_lambda_event_source_mapping": {
        "function_name": "moto puts the version in place of the alias",
    },
    "aws_lambda_function": {
        "logging_config": "moto forgets it",
        "qualified_arn": "because of that it would be published again",
        "qualified_invoke_arn": "because of that it would be published again",
        "version": "because of that it would be published again",
        "last_modified": "because of that it would be published again",
    },
    "aws_sqs_queue": {
        "redrive_policy": "moto puts spaces into it",
    },
}


@pytest.fixture(scope="module")
def infra(environment, packages, tmp_path_factory):
    """The installation, made in the empty account."""
    folder = tmp_path_factory.mktemp("checkout") / "infra"
    leave = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfvars", "tests")
    shutil.copytree(ROOT / "infra", folder, ignore=leave)
    (folder / "check_override.tf").write_text(OVERRIDE)
    terraform = Terraform(
        folder,
        environment,
        {
            "environment": "check",
            "region": REGION,
            "account": ACCOUNT,
            "packages": str(packages),
            "google": {"project": "my-project"},
            "settings": {"TWILIO_FROM": "+12025550100"},
            "alarm_email": "owner@example.com",
            "canary": True,
            "github": {"repository": "owner/name", "environment": "production"},
        },
    )
    terraform.run("init", "-lockfile=readonly")
    terraform.apply()
    return terraform


def arn(service, rest, region=REGION):
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"


def name(function):
    return f"textback-check-{function}"


def live(function):
    return arn("lambda", f"function:{name(function)}:live")


def statements(client, role):
    """What a role may do: each statement's actions and resources, by its name."""
    iam = client("iam")
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    found = {}
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow"
            found[statement["Sid"]] = (
                as_set(statement["Action"]),
                as_set(statement["Resource"]),
            )
    return found


def as_set(value):
    return {value} if isinstance(value, str) else set(value)


def test_a_second_plan_sees_nothing_but_the_gaps_of_moto(infra):
    unexplained = {
        f"{change['address']}: {attribute}"
        for change in infra.plan()["resource_changes"]
        for attribute in differences(change["change"])
        if attribute not in GAPS.get(change["type"], {})
    }
    assert unexplained == set()


def differences(change):
    """The attributes in which what is there differs from what would be."""
    if change["actions"] == ["no-op"]:
        return set()
    before, after = change["before"] or {}, change["after"] or {}
    unknown = {name for name, value in change["after_unknown"].items() if value is True}
    return unknown | {
        name for name in before | after
        if name not in unknown and before.get(name) != after.get(name)
    } or set(change["actions"])


def test_routes_lead_to_their_functions(infra, client):
    api = client("apigatewayv2")
    [found] = [item for item in api.get_apis()["Items"] if item["Name"] == "textback-check"]
    integrations = {
        item["IntegrationId"]: item
        for item in api.get_integrations(ApiId=found["ApiId"])["Items"]
    }
    routes = {
        item["RouteKey"]: integrations[item["Target"].removeprefix("integrations/")]
        for item in api.get_routes(ApiId=found["ApiId"])["Items"]
    }
    called = {
        route: re.search(r"functions/(.*)/invocations", integration["IntegrationUri"])[1]
        for route, integration in routes.items()
    }
    assert called == {
        "POST /webhooks/{provider}/inbound": live("inbound"),
        "POST /webhooks/{provider}/status": live("receipts"),
        "ANY /webhooks/{proxy+}": live("inbound"),
        "GET /healthz": live("site"),
        "GET /health": live("site"),
        "GET /readyz": live("inbound"),
        "GET /ready": live("inbound"),
        "GET /": live("site"),
        "GET /privacy": live("site"),
        "GET /terms": live("site"),
        "GET /opt-in": live("site"),
        "HEAD /": live("site"),
        "HEAD /privacy": live("site"),
        "HEAD /terms": live("site"),
        "HEAD /opt-in": live("site"),
        "POST /opt-in": live("site"),
        "GET /console": live("console"),
        "ANY /console/{proxy+}": live("console"),
    }
    assert {item["PayloadFormatVersion"] for item in routes.values()} == {"2.0"}
    assert infra.outputs()["public_url"] == found["ApiEndpoint"]


def test_the_api_slows_strangers_down_and_logs_nothing_about_them(infra, client):
    api = client("apigatewayv2")
    [found] = [item for item in api.get_apis()["Items"] if item["Name"] == "textback-check"]
    [stage] = api.get_stages(ApiId=found["ApiId"])["Items"]
    assert stage["StageName"] == "$default" and stage["AutoDeploy"]
    default, slow = stage["DefaultRouteSettings"], stage["RouteSettings"]
    assert slow.keys() == {"POST /opt-in", "GET /readyz", "GET /ready"}
    for limited in slow.values():
        assert 0 < limited["ThrottlingRateLimit"] < default["ThrottlingRateLimit"]
        assert 0 < limited["ThrottlingBurstLimit"] < default["ThrottlingBurstLimit"]
    # These limits are meant to be met, and wake nobody.
    logs = client("logs").describe_metric_filters(logGroupName="/aws/vendedlogs/textback-check-api")
    [crowded] = [f for f in logs["metricFilters"] if f["filterName"] == "textback-check-crowded"]
    assert all(f'($.route != "{route}")' in crowded["filterPattern"] for route in slow)
    logged = set(json.loads(stage["AccessLogSettings"]["Format"]).values())
    assert logged == {
        "$context.requestTimeEpoch",
        "$context.requestId",
        "$context.integration.requestId",
        "$context.routeKey",
        "$context.httpMethod",
        "$context.status",
        "$context.integration.status",
        "$context.error.responseType",
        "$context.integration.error",
        "$context.responseLatency",
        "$context.integration.latency",
        "$context.responseLength",
    }


@pytest.mark.parametrize("function", ["console", "inbound", "receipts", "site"])
def test_only_the_api_calls_what_is_on_the_web(infra, client, function):
    policy = client("lambda").get_policy(FunctionName=name(function), Qualifier="live")
    [statement] = json.loads(policy["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert re.fullmatch(
        arn("execute-api", r"\w+/\*/\*"), statement["Condition"]["ArnLike"]["AWS:SourceArn"]
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_what_it_should_be(infra, client, function):
    found = client("lambda").get_function_configuration(FunctionName=name(function))
    assert (found["Runtime"], found["Architectures"]) == ("provided.al2023", ["arm64"])
    assert found["Role"] == arn("iam", f"role/{name(function)}", region="")
    assert found["Timeout"] == {"turn": 120, "sweep": 55, "console": 20}.get(function, 12)
    assert found["MemorySize"] == (512 if function in ("inbound", "receipts") else 256)
    alias = client("lambda").get_alias(FunctionName=name(function), Name="live")
    assert alias["FunctionVersion"] == "1"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_given_no_secret(infra, client, function):
    found = client("lambda").get_function_configuration(FunctionName=name(function))
    settings = found["Environment"]["Variables"]
    assert SECRETS.isdisjoint(settings)
    assert settings["SECRETS_PATH"] == "/textback/check/"
    assert settings.keys() - {"SECRETS_PATH"} <= set(PARAMETERS[function])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_may_do_exactly_what_its_function_does(infra, client, function):
    turns = {arn("sqs", "textback-check-turns.fifo")}
    more = {
        "inbound": {
            "WakeConversations": ({"sqs:SendMessage"}, turns),
            "SeeTheQueue": ({"sqs:GetQueueAttributes"}, turns),
        },
        "receipts": {"WakeConversations": ({"sqs:SendMessage"}, turns)},
        "console": {"WakeConversations": ({"sqs:SendMessage"}, turns)},
        "sweep": {
            "WakeConversations": ({"sqs:SendMessage"}, turns),
            "CountDeadLetters": (
                {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
                turns | {arn("sqs", "textback-check-turns-dead.fifo")},
            ),
        },
        "turn": {
            "TakeWakeUps": (
                {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
                turns,
            )
        },
    }
    assert statements(client, name(function)) == more.get(function, {}) | {
        # The one wildcard: Lambda names the streams of the function's own log.
        "WriteLog": (
            {"logs:CreateLogStream", "logs:PutLogEvents"},
            {arn("logs", f"log-group:/functions/{name(function)}:*")},
        ),
        "ReadSettings": (
            {"ssm:GetParameters"},
            {arn("ssm", f"parameter/textback/check/{each}") for each in PARAMETERS[function]},
        ),
    }
    [trust] = client("iam").get_role(RoleName=name(function))["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_a_workflow_may_bring_code_and_nothing_else(infra, client):
    role = infra.outputs()["release_role"].rsplit("/", 1)[1]
    [trust] = client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:owner/name:environment:production",
        }
    }
    functions = {arn("lambda", f"function:{name(function)}") for function in FUNCTIONS}
    assert statements(client, role) == {
        "BringCode": (
            {
                "lambda:GetAlias",
                "lambda:GetFunction",
                "lambda:GetFunctionConfiguration",
                "lambda:ListVersionsByFunction",
                "lambda:PublishVersion",
                "lambda:UpdateAlias",
                "lambda:UpdateFunctionCode",
            },
            functions | {live(function) for function in FUNCTIONS},
        ),
        "MoveByCanary": (
            {
                "codedeploy:CreateDeployment",
                "codedeploy:GetApplicationRevision",
                "codedeploy:GetDeployment",
                "codedeploy:RegisterApplicationRevision",
            },
            {arn("codedeploy", "application:textback-check")}
            | {arn("codedeploy", f"deploymentgroup:textback-check/{each}") for each in FUNCTIONS},
        ),
        "KnowTheCanary": (
            {"codedeploy:GetDeploymentConfig"},
            {arn("codedeploy", "deploymentconfig:CodeDeployDefault.LambdaCanary10Percent5Minutes")},
        ),
        "StopTheCanary": (
            {"codedeploy:ListDeployments", "codedeploy:StopDeployment"},
            {arn("codedeploy", f"deploymentgroup:textback-check/{each}") for each in FUNCTIONS},
        ),
        "KnowWhatToRelease": (
            {"ssm:GetParameter"},
            {arn("ssm", "parameter/textback/check/deployment")},
        ),
        "TextAndLook": (
            {"ssm:GetParameters"},
            {
                arn("ssm", f"parameter/textback/check/{each}")
                for each in SETTINGS["smoke"]
            },
        ),
    }


def test_a_canary_moves_the_aliases_and_no_more(infra, client):
    functions = {arn("lambda", f"function:{name(function)}") for function in FUNCTIONS}
    assert statements(client, "textback-check-canary") == {
        "MoveAliases": (
            {"lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"},
            functions | {live(function) for function in FUNCTIONS},
        ),
        "WatchAlarms": ({"cloudwatch:DescribeAlarms"}, {arn("cloudwatch", "alarm:*")}),
    }
    groups = client("codedeploy").list_deployment_groups(applicationName="textback-check")
    assert set(groups["deploymentGroups"]) == set(FUNCTIONS)


def test_wake_ups_wait_in_order_and_die_in_sight(infra, client):
    sqs, outputs = client("sqs"), infra.outputs()

    def attributes(url):
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    turns, dead = attributes(outputs["queue_url"]), attributes(outputs["dead_letters_url"])
    assert turns["FifoQueue"] == dead["FifoQueue"] == "true"
    assert turns["SqsManagedSseEnabled"] == dead["SqsManagedSseEnabled"] == "true"
    assert turns["VisibilityTimeout"] == "130"
    # Throughput is counted for each conversation, not for all of them together.
    assert turns["DeduplicationScope"] == "messageGroup"
    assert turns["FifoThroughputLimit"] == "perMessageGroupId"
    assert json.loads(turns["RedrivePolicy"]) == {
        "deadLetterTargetArn": dead["QueueArn"],
        "maxReceiveCount": 3,
    }
    assert dead["MessageRetentionPeriod"] == "1209600"


def test_the_queue_calls_the_turn(infra, client):
    [mapping] = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mapping["EventSourceArn"] == arn("sqs", "textback-check-turns.fifo")
    assert mapping["FunctionArn"].startswith(arn("lambda", f"function:{name('turn')}"))
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 5}
    assert mapping["State"] == "Enabled"


def test_the_sweep_runs_every_minute(infra, client):
    events = client("events")
    rule = events.describe_rule(Name="textback-check-sweep")
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 minute)", "ENABLED")
    [target] = events.list_targets_by_rule(Rule="textback-check-sweep")["Targets"]
    assert target["Arn"] == live("sweep")
    policy = client("lambda").get_policy(FunctionName=name("sweep"), Qualifier="live")
    [statement] = json.loads(policy["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == rule["Arn"]


def test_every_alarm_reaches_somebody_and_says_what_to_do(infra, client):
    alarms = client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
    each = ["complaints", "duration", "errors", "throttles"]
    assert {alarm["AlarmName"] for alarm in alarms} == {
        f"{name(function)}-{what}" for function in FUNCTIONS for what in each
    } | {name(what) for what in ("waiting", "dead-letters", "refused", "crowded", "no-sweep")} | raised().keys()
    topic = arn("sns", "textback-check-alarms")
    for alarm in alarms:
        assert alarm["AlarmActions"] == [topic], alarm["AlarmName"]
        assert alarm["ActionsEnabled"], alarm["AlarmName"]
        # What happened, and what to do.
        assert len(re.findall(r"[.:;?] ", alarm["AlarmDescription"])) >= 1, alarm["AlarmName"]
        assert alarm["AlarmDescription"].endswith("."), alarm["AlarmName"]
    [subscription] = client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert subscription["Endpoint"] == "owner@example.com"


def test_silence_of_the_sweep_is_an_alarm_and_other_silence_is_none(infra, client):
    alarms = client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
    rings = {a["AlarmName"] for a in alarms if a["TreatMissingData"] != "notBreaching"}
    assert rings == {name("no-sweep")}


def raised():
    """The alarms that the code raises by name, except for what CloudWatch sees by itself."""
    names = ALARMS.keys() - {"queue.dead_letters"}
    return {name(re.sub("[._]", "-", alarm)): alarm for alarm in names}


def test_what_the_code_raises_rings_by_its_name(infra, client):
    for function in FUNCTIONS:
        found = filters(client, function)[f"{name(function)}-raised"]
        assert found["filterPattern"] == '{ $.alarm = "*" }'
        [metric] = found["metricTransformations"]
        assert metric["dimensions"] == {"Alarm": "$.alarm"}
    for ringing, alarm in raised().items():
        [found] = client("cloudwatch").describe_alarms(AlarmNames=[ringing])["MetricAlarms"]
        assert found["Dimensions"] == [{"Name": "Alarm", "Value": alarm}]
        assert (found["Namespace"], found["MetricName"]) == (
            metric["metricNamespace"],
            metric["metricName"],
        )
        assert found["AlarmDescription"].startswith(ALARMS[alarm]["meaning"])


def filters(client, function):
    group = f"/functions/{name(function)}"
    found = client("logs").describe_metric_filters(logGroupName=group)["metricFilters"]
    return {each["filterName"]: each for each in found}


def test_lines_that_need_a_person_are_counted(infra, client):
    for function in FUNCTIONS:
        found = filters(client, function)[f"{name(function)}-complaints"]
        # Those with a name of their own ring by it.
        assert found["filterPattern"] == '{ ($.level = "ERROR") && ($.alarm NOT EXISTS) }'
        [metric] = found["metricTransformations"]
        [alarm] = client("cloudwatch").describe_alarms(AlarmNames=[f"{name(function)}-complaints"])["MetricAlarms"]
        assert (alarm["Namespace"], alarm["MetricName"]) == (
            metric["metricNamespace"],
            metric["metricName"],
        )


def test_no_log_is_kept_for_ever(infra, client):
    groups = client("logs").describe_log_groups()["logGroups"]
    kept = {group["logGroupName"]: group.get("retentionInDays") for group in groups}
    expected = [f"/functions/{name(function)}" for function in FUNCTIONS]
    assert kept == dict.fromkeys([*expected, "/aws/vendedlogs/textback-check-api"], 90)


def test_the_dashboard_shows_what_there_is(infra, client):
    cloudwatch = client("cloudwatch")
    body = json.loads(cloudwatch.get_dashboard(DashboardName="textback-check")["DashboardBody"])
    [shown] = [w["properties"]["alarms"] for w in body["widgets"] if w["type"] == "alarm"]
    alarms = cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]
    assert set(shown) == {alarm["AlarmArn"] for alarm in alarms}
    text = json.dumps(body)
    assert all(name(function) in text for function in FUNCTIONS)
    # CloudWatch takes a list of lists and nothing else.
    metrics = [m for w in body["widgets"] for m in w["properties"].get("metrics", [])]
    assert [m for m in metrics if not (isinstance(m, list) and isinstance(m[0], str))] == []


def test_secrets_are_named_and_blank(infra, client):
    ssm = client("ssm")
    pages = ssm.get_paginator("describe_parameters").paginate()
    found = [parameter for page in pages for parameter in page["Parameters"]]
    assert {p["Name"]: p["Type"] for p in found} == {
        f"/textback/check/{secret}": "SecureString" for secret in SECRETS
    } | {"/textback/check/deployment": "String"}
    blank = ssm.get_parameters(Names=["/textback/check/MC_PASSWORD"], WithDecryption=True)
    assert [p["Value"] for p in blank["Parameters"]] == [" "]


def test_a_secret_of_the_owner_stays_out_of_the_state_and_as_it_is(infra, client):
    ssm, secret = client("ssm"), "the-owners-own-value"
    parameter = "/textback/check/TWILIO_AUTH_TOKEN"
    ssm.put_parameter(Name=parameter, Value=secret, Type="SecureString", Overwrite=True)
    # Also when something about the parameter is changed here later.
    described = infra.folder / "parameters.tf"
    described.write_text(described.read_text().replace("Read at the start", "Read early"))

    seen = {
        "plan": json.dumps(infra.plan()),
        "output": infra.apply("-target=aws_ssm_parameter.secret"),
        "state": infra.state(),
    }

    held = ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
    assert held == secret
    assert [where for where, text in seen.items() if secret in text] == []
    values = [
        instance["attributes"]["value"]
        for resource in json.loads(infra.state())["resources"]
        if (resource["type"], resource["name"]) == ("aws_ssm_parameter", "secret")
        for instance in resource["instances"]
    ]
    assert len(values) == len(SECRETS) and set(values) <= {None, ""}


def test_prints_what_to_paste(infra):
    outputs = infra.outputs()
    url = outputs["public_url"]
    assert outputs["twilio"].count(f"{url}/webhooks/twilio/inbound#rc=5&rp=all, HTTP POST\n") == 2
    assert f"{url}/webhooks/messagecentral/inbound?token=<MC_WEBHOOK_TOKEN>\n" in outputs["messagecentral"]
    assert set(outputs["secrets_to_fill"]) == {f"/textback/check/{secret}" for secret in SECRETS}
    assert {key: value["name"] for key, value in outputs["functions"].items()} == {
        function: name(function) for function in FUNCTIONS
    }


def test_does_not_give_the_address_away(infra, client):
    said = infra.run("destroy", "-auto-approve", expect=1)
    assert "aws_apigatewayv2_api.this" in said and "prevent_destroy" in said
    assert [item["Name"] for item in client("apigatewayv2").get_apis()["Items"]] == ["textback-check"]


def test_does_nothing_in_another_account(infra):
    said = infra.run("plan", "-var=account=210987654321", expect=1)
    assert "AWS account ID not allowed" in said


def test_every_skipped_check_has_its_reason():
    skips = [
        line.strip()
        for file in (ROOT / "infra").rglob("*.tf")
        if ".terraform" not in file.parts
        for line in file.read_text().splitlines()
        if "checkov:skip" in line
    ]
    assert skips
    assert [s for s in skips if not re.fullmatch(r"#checkov:skip=CKV2?_[A-Z]+_\d+:\S.{20,}", s)] == []
