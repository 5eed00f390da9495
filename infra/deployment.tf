# What deploy.sh has to know about the resources here, kept where it can be read within a second and
# without Terraform: a rollback must not wait for either.

resource "aws_ssm_parameter" "deployment" {
  #checkov:skip=CKV2_AWS_34:it holds names and addresses, no secret, and is read by whoever releases
  name        = "${local.parameter_path}deployment"
  description = "What textback ${var.environment} consists of. Written by Terraform, read by deploy.sh."
  type        = "String"
  value = jsonencode({
    name             = local.name
    public_url       = local.public_url
    architecture     = var.architecture
    canary           = one(aws_codedeploy_app.this[*].name)
    queue_url        = aws_sqs_queue.turns.url
    dead_letters_url = aws_sqs_queue.turns_dead.url
    secrets_path     = local.parameter_path
    secrets          = local.secrets
    functions = {
      for key, function in module.function : key => {
        name      = function.name
        log_group = function.log_group
      }
    }
  })
}

# Anybody who may deploy code may read this, and the settings of the smoke test: the deployed code
# can read those, too.
resource "aws_iam_role_policy" "release_reads" {
  for_each = local.github

  name   = "read"
  role   = aws_iam_role.release[each.key].name
  policy = data.aws_iam_policy_document.release_reads[each.key].json
}

data "aws_iam_policy_document" "release_reads" {
  for_each = local.github

  statement {
    sid     = "KnowWhatToRelease"
    actions = ["ssm:GetParameter"]
    resources = [
      aws_ssm_parameter.deployment.arn,
    ]
  }

  statement {
    sid     = "TextAndLook"
    actions = ["ssm:GetParameters"]
    resources = [
      for name in local.smoke :
      "${local.parameter_arn}${local.parameter_path}${name}"
    ]
  }

  # SNS alone can sign what AWS End User Messaging brings, so the smoke test publishes its text. Who may
  # publish there can text as anybody, and so can the code that a release brings.
  dynamic "statement" {
    for_each = var.aws_sms[*]

    content {
      sid       = "TextByTopic"
      actions   = ["sns:Publish"]
      resources = [statement.value.texts_topic]
    }
  }

  dynamic "statement" {
    for_each = aws_codedeploy_app.this

    content {
      sid     = "StopTheCanary"
      actions = ["codedeploy:ListDeployments", "codedeploy:StopDeployment"]
      resources = [
        for group in aws_codedeploy_deployment_group.this : group.arn
      ]
    }
  }
}
