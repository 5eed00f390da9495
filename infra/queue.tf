# Wake-ups: each names a conversation that has something to do, without a word of it.

resource "aws_sqs_queue" "turns" {
  name       = "${local.name}-turns.fifo"
  fifo_queue = true

  # 300 requests a second for each partition of the groups instead of for the whole queue, at the
  # same price. Every deduplication id belongs to its conversation anyway.
  deduplication_scope   = "messageGroup"
  fifo_throughput_limit = "perMessageGroupId"

  # The function's timeout and ten seconds: when a sandbox dies, its conversation waits no longer.
  # AWS recommends six times the timeout, to ride out throttling, but a person would wait that long.
  visibility_timeout_seconds = local.turn_timeout + 10

  # After a day, the sweep has long woken the conversation again.
  message_retention_seconds = 86400
  sqs_managed_sse_enabled   = true

  # Normal failures are handled, so a wake-up that fails three times needs a person.
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.turns_dead.arn
    maxReceiveCount     = 3
  })
}

resource "aws_sqs_queue" "turns_dead" {
  name                      = "${local.name}-turns-dead.fifo"
  fifo_queue                = true
  message_retention_seconds = 1209600 # as long as AWS keeps anything
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_redrive_allow_policy" "turns_dead" {
  queue_url = aws_sqs_queue.turns_dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.turns.arn]
  })
}

resource "aws_lambda_event_source_mapping" "turns" {
  event_source_arn        = aws_sqs_queue.turns.arn
  function_name           = module.function["turn"].alias_arn
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.maximum_concurrency
  }
}
