# Who may authenticate without a key: only the roles of our functions in our AWS account.

locals {
  functions = keys(jsondecode(file("${path.module}/../settings.tf.json")).locals.parameters)

  # AWS's name for an assumed role.
  roles = {
    for function in local.functions : function =>
    "arn:aws:sts::${var.account}:assumed-role/textback-${var.environment}-${function}"
  }
}

resource "google_service_account" "functions" {
  account_id   = "textback-${var.environment}"
  display_name = "textback ${var.environment}"
  description  = "Reads and writes documents, and nothing else."

  depends_on = [google_project_service.this]
}

# The console's. Firestore has no permissions for single documents, so all other functions share one account.
resource "google_service_account" "reader" {
  account_id   = "reader-${var.environment}"
  display_name = "textback ${var.environment}, console"
  description  = "Reads documents, and writes few: what somebody does in the console."

  depends_on = [google_project_service.this]
}

resource "google_project_iam_member" "documents" {
  for_each = {
    "roles/datastore.user"   = google_service_account.functions.member
    "roles/datastore.viewer" = google_service_account.reader.member
  }

  project = var.project
  role    = each.key
  member  = each.value

  condition {
    title      = "one-database"
    expression = "resource.name == \"projects/${var.project}/databases/${var.database}\""
  }
}

# The console gives conversations back to the agent, which is one field of an existing document. It blocks
# a number, which makes a document, and lifts the block, which removes it.
resource "google_project_iam_custom_role" "update" {
  role_id     = "textback_${replace(var.environment, "-", "_")}_update"
  title       = "textback ${var.environment}, writing"
  description = "Makes, updates and removes documents, and changes nothing else."
  permissions = ["datastore.entities.create", "datastore.entities.delete", "datastore.entities.update"]

  depends_on = [google_project_service.this]
}

resource "google_project_iam_member" "update" {
  project = var.project
  role    = google_project_iam_custom_role.update.id
  member  = google_service_account.reader.member

  condition {
    title      = "one-database"
    expression = "resource.name == \"projects/${var.project}/databases/${var.database}\""
  }
}

resource "google_iam_workload_identity_pool" "this" {
  workload_identity_pool_id = "textback-${var.environment}"
  display_name              = "textback ${var.environment}"
  description               = "The functions in AWS account ${var.account}."

  depends_on = [google_project_service.this]
}

resource "google_iam_workload_identity_pool_provider" "aws" {
  #checkov:skip=CKV_GCP_125:it is about GitHub; this one takes our functions' roles at AWS and nobody else

  workload_identity_pool_id          = google_iam_workload_identity_pool.this.workload_identity_pool_id
  workload_identity_pool_provider_id = "aws-lambda"
  display_name                       = "AWS Lambda"

  aws {
    account_id = var.account
  }

  attribute_mapping = {
    "google.subject"     = "assertion.arn"
    "attribute.aws_role" = "assertion.arn.extract('{arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role}/')"
  }

  attribute_condition = "attribute.aws_role in ${jsonencode(values(local.roles))}"
}

resource "google_service_account_iam_member" "function" {
  for_each = local.roles

  service_account_id = each.key == "console" ? google_service_account.reader.name : google_service_account.functions.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.this.name}/attribute.aws_role/${each.value}"
}
