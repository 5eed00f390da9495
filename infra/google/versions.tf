terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }

  # The rest is the owner's: see ../environments/google.hcl.example.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "google" {
  project = var.project

  # Somebody who logged in as a person has no project to count requests on, and is refused by some.
  user_project_override = true
  billing_project       = var.project
}
