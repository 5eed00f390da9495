# The address: the API's own, a domain in Route 53, a domain elsewhere in two steps, or something
# of the owner's in front.

mock_provider "aws" {
  source          = "./tests/aws"
  override_during = plan
}

variables {
  environment = "check"
  region      = "us-east-1"
  account     = "123456789012"
  google      = { project = "my-project" }
}

run "the_address_is_the_apis_own" {
  command = plan

  assert {
    condition     = output.public_url == "https://api123.execute-api.us-east-1.amazonaws.com"
    error_message = "the address is ${output.public_url}"
  }
  assert {
    condition     = length(aws_acm_certificate.this) + length(aws_apigatewayv2_domain_name.this) + length(aws_route53_record.address) == 0
    error_message = "without a domain there is nothing to prove"
  }
  assert {
    condition     = length(output.dns_records_by_hand) == 0 && output.next_step_for_the_domain == null
    error_message = "without a domain there is nothing to do by hand"
  }
}

run "a_domain_in_route_53_needs_no_hand" {
  command = plan
  variables {
    domain = "text.example.com"
    zone   = "Z0123456789ABC"
  }

  assert {
    condition     = output.public_url == "https://text.example.com"
    error_message = "the address is ${output.public_url}"
  }
  assert {
    condition = (
      aws_route53_record.validation["text.example.com"].name == "_proof.text.example.com." &&
      aws_route53_record.address["text.example.com"].type == "A" &&
      aws_apigatewayv2_domain_name.this["text.example.com"].domain_name_configuration[0].security_policy == "TLS_1_2" &&
      aws_apigatewayv2_api_mapping.this["text.example.com"].api_id == "api123"
    )
    error_message = "the certificate is proved, the name leads to the API"
  }
  assert {
    condition     = length(output.dns_records_by_hand) == 0 && output.next_step_for_the_domain == null
    error_message = "all of it is done here"
  }
}

run "a_domain_elsewhere_begins_with_its_certificate" {
  command = plan
  variables {
    domain = "text.example.com"
  }

  assert {
    condition     = output.dns_records_by_hand == tolist(["_proof.text.example.com. CNAME _1.acm-validations.aws."])
    error_message = "to be made by hand: ${join(", ", output.dns_records_by_hand)}"
  }
  assert {
    condition     = length(aws_acm_certificate_validation.this) + length(aws_apigatewayv2_domain_name.this) == 0
    error_message = "nothing waits for a record that nobody has made yet"
  }
  assert {
    condition     = output.public_url == "https://api123.execute-api.us-east-1.amazonaws.com"
    error_message = "until the domain leads here the address is the API's own"
  }
  assert {
    condition     = strcontains(output.next_step_for_the_domain, "domain_record_made = true")
    error_message = "the owner is told what comes next"
  }
}

run "a_domain_elsewhere_is_connected_once_its_record_is_made" {
  command = plan
  variables {
    domain             = "text.example.com"
    domain_record_made = true
  }

  assert {
    condition     = output.public_url == "https://text.example.com"
    error_message = "the address is ${output.public_url}"
  }
  assert {
    condition     = length(aws_apigatewayv2_domain_name.this) == 1 && length(aws_route53_record.validation) + length(aws_route53_record.address) == 0
    error_message = "the name is made, its records are not ours"
  }
  assert {
    condition     = output.dns_records_by_hand[1] == "text.example.com. CNAME d-1.execute-api.us-east-1.amazonaws.com."
    error_message = "to be made by hand: ${join(", ", output.dns_records_by_hand)}"
  }
}

run "something_in_front_is_the_address" {
  command = plan
  variables {
    public_url = "https://cdn.example.com"
    domain     = "text.example.com"
    zone       = "Z0123456789ABC"
  }

  assert {
    condition     = output.public_url == "https://cdn.example.com" && module.function["inbound"].environment.PUBLIC_URL == "https://cdn.example.com"
    error_message = "signatures are checked over what the providers call"
  }
  assert {
    condition = (
      strcontains(output.twilio, "https://cdn.example.com/webhooks/twilio/inbound#rc=5&rp=all") &&
      strcontains(output.messagecentral, "https://cdn.example.com/webhooks/messagecentral/inbound?token=<MC_WEBHOOK_TOKEN>")
    )
    error_message = "what is pasted is what is called"
  }
}
