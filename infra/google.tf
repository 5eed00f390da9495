# The functions' identity at Google: their own AWS role, exchanged for a short-lived token.

locals {
  google_settings = {
    FIRESTORE_DATABASE   = var.google.database
    GOOGLE_CLOUD_PROJECT = var.google.project
  }

  # The console only displays.
  federation_settings = {
    for function in keys(local.functions) : function => var.google.federation == null ? {} : {
      GCP_WIF_CONFIG = jsonencode(merge(local.federation, {
        service_account_impersonation_url = join("", [
          "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/",
          function == "console" ? var.google.federation.reader : var.google.federation.service_account,
          ":generateAccessToken",
        ])
      }))
    }
  }

  # It contains no secret. The addresses of the instance metadata are left out on purpose: a Lambda
  # function has none, and with them the exchange fails.
  federation = var.google.federation == null ? null : {
    type = "external_account"
    audience = join("/", [
      "//iam.googleapis.com/projects", var.google.federation.project_number,
      "locations/global/workloadIdentityPools", var.google.federation.pool,
      "providers", var.google.federation.provider,
    ])
    subject_token_type = "urn:ietf:params:aws:token-type:aws4_request"
    token_url          = "https://sts.googleapis.com/v1/token"
    credential_source = {
      environment_id                 = "aws1"
      regional_cred_verification_url = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
    }
  }
}
