# Everything that is stored. Expiry and missing indexes are defined here, because Firestore learns
# them nowhere else.

locals {
  # `stops` is missing on purpose: a stop does not expire.
  expiring = toset([
    "attempts",
    "audit",
    "claims",
    "codes",
    "consent_events",
    "consents",
    "consents_given",
    "conversations",
    "desk",
    "effects",
    "ended",
    "figures",
    "found",
    "heads",
    "incidents",
    "minutes",
    "notices",
    "orders",
    "quarantine",
    "receipts",
    "said",
    "shapes",
    "texts",
    "traces",
    "tries",
  ])

  # An index of these would cost a write each and be used by no query, and a document may have only
  # so many index entries: a long conversation would no longer fit. For a time that increases with
  # each write, Firestore takes 500 a second. `*` is every field: the account and the
  # figures are counters, found by the names of their documents.
  never_searched = {
    attempts       = ["reply", "steps", "words"]
    audit          = ["did"]
    budget         = ["*"]
    claims         = ["at"]
    consent_events = ["words"]
    consents       = ["words"]
    conversations  = ["brief", "turns"]
    desk           = ["last", "name", "why"]
    effects        = ["payload"]
    ended          = ["brief", "turns"]
    figures        = ["*"]
    heads          = ["counted", "failed", "last", "open", "seen_at"]
    health         = ["content"]
    incidents      = ["sentence"]
    orders         = ["kind"]
    quarantine     = ["body", "fields", "query"]
    receipts       = ["at"]
    rhythm         = ["content"]
    routes         = ["content"]
    said           = ["words"]
    texts          = ["at", "body", "steps"]
    traces         = ["steps"]
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

  # It contains people's texts, and the list of those who must not be texted.
  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_project_service.this]
}

# Firestore deletes documents within about a day of `expires_at`; the code does not rely on it, and
# never queries by it.
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

# The functions connect through IAM, which these rules do not affect; nobody else may connect at
# all.
resource "google_firebaserules_ruleset" "deny_all" {
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/firestore.rules")
    }
  }

  # A ruleset in force cannot be deleted.
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
