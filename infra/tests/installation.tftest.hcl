# What holds for every installation, and what is refused before anything is made.

mock_provider "aws" {
  source          = "./tests/aws"
  override_during = plan
}

variables {
  environment = "check"
  region      = "us-east-1"
  account     = "123456789012"
  google      = { project = "my-project" }
}

run "waits_for_a_turn_and_ten_seconds_more" {
  command = plan

  assert {
    condition     = aws_sqs_queue.turns.visibility_timeout_seconds == local.functions.turn.timeout + 10
    error_message = "a dead sandbox would lock its conversation for longer, or a living one lose it"
  }
  assert {
    condition = jsondecode(aws_sqs_queue_redrive_allow_policy.turns_dead.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = [aws_sqs_queue.turns.arn]
    }
    error_message = "only the one queue may put its dead letters there"
  }
  assert {
    condition     = aws_lambda_event_source_mapping.turns.function_name == "arn:aws:lambda:us-east-1:123456789012:function:f:live"
    error_message = "the queue calls what is live"
  }
}

run "calls_what_is_live_everywhere" {
  command = plan

  assert {
    condition = alltrue(concat(
      [for integration in aws_apigatewayv2_integration.this : endswith(integration.integration_uri, ":live/invocations")],
      [for permission in aws_lambda_permission.api : permission.qualifier == "live"],
      [aws_cloudwatch_event_target.sweep.arn == module.function["sweep"].alias_arn],
      [aws_lambda_permission.sweep.qualifier == "live"],
    ))
    error_message = "a caller goes past the alias, so a release would not reach it"
  }
}

run "reserves_nothing_unless_asked" {
  command = plan

  assert {
    condition     = alltrue([for function in module.function : function.reserved_concurrency == -1])
    error_message = "a new account refuses to reserve"
  }
}

run "reserves_what_is_asked" {
  command = plan
  variables {
    reserved_concurrency = { inbound = 20 }
  }

  assert {
    condition     = module.function["inbound"].reserved_concurrency == 20 && module.function["site"].reserved_concurrency == -1
    error_message = "for inbound alone"
  }
}

run "gives_each_function_the_settings_it_reads" {
  command = plan
  variables {
    settings = { TWILIO_FROM = "+12025550100", OPENAI_MODEL = "m", RUST_LOG = "debug" }
    google = {
      project = "my-project"
      federation = {
        project_number  = "42"
        pool            = "pool"
        provider        = "aws-lambda"
        service_account = "textback@my-project.iam.gserviceaccount.com"
        reader          = "reader@my-project.iam.gserviceaccount.com"
      }
    }
  }

  assert {
    condition = keys(module.function["sweep"].environment) == tolist([
      "FIRESTORE_DATABASE", "GCP_WIF_CONFIG", "GOOGLE_CLOUD_PROJECT", "PUBLIC_URL", "RUST_LOG", "SECRETS_PATH",
      "TURN_QUEUE_URL", "TWILIO_FROM",
    ])
    error_message = "sweep is given ${join(", ", keys(module.function["sweep"].environment))}"
  }
  assert {
    condition     = module.function["turn"].environment.OPENAI_MODEL == "m" && module.function["turn"].environment.TWILIO_FROM == "+12025550100"
    error_message = "turn thinks and sends"
  }
  assert {
    condition     = module.function["site"].environment.SECRETS_PATH == "/textback/check/"
    error_message = "the rest is under the environment's own path"
  }
  assert {
    condition = jsondecode(module.function["turn"].environment.GCP_WIF_CONFIG) == {
      type                              = "external_account"
      audience                          = "//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/pool/providers/aws-lambda"
      subject_token_type                = "urn:ietf:params:aws:token-type:aws4_request"
      token_url                         = "https://sts.googleapis.com/v1/token"
      service_account_impersonation_url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/textback@my-project.iam.gserviceaccount.com:generateAccessToken"
      credential_source = {
        environment_id                 = "aws1"
        regional_cred_verification_url = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
      }
    }
    error_message = "one address of the instance metadata in it, and no token is fetched"
  }
  assert {
    condition = [
      for function in keys(module.function) : function
      if strcontains(module.function[function].environment.GCP_WIF_CONFIG, "/reader@")
    ] == ["console"]
    error_message = "the console has an account of its own, and everybody else shares one"
  }
}

run "texts_by_aws_only_where_asked" {
  command = plan

  assert {
    condition     = length(aws_sns_topic_subscription.aws_sms) == 0 && !can(local.functions.turn.allow.SendTexts)
    error_message = "nobody has a number there"
  }
}

run "texts_by_aws" {
  command = plan
  variables {
    aws_sms = {
      origination       = "+12025550100"
      origination_arns  = ["arn:aws:sms-voice:us-east-1:123456789012:phone-number/phone-1"]
      configuration_set = "textback"
      texts_topic       = "arn:aws:sns:us-east-1:123456789012:texts"
      events_topic      = "arn:aws:sns:us-east-1:123456789012:events"
    }
    github = { repository = "owner/name", environment = "production" }
  }

  assert {
    condition = one([
      for statement in data.aws_iam_policy_document.release_reads["github"].statement :
      [statement.actions, statement.resources] if statement.sid == "TextByTopic"
    ]) == [toset(["sns:Publish"]), toset(["arn:aws:sns:us-east-1:123456789012:texts"])]
    error_message = "who releases tries the installation by a text that SNS signs, and publishes no event"
  }
  assert {
    condition = { for path, call in aws_sns_topic_subscription.aws_sms : call.endpoint => call.topic_arn } == {
      "https://api123.execute-api.us-east-1.amazonaws.com/webhooks/aws/inbound" = "arn:aws:sns:us-east-1:123456789012:texts"
      "https://api123.execute-api.us-east-1.amazonaws.com/webhooks/aws/status"  = "arn:aws:sns:us-east-1:123456789012:events"
    }
    error_message = "texts and events go each to its own address"
  }
  assert {
    condition     = alltrue([for call in aws_sns_topic_subscription.aws_sms : !call.raw_message_delivery])
    error_message = "raw messages are not signed"
  }
  assert {
    condition = local.functions.turn.allow.SendTexts == {
      actions = ["sms-voice:SendTextMessage"]
      resources = [
        "arn:aws:sms-voice:us-east-1:123456789012:phone-number/phone-1",
        "arn:aws:sms-voice:us-east-1:123456789012:configuration-set/textback",
      ]
    }
    error_message = "turn sends, from this number alone"
  }
  assert {
    condition     = alltrue([for name, function in local.functions : name == "turn" || !can(function.allow.SendTexts)])
    error_message = "nobody but turn sends"
  }
  assert {
    condition = alltrue([
      for name in ["inbound", "receipts", "turn"] :
      module.function[name].environment.AWS_SMS_TOPIC_ARN == "arn:aws:sns:us-east-1:123456789012:texts,arn:aws:sns:us-east-1:123456789012:events"
    ])
    error_message = "whoever is called knows whose calls to believe"
  }
}

run "refuses_topics_and_numbers_that_cannot_call_or_be_sent_from" {
  command = plan
  variables {
    aws_sms = {
      origination       = "+12025550100"
      origination_arns  = ["arn:aws:sms-voice:us-east-1:123456789012:phone-number/*"]
      configuration_set = "textback"
      texts_topic       = "arn:aws:sns:us-east-1:123456789012:all.fifo"
      events_topic      = "arn:aws:sns:us-east-1:123456789012:all.fifo"
    }
  }
  expect_failures = [var.aws_sms]
}

run "keeps_an_eye_on_the_money" {
  command = plan
  variables {
    monthly_budget = 35
  }

  assert {
    condition = (
      aws_budgets_budget.this[0].limit_amount == "35" && aws_budgets_budget.this[0].time_unit == "MONTHLY" &&
      length(aws_budgets_budget.this[0].notification) == 2 &&
      alltrue([for n in aws_budgets_budget.this[0].notification : contains(n.subscriber_sns_topic_arns, aws_sns_topic.alarms.arn)])
    )
    error_message = "nobody would be told of the bill"
  }
}

run "does_without_a_budget" {
  command = plan
  variables {
    monthly_budget = 0
  }

  assert {
    condition     = length(aws_budgets_budget.this) == 0
    error_message = "0 is none"
  }
}

run "moves_at_once_without_a_canary" {
  command = plan

  assert {
    condition     = output.canary == null && output.release_role == null && length(aws_codedeploy_deployment_group.this) == 0
    error_message = "nobody asked for it"
  }
}

run "a_canary_goes_back_by_itself" {
  command = plan
  variables {
    canary = true
  }

  assert {
    condition = alltrue([
      for key, group in aws_codedeploy_deployment_group.this :
      group.deployment_config_name == "CodeDeployDefault.LambdaCanary10Percent5Minutes" &&
      contains(group.auto_rollback_configuration[0].events, "DEPLOYMENT_STOP_ON_ALARM") &&
      group.alarm_configuration[0].enabled &&
      contains(group.alarm_configuration[0].alarms, "textback-check-${key}-errors")
    ])
    error_message = "a release that fails would stay"
  }
  assert {
    condition     = keys(aws_codedeploy_deployment_group.this) == keys(local.parameters)
    error_message = "every function is released"
  }
}

run "knows_a_young_repository_by_its_ids_as_well" {
  command = plan

  variables {
    github = { repository = "owner/name", environment = "production", owner_id = 7, repository_id = 42 }
  }

  assert {
    condition = join(" ", local.github_subjects) == join(" ", [
      "repo:owner/name:environment:production",
      "repo:owner@7/name@42:environment:production",
    ])
    error_message = "The role trusts another workflow than the repository's."
  }
}

run "uses_the_provider_for_github_that_exists" {
  command = plan
  variables {
    github = {
      repository  = "owner/name"
      environment = "production"
      provider    = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && length(aws_iam_role.release) == 1
    error_message = "an account has only one"
  }
}

run "refuses_secrets_among_the_settings" {
  command = plan
  variables {
    settings = { TWILIO_AUTH_TOKEN = "x" }
  }
  expect_failures = [var.settings]
}

run "refuses_settings_that_it_works_out" {
  command = plan
  variables {
    settings = { PUBLIC_URL = "https://text.example.com" }
  }
  expect_failures = [var.settings]
}

run "refuses_settings_that_nobody_reads" {
  command = plan
  variables {
    settings = { TWILLIO_FROM = "+12025550100" }
  }
  expect_failures = [var.settings]
}

run "refuses_what_aws_or_google_would" {
  command = plan
  variables {
    account             = "my-account"
    architecture        = "riscv"
    domain              = "https://text.example.com"
    environment         = "a-name-that-is-far-too-long"
    github              = { repository = "owner/name", environment = "*" }
    log_retention_days  = 100
    maximum_concurrency = 1
    monthly_budget      = -1
    public_url          = "https://text.example.com/"
  }
  expect_failures = [
    var.account,
    var.architecture,
    var.domain,
    var.environment,
    var.github,
    var.log_retention_days,
    var.maximum_concurrency,
    var.monthly_budget,
    var.public_url,
  ]
}

run "refuses_the_name_of_a_zone_and_to_reserve_for_nobody" {
  command = plan
  variables {
    domain               = "text.example.com"
    reserved_concurrency = { outbound = 5 }
    zone                 = "example.com"
  }
  expect_failures = [var.reserved_concurrency, var.zone]
}

run "refuses_a_zone_without_a_domain" {
  command = plan
  variables {
    zone = "Z0123456789ABC"
  }
  expect_failures = [var.zone]
}

run "refuses_to_reserve_less_than_the_queue_brings" {
  command = plan
  variables {
    maximum_concurrency  = 10
    reserved_concurrency = { turn = 5 }
  }
  expect_failures = [var.reserved_concurrency]
}

run "refuses_a_repository_without_its_owner" {
  command = plan
  variables {
    github = { repository = "name", environment = "production" }
  }
  expect_failures = [var.github]
}

run "refuses_a_function_that_may_do_anything" {
  command = plan
  module {
    source = "./function"
  }
  variables {
    name                 = "f"
    description          = "Does what it likes."
    package              = "f.zip"
    architecture         = "arm64"
    timeout              = 10
    memory               = 256
    reserved_concurrency = -1
    log_retention_days   = 90
    environment          = {}
    allow                = { Anything = { actions = ["sqs:*"], resources = ["arn:aws:sqs:us-east-1:123456789012:q"] } }
  }
  expect_failures = [var.allow]
}
