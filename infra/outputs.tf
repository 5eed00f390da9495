output "public_url" {
  description = "The address. It stays as it is."
  value       = local.public_url
}

output "registration" {
  description = "The pages that the forms of the carriers ask for."
  value       = <<-TEXT
    Website:         ${local.public_url}/
    Privacy policy:  ${local.public_url}/privacy
    Terms:           ${local.public_url}/terms
    Opt-in:          ${local.public_url}/opt-in
  TEXT
}

output "console" {
  description = "The operator's page; it asks for CONSOLE_PASSWORD, or a name of CONSOLE_USERS."
  value       = "${local.public_url}/console"
}

output "dns_records_by_hand" {
  description = "Records to make where the zone is not in Route 53, as `name type value`."
  value = var.zone != null ? [] : concat(
    [
      for record in values(local.validation) :
      "${record.resource_record_name} ${record.resource_record_type} ${record.resource_record_value}"
    ],
    [
      for domain, name in aws_apigatewayv2_domain_name.this :
      "${domain}. CNAME ${name.domain_name_configuration[0].target_domain_name}."
    ],
  )
}

output "next_step_for_the_domain" {
  description = "What is still to be done for `domain`, if anything."
  value = (
    var.domain == null || var.zone != null ? null :
    local.domain_connected ? "Make the CNAME record of dns_records_by_hand for ${var.domain}. A bare domain cannot have one: use a name in it, as text.${var.domain}, or what your DNS company calls ALIAS." :
    "Make the record of dns_records_by_hand, set domain_record_made = true, and apply again. Until then the address is ${local.public_url}."
  )
}

output "secrets_to_fill" {
  description = "The command that sets each secret. Leave out what you do not use."
  value = {
    for name, parameter in aws_ssm_parameter.secret :
    parameter.name => "./deploy.sh secrets set ${var.environment} ${name}"
  }
}

output "secrets_path" {
  description = "Where in Parameter Store any setting may be put, under its own name."
  value       = local.parameter_path
}

output "queue_url" {
  description = "The queue of wake-ups."
  value       = aws_sqs_queue.turns.url
}

output "dead_letters_url" {
  description = "Where wake-ups wait that failed three times."
  value       = aws_sqs_queue.turns_dead.url
}

output "functions" {
  description = "What a release has to know: each function's name, alias and log."
  value = {
    for key, function in module.function : key => {
      name      = function.name
      alias     = function.alias
      log_group = function.log_group
    }
  }
}

output "canary" {
  description = "The CodeDeploy application that moves the aliases, one deployment group per function; null where they move at once."
  value       = one(aws_codedeploy_app.this[*].name)
}

output "release_role" {
  description = "What the workflow assumes; null without `github`."
  value       = one([for role in aws_iam_role.release : role.arn])
}

output "dashboard" {
  description = "The page with all figures."
  value       = "https://${var.region}.console.aws.amazon.com/cloudwatch/home?region=${var.region}#dashboards/dashboard/${local.name}"
}
