# What each function is, and what it may do, by name. These are all permissions of the system,
# except that every function may also read its own settings and write its own log.

data "aws_partition" "this" {}

locals {
  name = "textback-${var.environment}"

  # A model has 40 s, then every provider its own timeout.
  turn_timeout = 120

  functions = {
    inbound = {
      description = "Takes texts from providers."
      # Twilio waits 15 s. The first call after a pause may have to connect to Firestore again.
      timeout = 12
      # Memory brings processor time, and a new connection to Firestore is mostly computation.
      memory   = 512
      settings = { TURN_QUEUE_URL = aws_sqs_queue.turns.url }
      allow = {
        WakeConversations = { actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.turns.arn] }
        SeeTheQueue       = { actions = ["sqs:GetQueueAttributes"], resources = [aws_sqs_queue.turns.arn] }
      }
    }

    receipts = {
      description = "Takes delivery reports from providers."
      timeout     = 12
      memory      = 512
      settings    = { TURN_QUEUE_URL = aws_sqs_queue.turns.url }
      allow = {
        # A failed text may still go by another provider.
        WakeConversations = { actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.turns.arn] }
      }
    }

    turn = {
      description = "Lets the agent answer a conversation, and sends."
      timeout     = local.turn_timeout
      # It waits for the model, and waiting is billed by memory.
      memory   = 256
      settings = {}
      allow = merge(local.aws_sms_allow, {
        TakeWakeUps = {
          actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
          resources = [aws_sqs_queue.turns.arn]
        }
      })
    }

    sweep = {
      description = "Every minute: wakes what was left behind, asks what became of texts, raises alarms, forgets what has expired."
      # Finished before the next one begins.
      timeout  = 55
      memory   = 256
      settings = { TURN_QUEUE_URL = aws_sqs_queue.turns.url }
      allow = {
        WakeConversations = { actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.turns.arn] }
        CountDeadLetters = {
          actions   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
          resources = [aws_sqs_queue.turns.arn, aws_sqs_queue.turns_dead.arn]
        }
      }
    }

    site = {
      description = "The public pages."
      timeout     = 12
      memory      = 256
      settings    = {}
      allow       = {}
    }

    console = {
      description = "The operator's page."
      timeout     = 20
      memory      = 256
      settings    = { TURN_QUEUE_URL = aws_sqs_queue.turns.url }
      allow = {
        # What an operator wants is carried out at once.
        WakeConversations = { actions = ["sqs:SendMessage"], resources = [aws_sqs_queue.turns.arn] }
      }
    }
  }

  settings = merge(var.settings, local.google_settings, local.aws_sms_settings, { PUBLIC_URL = local.public_url })
}

module "function" {
  source   = "./function"
  for_each = local.functions

  name                 = "${local.name}-${each.key}"
  description          = each.value.description
  package              = "${var.packages}/${each.key}.zip"
  architecture         = var.architecture
  timeout              = each.value.timeout
  memory               = each.value.memory
  reserved_concurrency = lookup(var.reserved_concurrency, each.key, -1)
  log_retention_days   = var.log_retention_days

  environment = merge(
    { SECRETS_PATH = local.parameter_path },
    {
      for name, value in local.settings : name => value
      if contains(setunion(local.parameters[each.key], local.environment_only), name)
    },
    local.federation_settings[each.key],
    each.value.settings,
  )

  allow = merge(each.value.allow, {
    ReadSettings = { actions = ["ssm:GetParameters"], resources = local.parameter_arns[each.key] }
  })
}
