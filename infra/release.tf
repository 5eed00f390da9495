# How new code is deployed: by moving each function's alias `live`, for a tenth of the calls first
# if `canary` is on. Terraform creates the first version and deploys no code after that.

locals {
  canaries       = var.canary ? module.function : {}
  canary_pace    = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
  codedeploy_arn = "arn:${data.aws_partition.this.partition}:codedeploy:${var.region}:${var.account}"
}

resource "aws_codedeploy_app" "this" {
  count = var.canary ? 1 : 0

  name             = local.name
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_group" "this" {
  for_each = local.canaries

  app_name               = aws_codedeploy_app.this[0].name
  deployment_group_name  = each.key
  deployment_config_name = local.canary_pace
  service_role_arn       = aws_iam_role.canary[0].arn

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  alarm_configuration {
    enabled = true
    alarms = [
      aws_cloudwatch_metric_alarm.errors[each.key].alarm_name,
      aws_cloudwatch_metric_alarm.complaints[each.key].alarm_name,
    ]
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
  }

  depends_on = [aws_iam_role_policy.canary]
}

resource "aws_iam_role" "canary" {
  count = var.canary ? 1 : 0

  name               = "${local.name}-canary"
  description        = "Moves the functions' aliases during a release, and back."
  assume_role_policy = data.aws_iam_policy_document.canary_trust.json
}

resource "aws_iam_role_policy" "canary" {
  count = var.canary ? 1 : 0

  name   = "allow"
  role   = aws_iam_role.canary[0].name
  policy = data.aws_iam_policy_document.canary.json
}

data "aws_iam_policy_document" "canary_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["codedeploy.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "canary" {
  statement {
    sid       = "MoveAliases"
    actions   = ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"]
    resources = local.function_and_alias_arns
  }

  # CloudWatch checks this action against all alarms of the account, whichever are named.
  statement {
    sid       = "WatchAlarms"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["arn:${data.aws_partition.this.partition}:cloudwatch:${var.region}:${var.account}:alarm:*"]
  }
}

locals {
  function_and_alias_arns = flatten([
    for function in module.function : [function.arn, function.alias_arn]
  ])

  # GitHub's name for the environment: by names, and by names and ids for newer repositories.
  github_subjects = var.github == null ? [] : [
    for repository in concat([var.github.repository], local.github_with_ids) :
    "repo:${repository}:environment:${var.github.environment}"
  ]
  github_with_ids = try(var.github.repository_id, null) == null ? [] : [
    replace("${var.github.repository}@${var.github.repository_id}", "/", "@${var.github.owner_id}/")
  ]

  github = var.github == null ? toset([]) : toset(["github"])
  github_provider = (
    var.github == null ? null :
    var.github.provider != null ? var.github.provider : aws_iam_openid_connect_provider.github[0].arn
  )
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github != null && try(var.github.provider, null) == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

# The role of a workflow: only in that environment of that repository, after a person's approval.
resource "aws_iam_role" "release" {
  for_each = local.github

  name                 = "${local.name}-release"
  description          = "Brings new code from ${var.github.repository}, and nothing else."
  assume_role_policy   = data.aws_iam_policy_document.release_trust[each.key].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "release" {
  for_each = local.github

  name   = "allow"
  role   = aws_iam_role.release[each.key].name
  policy = data.aws_iam_policy_document.release[each.key].json
}

data "aws_iam_policy_document" "release_trust" {
  for_each = local.github

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.github_provider]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = local.github_subjects
    }
  }
}

data "aws_iam_policy_document" "release" {
  for_each = local.github

  statement {
    sid = "BringCode"
    actions = [
      "lambda:GetAlias",
      "lambda:GetFunction",
      "lambda:GetFunctionConfiguration",
      "lambda:ListVersionsByFunction",
      "lambda:PublishVersion",
      "lambda:UpdateAlias",
      "lambda:UpdateFunctionCode",
    ]
    resources = local.function_and_alias_arns
  }

  dynamic "statement" {
    for_each = aws_codedeploy_app.this

    content {
      sid = "MoveByCanary"
      actions = [
        "codedeploy:CreateDeployment",
        "codedeploy:GetApplicationRevision",
        "codedeploy:GetDeployment",
        "codedeploy:RegisterApplicationRevision",
      ]
      resources = concat(
        ["${local.codedeploy_arn}:application:${statement.value.name}"],
        [for key in keys(local.canaries) : "${local.codedeploy_arn}:deploymentgroup:${statement.value.name}/${key}"],
      )
    }
  }

  dynamic "statement" {
    for_each = aws_codedeploy_app.this

    content {
      sid       = "KnowTheCanary"
      actions   = ["codedeploy:GetDeploymentConfig"]
      resources = ["${local.codedeploy_arn}:deploymentconfig:${local.canary_pace}"]
    }
  }
}
