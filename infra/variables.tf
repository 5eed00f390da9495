variable "environment" {
  description = "What this installation is called: `production`, `staging`. Part of every name."
  type        = string

  validation {
    # Google takes 127 characters of `assumed-role/<role>/<session>`, which contains the name twice.
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.environment))
    error_message = "environment is 2 to 20 lower-case letters, digits and dashes, as in \"production\"."
  }
}

variable "region" {
  description = "The AWS region, as in `us-east-1`. Moving means a new address."
  type        = string
}

variable "account" {
  description = "The AWS account's number. Nothing is done in any other."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "account is the 12 digits that `aws sts get-caller-identity` prints, in quotes."
  }
}

variable "packages" {
  description = "The folder with one zip per function, as `./deploy.sh package` leaves it. Read when a function is made, never again: later code is a release."
  type        = string
  default     = "../target/package/arm64"
}

variable "architecture" {
  description = "What the packages were built for: `arm64`, which costs a fifth less, or `x86_64`."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"arm64\" or \"x86_64\"."
  }
}

variable "settings" {
  description = "Settings that are no secret, by name, as docs/settings.md lists them. Each function is given those it reads."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.settings), local.secrets)) == 0
    error_message = "settings would put ${join(", ", setintersection(keys(var.settings), local.secrets))} into the state and the console for everybody to read. Take it out, then: ./deploy.sh secrets set ${var.environment} ${join(" ", setintersection(keys(var.settings), local.secrets))}"
  }

  validation {
    condition     = length(setintersection(keys(var.settings), local.given)) == 0
    error_message = "${join(", ", setintersection(keys(var.settings), local.given))} is worked out here. Take it out of settings, and use public_url, google or aws_sms."
  }

  validation {
    condition     = length(setsubtract(keys(var.settings), setunion(local.known, local.secrets, local.given))) == 0
    error_message = "No function reads ${join(", ", setsubtract(keys(var.settings), setunion(local.known, local.secrets, local.given)))}. Is it spelled as in docs/settings.md?"
  }
}

variable "public_url" {
  description = "The address that providers call, where something of yours stands in front (a CDN, a proxy). Otherwise leave it out."
  type        = string
  default     = null

  validation {
    condition     = var.public_url == null || can(regex("^https://[^/?#]+(/[^?#]*[^/?#])?$", var.public_url))
    error_message = "public_url is https:// and a host, without a slash at its end, as in \"https://text.example.com\"."
  }
}

variable "domain" {
  description = "A name of your own for the address, as in `text.example.com`. Without it the address is the API's own, which is as stable but not as pretty."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain is a bare name without https:// and slashes, as in \"text.example.com\"."
  }
}

variable "zone" {
  description = "The id of the Route 53 zone that holds `domain`. Without it the records are made by hand: see the output `dns_records_by_hand`."
  type        = string
  default     = null

  validation {
    condition     = var.zone == null || can(regex("^Z[A-Z0-9]+$", var.zone))
    error_message = "zone is a hosted zone's id, as in \"Z0123456789ABC\", not its name."
  }

  validation {
    condition     = var.zone == null || var.domain != null
    error_message = "zone is of no use without domain."
  }
}

variable "domain_record_made" {
  description = "Set to true once the certificate's record of `dns_records_by_hand` is in place: then the domain is connected."
  type        = bool
  default     = false
}

variable "google" {
  description = "Where Firestore is: what `infra/google` prints as `for_aws`. Without `federation` the functions want the key of a service account as the secret GOOGLE_APPLICATION_CREDENTIALS."
  type = object({
    project  = string
    database = optional(string, "(default)")
    federation = optional(object({
      project_number  = string
      pool            = string
      provider        = string
      service_account = string
      reader          = string
    }))
  })
}

variable "aws_sms" {
  description = "AWS End User Messaging, where texts go by it, made in this account and region: what is sent from (a number, or the id of a pool), the ARNs of that number, or of the pool and its numbers, the name of the configuration set, and the ARNs of two standard topics, one for texts (two-way messaging of the number), one for events (event destination of the set)."
  type = object({
    origination       = string
    origination_arns  = list(string)
    configuration_set = string
    texts_topic       = string
    events_topic      = string
  })
  default = null

  validation {
    condition = var.aws_sms == null || try(length(var.aws_sms.origination_arns) > 0 && alltrue([
      for arn in var.aws_sms.origination_arns : can(regex("^arn:[a-z-]+:sms-voice:${var.region}:[0-9]{12}:(phone-number|pool|sender-id)/[^*]+$", arn))
    ]), false)
    error_message = "aws_sms.origination_arns are ARNs of numbers and pools in ${var.region}, as in \"arn:aws:sms-voice:${var.region}:${var.account}:phone-number/phone-0123456789abcdef\"."
  }

  validation {
    condition = var.aws_sms == null || try(alltrue([
      for arn in [var.aws_sms.texts_topic, var.aws_sms.events_topic] :
      can(regex("^arn:[a-z-]+:sns:${var.region}:${var.account}:[A-Za-z0-9_-]+$", arn))
    ]), false)
    error_message = "aws_sms.texts_topic and aws_sms.events_topic are ARNs of standard topics, as in \"arn:aws:sns:${var.region}:${var.account}:texts\"."
  }

  validation {
    condition     = var.aws_sms == null || try(var.aws_sms.texts_topic != var.aws_sms.events_topic, false)
    error_message = "aws_sms.texts_topic and aws_sms.events_topic are two: texts and events are taken by two functions."
  }
}

variable "maximum_concurrency" {
  description = "How many conversations are answered at once. A new account runs 10 functions at a time in all, so leave some for the webhooks until AWS has raised that."
  type        = number
  default     = 5

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000
    error_message = "maximum_concurrency is between 2 and 1000: AWS takes nothing else."
  }
}

variable "reserved_concurrency" {
  description = "Instances kept for a function, by its name, as in `{ inbound = 20 }`. None by default: a new account has none to give and refuses."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.reserved_concurrency), keys(local.parameters))) == 0
    error_message = "reserved_concurrency names what is no function: ${join(", ", setsubtract(keys(var.reserved_concurrency), keys(local.parameters)))}."
  }

  validation {
    condition     = try(var.reserved_concurrency["turn"] >= var.maximum_concurrency, true)
    error_message = "reserved_concurrency for turn is below maximum_concurrency: the queue would bring more than may run."
  }
}

variable "log_retention_days" {
  description = "How long log lines are kept. They hold nothing personal."
  type        = number
  default     = 90

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days is one of 7, 14, 30, 60, 90, 120, 180, 365, 400, 545 and 731."
  }
}

variable "alarm_email" {
  description = "Who is written to when something needs a person. AWS sends one mail to confirm the address first."
  type        = string
  default     = null
}

variable "monthly_budget" {
  description = "What the whole AWS account may cost in a month, in US dollars, before somebody is told. 0 is no budget."
  type        = number
  default     = 20

  validation {
    condition     = var.monthly_budget >= 0
    error_message = "monthly_budget is a number of US dollars, or 0."
  }
}

variable "canary" {
  description = "Whether a release goes to a tenth of the calls for five minutes first, and back by itself when an alarm rings."
  type        = bool
  default     = false
}

variable "github" {
  description = "The repository (`owner/name`) and the environment in it from which releases come without a stored key. An account has one provider for GitHub: where it exists already, give its ARN. GitHub knows repositories made since July 2026 by their ids as well: `gh api repos/owner/name --jq '.owner.id, .id'`."
  type = object({
    repository    = string
    environment   = string
    owner_id      = optional(number)
    repository_id = optional(number)
    provider      = optional(string)
  })
  default = null

  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository is \"owner/name\"."
  }

  validation {
    condition     = var.github == null || try((var.github.owner_id == null) == (var.github.repository_id == null), false)
    error_message = "github.owner_id and github.repository_id go together."
  }

  validation {
    condition     = var.github == null || can(regex("^[^:*?]+$", var.github.environment))
    error_message = "github.environment is the name of one environment, without colon or wildcard."
  }
}
