terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }

  # The owner sets the rest: see ../environments/google.hcl.example.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "google" {
  project = var.project

  # A personal login has no project for quotas, and some APIs refuse it.
  user_project_override = true
  billing_project       = var.project
}
