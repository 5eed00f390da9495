# Which function reads which setting. Settings are in its environment, or else in Parameter Store.
#
# settings.tf.json names the settings of each function, and the secrets. It is generated from the
# functions' own lists, and a test fails when it is stale.

locals {
  parameter_path = "/textback/${var.environment}/"

  # Read before Parameter Store can be called.
  environment_only = toset(["LOG_FORMAT", "RUST_LOG"])

  # Computed here, from the resources here.
  given = toset([
    "AWS_SMS_CONFIGURATION_SET",
    "AWS_SMS_ORIGINATION",
    "AWS_SMS_TOPIC_ARN",
    "FIRESTORE_DATABASE",
    "GCP_WIF_CONFIG",
    "GOOGLE_CLOUD_PROJECT",
    "PUBLIC_URL",
    "SECRETS_PATH",
    "TURN_QUEUE_URL",
  ])

  known = setunion(local.environment_only, flatten(values(local.parameters)))

  parameter_arns = {
    for function, names in local.parameters : function => [
      for name in names : "${local.parameter_arn}${local.parameter_path}${name}"
    ]
  }
  parameter_arn = "arn:${data.aws_partition.this.partition}:ssm:${var.region}:${var.account}:parameter"
}

# The name is ours, the value the owner's; until it is set, it is a single space, which counts as
# not set. Being write-only, it is sent once and never read back, so the owner's value reaches
# neither the state nor a plan.
resource "aws_ssm_parameter" "secret" {
  #checkov:skip=CKV_AWS_337:the account's own key for Parameter Store costs nothing and needs no key policy
  # Only in Parameter Store: never in a variable, the state or the environment of a function.
  for_each = toset(local.secrets)

  name             = "${local.parameter_path}${each.key}"
  description      = "Secret ${each.key} of textback ${var.environment}. Read at the start and every five minutes."
  type             = "SecureString"
  value_wo         = " "
  value_wo_version = 1

  # AWS cannot change a parameter without a value, and the only one that Terraform has would
  # overwrite the owner's.
  lifecycle {
    ignore_changes = all
  }
}
