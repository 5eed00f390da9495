terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }

  # The rest is the owner's: see ../environments/backend.hcl.example, with a key of its own.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "google" {
  project = var.project
}
