# Alarms for what needs a person, each with a sentence that says what to do.

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch cannot write to a topic under AWS's own key, and an alarm holds nothing personal
  name = "${local.name}-alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "RaiseAlarms"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account]
    }
  }
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = module.function

  alarm_name          = "${each.value.name}-errors"
  alarm_description   = "${each.key} crashed or ran out of time. Its log says why: ./deploy.sh logs ${var.environment} ${each.key}. If it began with a release: ./deploy.sh rollback ${var.environment}."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  # The sweep repeats itself, so a single failure is no news.
  evaluation_periods = each.key == "sweep" ? 3 : 1
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  for_each = module.function

  alarm_name          = "${each.value.name}-throttles"
  alarm_description   = "${each.key} was called more often than it may run. Ask AWS under Service Quotas, Lambda, for more concurrent executions; until then make maximum_concurrency smaller, so that the webhooks keep their share."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  for_each = module.function

  alarm_name          = "${each.value.name}-duration"
  alarm_description   = "${each.key} took more than four fifths of the ${local.functions[each.key].timeout} s that it has. Something it calls is slow: the console's traces show which step."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.functions[each.key].timeout * 1000 * 0.8 # milliseconds
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

# The functions log ERROR only for what needs a person. Alarms with names of their own are counted
# below, and do not roll a release back.
resource "aws_cloudwatch_log_metric_filter" "complaints" {
  for_each = module.function

  name           = "${each.value.name}-complaints"
  log_group_name = each.value.log_group
  pattern        = "{ ($.level = \"ERROR\") && ($.alarm NOT EXISTS) }"

  metric_transformation {
    namespace = local.name
    name      = "${each.key}-complaints"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "complaints" {
  for_each = aws_cloudwatch_log_metric_filter.complaints

  alarm_name          = each.value.name
  alarm_description   = "${each.key} reports something that needs a person. The line and the console's notices say what: ./deploy.sh logs ${var.environment} ${each.key}."
  namespace           = local.name
  metric_name         = each.value.metric_transformation[0].name
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

# The alarms that the code raises by name, in its own words: a test keeps the list and the code in
# step.
locals {
  alarms = jsondecode(file("${path.module}/alarms.json"))
}

resource "aws_cloudwatch_log_metric_filter" "raised" {
  for_each = module.function

  name           = "${each.value.name}-raised"
  log_group_name = each.value.log_group
  pattern        = "{ $.alarm = \"*\" }"

  metric_transformation {
    namespace  = local.name
    name       = "alarms"
    value      = "1"
    dimensions = { Alarm = "$.alarm" }
  }
}

resource "aws_cloudwatch_metric_alarm" "raised" {
  # CloudWatch counts dead letters itself, and sooner: see `dead_letters`.
  for_each = { for alarm, words in local.alarms : alarm => words if alarm != "queue.dead_letters" }

  alarm_name          = "${local.name}-${replace(each.key, "/[._]/", "-")}"
  alarm_description   = "${each.value.meaning} ${each.value.fix} The dashboard ${local.name} shows the line."
  namespace           = local.name
  metric_name         = "alarms"
  dimensions          = { Alarm = each.key }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  # An alarm raised again within a quarter of an hour is the same problem, and one mail.
  period             = 900
  evaluation_periods = 1
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "waiting" {
  alarm_name          = "${local.name}-waiting"
  alarm_description   = "Somebody has been waiting for an answer for more than five minutes. If turn is well, more write than are answered at once: raise maximum_concurrency. If not, its alarms say what is wrong."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.turns.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 300 # seconds: a turn that died was begun anew twice by then
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${local.name}-dead-letters"
  alarm_description   = "${local.alarms["queue.dead_letters"].meaning} ${local.alarms["queue.dead_letters"].fix}"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.turns_dead.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "refused" {
  alarm_name          = "${local.name}-refused"
  alarm_description   = "A call was answered with a 5xx, so a text or a report was not taken; providers repeat it only for a while. Most likely Firestore cannot be reached or a setting is missing: see the logs of inbound and receipts."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0 # one text an hour is a business too
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

# Calls that the gateway rejects reach no function, so nothing else would report them. Some routes
# have a low limit of their own, which is expected to be reached.
resource "aws_cloudwatch_log_metric_filter" "crowded" {
  name           = "${local.name}-crowded"
  log_group_name = aws_cloudwatch_log_group.api.name
  pattern        = "{ ($.status = \"429\") && ${join(" && ", [for route in local.slow : "($.route != \"${route}\")"])} }"

  metric_transformation {
    namespace = local.name
    name      = "crowded"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "crowded" {
  alarm_name          = "${local.name}-crowded"
  alarm_description   = "More calls came than the API takes in a second, so it answered 429 and a text or a report may be lost: Twilio repeats it where the address that you pasted ends in #rc=5&rp=all. If they are forged (inbound's log says so), wait or ask AWS; if they are people, raise throttling_rate_limit in api.tf."
  namespace           = local.name
  metric_name         = aws_cloudwatch_log_metric_filter.crowded.metric_transformation[0].name
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "no_sweep" {
  alarm_name          = "${local.name}-no-sweep"
  alarm_description   = "The sweep has not run for five minutes, so what was left behind stays behind. Look whether the rule ${aws_cloudwatch_event_rule.sweep.name} in EventBridge is enabled, and at sweep's throttles."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = module.function["sweep"].name }
  statistic           = "Sum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  # Its silence shows as missing data.
  treat_missing_data = "breaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
}
