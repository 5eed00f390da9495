resource "aws_cloudwatch_event_rule" "sweep" {
  name                = "${local.name}-sweep"
  description         = "Runs the sweep."
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "sweep" {
  rule      = aws_cloudwatch_event_rule.sweep.name
  target_id = "sweep"
  arn       = module.function["sweep"].alias_arn
}

resource "aws_lambda_permission" "sweep" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sweep.arn
  function_name = module.function["sweep"].name
  qualifier     = module.function["sweep"].alias
}

# A failed run is not repeated: the next one does the same, within a minute.
resource "aws_lambda_function_event_invoke_config" "sweep" {
  function_name                = module.function["sweep"].name
  qualifier                    = module.function["sweep"].alias
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}
