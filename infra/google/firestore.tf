# Everything that is remembered. What expires and what is never searched is said here, because
# Firestore learns it nowhere else.

locals {
  # `stops` is missing on purpose: a stop does not expire.
  expiring = toset([
    "attempts",
    "claims",
    "consents",
    "consents_given",
    "conversations",
    "effects",
    "ended",
    "heads",
    "minutes",
    "notices",
    "quarantine",
    "receipts",
    "shapes",
    "texts",
    "traces",
    "tries",
  ])

  # An index of these would cost a write each and find nothing, and a document may have only so
  # many entries in indexes: a long conversation would no longer fit. Of a time that goes up with
  # each write Firestore takes 500 a second.
  never_searched = {
    attempts      = ["reply", "steps", "words"]
    claims        = ["at"]
    consents      = ["words"]
    conversations = ["brief", "turns"]
    effects       = ["payload"]
    ended         = ["brief", "turns"]
    heads         = ["counted", "failed", "last", "open"]
    health        = ["content"]
    quarantine    = ["body", "fields", "query"]
    receipts      = ["at"]
    rhythm        = ["content"]
    routes        = ["content"]
    texts         = ["at", "body", "steps"]
    traces        = ["steps"]
  }
  exemptions = merge([
    for collection, fields in local.never_searched : {
      for field in fields : "${collection}.${field}" => { collection = collection, field = field }
    }
  ]...)
}

resource "google_firestore_database" "this" {
  name                    = var.database
  location_id             = var.location
  type                    = "FIRESTORE_NATIVE"
  database_edition        = "STANDARD" # the one with the automatic indexes that the store relies on
  concurrency_mode        = "OPTIMISTIC"
  delete_protection_state = "DELETE_PROTECTION_ENABLED"
  deletion_policy         = "ABANDON"

  # What people wrote and who must not be texted is in it.
  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.this]
}

# Documents go within about a day of `expires_at`; the code does not count on it, and never searches
# by it.
resource "google_firestore_field" "expiring" {
  for_each = local.expiring

  database   = google_firestore_database.this.name
  collection = each.key
  field      = "expires_at"

  ttl_config {}
  index_config {}
}

resource "google_firestore_field" "exempt" {
  for_each = local.exemptions

  database   = google_firestore_database.this.name
  collection = each.value.collection
  field      = each.value.field

  # Empty: no index at all.
  index_config {}
}

# The functions come by way of IAM, which these rules do not touch; nobody else comes at all.
resource "google_firebaserules_ruleset" "deny_all" {
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/firestore.rules")
    }
  }

  # One that is in force cannot be deleted.
  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.this]
}

resource "google_firebaserules_release" "deny_all" {
  name         = var.database == "(default)" ? "cloud.firestore" : "cloud.firestore/${var.database}"
  ruleset_name = "projects/${var.project}/rulesets/${google_firebaserules_ruleset.deny_all.name}"

  lifecycle {
    replace_triggered_by = [google_firebaserules_ruleset.deny_all]
  }

  depends_on = [google_firestore_database.this]
}
