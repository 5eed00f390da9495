variable "project" {
  description = "The Google project's id, as in `my-project`. It needs billing, and nothing else in it."
  type        = string
}

variable "environment" {
  description = "The same as in the AWS root: the functions' roles are known by it."
  type        = string

  validation {
    # A service account's name has at most 30 characters, nine of which are ours.
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.environment))
    error_message = "environment is 2 to 20 lower-case letters, digits and dashes, as in \"production\"."
  }
}

variable "account" {
  description = "The number of the AWS account in which the functions run."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "account is the 12 digits that `aws sts get-caller-identity` prints, in quotes."
  }
}

variable "location" {
  description = "Where the database is, for good: near the functions, as `us-east4` beside AWS's us-east-1, or `nam5` and `eur3` over several places."
  type        = string
}

variable "database" {
  description = "The database's name. Only one called `(default)` has a free daily quota."
  type        = string
  default     = "(default)"

  validation {
    condition     = var.database == "(default)" || can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.database))
    error_message = "database is \"(default)\", or 4 to 63 lower-case letters, digits and dashes."
  }
}
