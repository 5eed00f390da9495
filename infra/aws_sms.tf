# AWS End User Messaging, if the owner has a number there: the sender, and the two topics that call
# us.

locals {
  aws_sms_settings = var.aws_sms == null ? {} : {
    AWS_SMS_CONFIGURATION_SET = var.aws_sms.configuration_set
    AWS_SMS_ORIGINATION       = var.aws_sms.origination
    AWS_SMS_TOPIC_ARN         = join(",", [var.aws_sms.texts_topic, var.aws_sms.events_topic])
  }

  aws_sms_allow = var.aws_sms == null ? {} : {
    SendTexts = {
      actions = ["sms-voice:SendTextMessage"]
      resources = concat(var.aws_sms.origination_arns, [
        "arn:${data.aws_partition.this.partition}:sms-voice:${var.region}:${var.account}:configuration-set/${var.aws_sms.configuration_set}",
      ])
    }
  }

  aws_sms_topics = var.aws_sms == null ? {} : {
    inbound = var.aws_sms.texts_topic
    status  = var.aws_sms.events_topic
  }
}

resource "aws_sns_topic_subscription" "aws_sms" {
  for_each = local.aws_sms_topics

  topic_arn = each.value
  protocol  = "https"
  endpoint  = "${local.public_url}/webhooks/aws/${each.key}"

  # Otherwise the signature would be left out.
  raw_message_delivery = false

  # The called function confirms, so it has to be live.
  endpoint_auto_confirms = true
  depends_on = [
    aws_apigatewayv2_stage.this,
    aws_lambda_permission.api,
    aws_ssm_parameter.secret,
  ]
}
