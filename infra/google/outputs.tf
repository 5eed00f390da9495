output "for_aws" {
  description = "What the AWS root takes as `google`. No secret is in it."
  value = {
    project  = var.project
    database = google_firestore_database.this.name
    federation = {
      # projects/<number>/locations/global/workloadIdentityPools/<pool>
      project_number  = split("/", google_iam_workload_identity_pool.this.name)[1]
      pool            = google_iam_workload_identity_pool.this.workload_identity_pool_id
      provider        = google_iam_workload_identity_pool_provider.aws.workload_identity_pool_provider_id
      service_account = google_service_account.functions.email
      reader          = google_service_account.reader.email
    }
  }
}
