# One page: whether people are answered, how fast, and what complains.

locals {
  functions_by_name = { for key, function in module.function : key => function.name }
  all_alarms = concat(
    [for alarm in aws_cloudwatch_metric_alarm.errors : alarm.arn],
    [for alarm in aws_cloudwatch_metric_alarm.throttles : alarm.arn],
    [for alarm in aws_cloudwatch_metric_alarm.duration : alarm.arn],
    [for alarm in aws_cloudwatch_metric_alarm.complaints : alarm.arn],
    [for alarm in aws_cloudwatch_metric_alarm.raised : alarm.arn],
    [
      aws_cloudwatch_metric_alarm.waiting.arn,
      aws_cloudwatch_metric_alarm.dead_letters.arn,
      aws_cloudwatch_metric_alarm.refused.arn,
      aws_cloudwatch_metric_alarm.crowded.arn,
      aws_cloudwatch_metric_alarm.no_sweep.arn,
    ],
  )

  graphs = {
    "Calls" = {
      stat = "Sum"
      metrics = [
        for key, name in local.functions_by_name :
        ["AWS/Lambda", "Invocations", "FunctionName", name, { label = key }]
      ]
    }
    "How long they take, slowest hundredth (ms)" = {
      stat = "p99"
      metrics = [
        for key, name in local.functions_by_name :
        ["AWS/Lambda", "Duration", "FunctionName", name, { label = key }]
      ]
    }
    "Crashes and throttles" = {
      stat = "Sum"
      metrics = concat(
        [
          for key, name in local.functions_by_name :
          ["AWS/Lambda", "Errors", "FunctionName", name, { label = "${key} crashed" }]
        ],
        [
          for key, name in local.functions_by_name :
          ["AWS/Lambda", "Throttles", "FunctionName", name, { label = "${key} throttled" }]
        ],
      )
    }
    "What needs a person" = {
      stat = "Sum"
      metrics = concat(
        [for key in keys(local.functions) : [local.name, "${key}-complaints", { label = key }]],
        [for alarm in keys(local.alarms) : [local.name, "alarms", "Alarm", alarm, { label = alarm }]],
      )
    }
    "Oldest wake-up (s)" = {
      stat = "Maximum"
      metrics = [
        ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", aws_sqs_queue.turns.name],
      ]
    }
    "Wake-ups waiting, at work, dead" = {
      stat = "Maximum"
      metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.turns.name, { label = "waiting" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", aws_sqs_queue.turns.name, { label = "at work" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.turns_dead.name, { label = "dead" }],
      ]
    }
    "Answers to the world" = {
      stat = "Sum"
      metrics = [
        ["AWS/ApiGateway", "Count", "ApiId", aws_apigatewayv2_api.this.id, { label = "all" }],
        ["AWS/ApiGateway", "4xx", "ApiId", aws_apigatewayv2_api.this.id, { label = "turned away" }],
        ["AWS/ApiGateway", "5xx", "ApiId", aws_apigatewayv2_api.this.id, { label = "not taken" }],
      ]
    }
    "How long the world waits, slowest hundredth (ms)" = {
      stat    = "p99"
      metrics = [["AWS/ApiGateway", "Latency", "ApiId", aws_apigatewayv2_api.this.id]]
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type       = "alarm"
        width      = 24
        height     = 4
        properties = { title = "Alarms", alarms = local.all_alarms }
      }],
      [for title, graph in local.graphs : {
        type   = "metric"
        width  = 12
        height = 6
        properties = {
          title   = title
          region  = var.region
          stat    = graph.stat
          period  = 300
          metrics = graph.metrics
        }
      }],
      [{
        type   = "log"
        width  = 24
        height = 6
        properties = {
          title  = "The latest that needs a person"
          region = var.region
          view   = "table"
          query = join(" | ", concat(
            [for function in module.function : "SOURCE '${function.log_group}'"],
            ["filter level = 'ERROR'", "fields @timestamp, target, message", "sort @timestamp desc", "limit 20"],
          ))
        }
      }],
    )
  })
}
