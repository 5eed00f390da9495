output "name" {
  description = "The function's name."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "The function, without a version."
  value       = aws_lambda_function.this.arn
}

output "alias" {
  description = "The name of the alias that is called."
  value       = aws_lambda_alias.live.name
}

output "alias_arn" {
  description = "What to call."
  value       = aws_lambda_alias.live.arn
}

output "alias_invoke_arn" {
  description = "What an API calls."
  value       = aws_lambda_alias.live.invoke_arn
}

output "role_arn" {
  description = "The role it runs as."
  value       = aws_iam_role.this.arn
}

output "log_group" {
  description = "Where its log lines are."
  value       = aws_cloudwatch_log_group.this.name
}

output "environment" {
  description = "The settings it is given."
  value       = var.environment
}

output "reserved_concurrency" {
  description = "Instances kept for it alone; -1 for none."
  value       = aws_lambda_function.this.reserved_concurrent_executions
}
