variable "name" {
  description = "The name of the function, its role, and its log."
  type        = string
}

variable "description" {
  description = "What it does, in a sentence."
  type        = string
}

variable "package" {
  description = "The zip it begins with. What it runs later is up to releases."
  type        = string
}

variable "architecture" {
  description = "`arm64` or `x86_64`."
  type        = string
}

variable "timeout" {
  description = "Seconds after which a call is given up."
  type        = number
}

variable "memory" {
  description = "MiB. The share of a processor grows with it."
  type        = number
}

variable "reserved_concurrency" {
  description = "Instances kept for it alone; -1 for none."
  type        = number
}

variable "environment" {
  description = "Its settings. No secret: they are readable for whoever may look at the function."
  type        = map(string)
}

variable "allow" {
  description = "What it may do, by name."
  type = map(object({
    actions   = list(string)
    resources = list(string)
  }))

  validation {
    condition = alltrue([
      for statement in values(var.allow) :
      !strcontains(join(" ", concat(statement.actions, statement.resources)), "*")
    ])
    error_message = "A function is allowed named actions on named resources, without a wildcard."
  }
}

variable "log_retention_days" {
  description = "How long its log lines are kept."
  type        = number
}
