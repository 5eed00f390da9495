# A function, its role, its log, and the alias through which it is called.

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:every turn leaves a trace of its own, and an HTTP API takes no part in X-Ray
  #checkov:skip=CKV_AWS_115:a new account has no concurrency to reserve and refuses; the owner may
  #checkov:skip=CKV_AWS_116:callers repeat their webhooks and the queue has its dead letters; nothing here is called and forgotten
  #checkov:skip=CKV_AWS_117:it talks to public addresses only, and a network of its own would cost a gateway
  #checkov:skip=CKV_AWS_173:no secret is in the environment
  #checkov:skip=CKV_AWS_272:releases carry checksums and provenance, and only one role may bring code

  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.this.arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.package
  timeout                        = var.timeout
  memory_size                    = var.memory
  reserved_concurrent_executions = var.reserved_concurrency
  publish                        = true

  environment {
    variables = var.environment
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.this.name
    log_format = "JSON"
    # Only RUST_LOG decides which lines are written.
    application_log_level = "TRACE"
    system_log_level      = "INFO"
  }

  lifecycle {
    # Releases deploy the code; the settings come from here.
    ignore_changes = [filename]
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What is called. Releases move it."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    # Releases record there which versions were live.
    ignore_changes = [description, function_version, routing_config]
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts by itself; the lines hold nothing personal
  #checkov:skip=CKV_AWS_338:how long is the owner's choice; a quarter of a year is enough to find a fault

  name              = "/functions/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = var.description
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "this" {
  name   = "allow"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.allow.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "allow" {
  # The streams of its own log, which Lambda names at runtime.
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  dynamic "statement" {
    for_each = var.allow

    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}
