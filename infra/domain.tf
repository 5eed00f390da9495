# The owner's own domain for the address. If its zone is in Route 53, everything is done here;
# otherwise in two steps, since only the owner can create the records: first a certificate, and once
# its record exists (`domain_record_made`), the name.

locals {
  own_domain       = var.domain == null ? toset([]) : toset([var.domain])
  domain_connected = var.domain != null && (var.zone != null || var.domain_record_made)
  connected_domain = local.domain_connected ? local.own_domain : toset([])
  zone_domain      = var.zone == null ? toset([]) : local.own_domain

  # One record validates one name.
  validation = {
    for domain in local.own_domain :
    domain => tolist(aws_acm_certificate.this[domain].domain_validation_options)[0]
  }
}

resource "aws_acm_certificate" "this" {
  for_each = local.own_domain

  domain_name       = each.key
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.zone_domain

  zone_id = var.zone
  name    = local.validation[each.key].resource_record_name
  type    = local.validation[each.key].resource_record_type
  records = [local.validation[each.key].resource_record_value]
  ttl     = 300

  # A certificate for the same name in another environment needs the same record.
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  for_each = local.connected_domain

  certificate_arn         = aws_acm_certificate.this[each.key].arn
  validation_record_fqdns = var.zone == null ? null : [aws_route53_record.validation[each.key].fqdn]

  timeouts {
    # By hand, the record already exists; waiting an hour would only hide that it is wrong.
    create = "15m"
  }
}

resource "aws_apigatewayv2_domain_name" "this" {
  for_each = local.connected_domain

  domain_name = each.key

  domain_name_configuration {
    certificate_arn = aws_acm_certificate_validation.this[each.key].certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }

  # If it were recreated, it would have another target, and the owner's record would point nowhere.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_apigatewayv2_api_mapping" "this" {
  for_each = local.connected_domain

  api_id      = aws_apigatewayv2_api.this.id
  domain_name = aws_apigatewayv2_domain_name.this[each.key].id
  stage       = aws_apigatewayv2_stage.this.id
}

resource "aws_route53_record" "address" {
  for_each = local.zone_domain

  zone_id = var.zone
  name    = each.key
  type    = "A"

  alias {
    name                   = aws_apigatewayv2_domain_name.this[each.key].domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.this[each.key].domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}
