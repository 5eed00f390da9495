# The only address. The part of it that is entered at other companies never changes.

locals {
  routes = {
    "POST /webhooks/{provider}/inbound" = "inbound"
    "POST /webhooks/{provider}/status"  = "receipts"
    "ANY /webhooks/{proxy+}"            = "inbound" # what was entered wrong: it says so, and takes a slash at the end
    "GET /healthz"                      = "site"
    "GET /health"                       = "site"
    "GET /readyz"                       = "inbound" # which keeps texts and wakes answers: it tries both
    "GET /ready"                        = "inbound"
    "GET /"                             = "site"
    "GET /privacy"                      = "site"
    "GET /terms"                        = "site"
    "GET /opt-in"                       = "site"
    "HEAD /"                            = "site" # a checker of links asks so, and no GET answers it here
    "HEAD /privacy"                     = "site"
    "HEAD /terms"                       = "site"
    "HEAD /opt-in"                      = "site"
    "POST /opt-in"                      = "site"
    "GET /console"                      = "console"
    "ANY /console/{proxy+}"             = "console"
  }
  callable = toset(values(local.routes))

  # A person fills in a form, and readiness is asked for now and then: a machine would fill the
  # store, or keep the function busy that takes texts.
  slow = toset(["POST /opt-in", "GET /readyz", "GET /ready"])

  public_url = coalesce(
    var.public_url,
    local.domain_connected ? "https://${var.domain}" : null,
    aws_apigatewayv2_api.this.api_endpoint,
  )
}

resource "aws_apigatewayv2_api" "this" {
  name          = local.name
  description   = "textback ${var.environment}"
  protocol_type = "HTTP"

  # The address contains its id: if it were recreated, every provider would call nobody.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.callable

  api_id                 = aws_apigatewayv2_api.this.id
  description            = each.key
  integration_type       = "AWS_PROXY"
  integration_uri        = module.function[each.key].alias_invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000 # the most there is; each function ends before
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:providers cannot sign for AWS; the functions check signatures, tokens and passwords themselves
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.this[each.value].id}"
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "api" {
  for_each = local.callable

  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
  function_name = module.function[each.key].name
  qualifier     = module.function[each.key].alias
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  # Far above a business's busiest minute, far below anything expensive.
  default_route_settings {
    throttling_rate_limit  = 50
    throttling_burst_limit = 100
  }

  dynamic "route_settings" {
    for_each = local.slow

    content {
      route_key              = route_settings.value
      throttling_rate_limit  = 1
      throttling_burst_limit = 5
    }
  }

  # Neither path nor query nor address: a webhook's token is in the query, a conversation's name in
  # the path, and visitors of the pages are nobody's business.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format = jsonencode({
      time                = "$context.requestTimeEpoch"
      request_id          = "$context.requestId"
      function_request_id = "$context.integration.requestId"
      route               = "$context.routeKey"
      method              = "$context.httpMethod"
      status              = "$context.status"
      function_status     = "$context.integration.status"
      error               = "$context.error.responseType"
      function_error      = "$context.integration.error"
      duration_ms         = "$context.responseLatency"
      function_ms         = "$context.integration.latency"
      response_bytes      = "$context.responseLength"
    })
  }

  depends_on = [aws_apigatewayv2_route.this]
}

resource "aws_cloudwatch_log_group" "api" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts by itself; the lines hold nothing personal
  #checkov:skip=CKV_AWS_338:how long is the owner's choice; a quarter of a year is enough to find a fault

  # With this prefix AWS needs no policy per group, of which an account may only have ten.
  name              = "/aws/vendedlogs/${local.name}-api"
  retention_in_days = var.log_retention_days
}
