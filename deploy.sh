#!/usr/bin/env bash
# Brings textback to AWS, and looks after it there: `./deploy.sh help`.
#
# What is made is Terraform's to say (infra/), what is built is Cargo's. What a command has to know
# of an environment that exists is in its parameter `deployment`, which Terraform writes, so that a
# rollback needs no Terraform. Runs with bash 3.2, which is what a Mac has.
set -euo pipefail
cd "$(dirname "$0")"

help() {
    cat <<'TEXT'
./deploy.sh package [arm64|x86-64]         build the functions: target/package/<architecture>/*.zip
./deploy.sh apply <environment> [--yes]    make what infra/ says, after showing it, then release and
                                           smoke; --yes where nobody can be asked
./deploy.sh release <environment>          put the packages on the air; takes them back if that fails
./deploy.sh rollback <environment>         the release before; once more: the one before that
./deploy.sh smoke <environment>            text it from a number that is nobody's
./deploy.sh status <environment>           versions, alarms, queue, address
./deploy.sh logs <environment> [function] [since]
                                           log lines, of the last 10m unless told 30s, 2h or 3d
./deploy.sh secrets <environment>          which secrets are set
./deploy.sh secrets set <environment> NAME
                                           the value is asked for, or read from a file: < key.json
./deploy.sh secrets clear <environment> NAME

An environment is infra/environments/<environment>.tfvars and .hcl; examples lie beside them.
TEXT
}

fail() {
    printf 'deploy.sh: %s\n' "$*" >&2
    exit 1
}

# Fails unless a program is there, saying how to get it.
need() {
    command -v "$1" >/dev/null || fail "$1 is missing: $2"
}

functions() {
    local folder
    for folder in functions/*/; do
        folder=$(basename "$folder")
        [ "$folder" = textback ] || echo "$folder"
    done
}

# ---- package

package() {
    local architecture=${1:-arm64} folder function file commit packages=()
    case $architecture in
        arm64 | x86-64) folder=target/package/$architecture ;;
        *) fail "there is no architecture $architecture: write arm64 or x86-64" ;;
    esac
    need cargo 'install Rust, https://rustup.rs'
    need cargo-lambda "pip install 'cargo-lambda~=1.9'"
    command -v zig >/dev/null || python3 -m ziglang version >/dev/null 2>&1 ||
        fail "zig is missing, which links for Amazon Linux: pip install 'ziglang~=0.17.1'"
    need zip 'install it as zip, with apt, dnf or brew'

    # Which source it was, for /healthz to say. An archive without its history does not know.
    if commit=$(git describe --always --abbrev=12 --dirty --exclude '*' 2>/dev/null); then
        export TEXTBACK_COMMIT=$commit
    fi

    rm -rf "$folder"
    mkdir -p "$folder"
    # All at once, so that both processors link. What they share is built with what any of them asks
    # for; the linker leaves out again what a function does not reach.
    for function in $(functions); do
        packages+=(--package "$function")
    done
    cargo lambda build --release --locked "--$architecture" "${packages[@]}" \
        --lambda-dir "$PWD/target/lambda/$architecture"
    for function in $(functions); do
        for file in agent.md business.toml; do
            [ ! -f "$file" ] || cp "$file" "target/lambda/$architecture/$function/"
        done
        pack "target/lambda/$architecture/$function" "$PWD/$folder/$function.zip"
    done
    (cd "$folder" && checksum ./*.zip >SHA256SUMS && cat SHA256SUMS)
}

# Zips what is in a folder. The same files make the same zip: no times, no owners, one order.
pack() (
    cd "$1"
    chmod 644 ./*
    chmod 755 bootstrap
    TZ=UTC touch -t 202001010000 ./*
    rm -f "$2"
    TZ=UTC zip -q -9 -X "$2" ./*
)

checksum() {
    if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# Whether anything that goes into the packages is younger than they are.
is_stale() {
    [ ! -f "$1/SHA256SUMS" ] ||
        [ -n "$(find Cargo.toml Cargo.lock functions shared ./agent.md ./business.toml \
            -newer "$1/SHA256SUMS" -type f -print 2>/dev/null | head -n 1)" ]
}

# ---- what is there

# Fails unless AWS can be asked. Exports the region under both names that programs know it by.
connect() {
    need aws 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html'
    need jq 'install it as jq, with apt, dnf or brew'
    export AWS_PAGER=
    AWS_REGION=${1:-${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}}
    [ -n "$AWS_REGION" ] || fail 'no region: export AWS_REGION, with the one in the tfvars'
    export AWS_REGION AWS_DEFAULT_REGION=$AWS_REGION
    account=$(aws sts get-caller-identity --query Account --output text) ||
        fail 'AWS does not know you: log in (aws configure sso, aws login), or export AWS_PROFILE'
}

# Reads what Terraform wrote down about an environment into `deployment`.
find_deployment() {
    connect
    deployment=$(aws ssm get-parameter --name "/textback/$1/deployment" \
        --query Parameter.Value --output text) ||
        fail "there is no $1 in $AWS_REGION of account $account: make it with ./deploy.sh apply $1," \
            'or see whether AWS_REGION and AWS_PROFILE are the right ones'
}

# What it says, as in `known .queue_url`; nothing where it says null.
known() {
    jq -r "$1 // empty" <<<"$deployment"
}

names() {
    known '.functions | keys[]'
}

name_of() {
    known ".functions[\"$1\"].name"
}

# The version that is called, then those that releases have put on the air, newest first. The two
# first are the same unless a release was cut off. What was on the air is written in the alias
# itself, because after a rollback the number before is not the release before.
versions() {
    aws lambda get-alias --function-name "$(name_of "$1")" --name live --output json | jq -r '
        .FunctionVersion as $live
        | (.Description // "" | capture("newest first: (?<all>[0-9 ]+)$").all) // $live
        | "\($live) \(.)"'
}

# Points the alias of a function at a version, for all calls, and writes down what was on the air.
point() {
    aws lambda update-alias --function-name "$(name_of "$1")" --name live --function-version "$2" \
        --description "Releases, newest first: $3" \
        --routing-config '{"AdditionalVersionWeights": {}}' >/dev/null
}

# ---- apply

apply() {
    local environment=$1 confirmed=${2:-} facts region owner architecture changes=0
    need terraform 'install 1.11 or later, https://developer.hashicorp.com/terraform/install'
    need jq 'install it as jq, with apt, dnf or brew'
    is_new_enough
    has_files "$environment"

    # Every environment keeps its own, so that none is applied to the state of another.
    export TF_DATA_DIR=$PWD/infra/.terraform/$environment
    terraform -chdir=infra init -input=false -reconfigure \
        -backend-config="environments/$environment.hcl" >/dev/null ||
        fail "Terraform is not ready, for the reason above: see infra/environments/$environment.hcl," \
            'and whether you are logged in to AWS'
    facts=$(terraform -chdir=infra console -var-file="environments/$environment.tfvars" \
        <<<'join(" ", [var.region, var.account, var.architecture])' | tr -d '"')
    read -r region owner architecture <<<"$facts"
    connect "$region"
    [ "$account" = "$owner" ] ||
        fail "you are logged in to account $account, and $environment belongs to $owner: export" \
            "AWS_PROFILE, or correct infra/environments/$environment.tfvars"
    have_long_secrets "$environment"
    if is_stale "target/package/${architecture/_/-}"; then
        package "${architecture/_/-}"
    fi

    plan=$(mktemp)
    trap 'rm -f "$plan"' EXIT
    terraform -chdir=infra plan -input=false -detailed-exitcode -out="$plan" \
        -var-file="environments/$environment.tfvars" \
        -var="packages=../target/package/${architecture/_/-}" || changes=$?
    [ "$changes" != 1 ] || fail 'there is no plan, for the reason above'
    # Where Terraform has nothing to do, the code may be new all the same.
    confirm "$environment" "$confirmed"
    if [ "$changes" = 2 ]; then
        terraform -chdir=infra apply -input=false "$plan"
    fi
    make_name_key "$environment"
    release "$environment"
    terraform -chdir=infra output
    if has_secrets "$environment"; then
        smoke "$environment"
    else
        echo "Next: ./deploy.sh secrets set $environment CONSOLE_PASSWORD, and the others that you"
        echo "use (./deploy.sh secrets $environment lists them); then ./deploy.sh smoke $environment"
    fi
}

# Makes the key of all names where there is none yet. One that is there is never written over: under
# another nobody would be found again, and those who have stopped least of all.
make_name_key() {
    local version
    find_deployment "$1"
    ! has_name_key || return 0
    version=$(parameter NAME_KEY Version) || fail "the NAME_KEY cannot be seen, for the reason above"
    # Terraform made it blank, and nobody has written to it since.
    [ "$version" = 1 ] || fail "there was a NAME_KEY, and it was cleared: $(key_again "$1")"
    put NAME_KEY "$(head -c 32 /dev/urandom | base64)"
    echo 'NAME_KEY is made: keep a copy of it where the backups of the database are'
}

has_name_key() {
    local key
    key=$(parameter NAME_KEY) || fail "whether there is a NAME_KEY cannot be seen, for the reason above"
    [ -n "${key//[[:space:]]/}" ]
}

# What to do where it is missing.
key_again() {
    echo "./deploy.sh secrets set $1 NAME_KEY, with the one that the database was begun with"
}

is_new_enough() {
    local version
    version=$(terraform version -json | jq -r .terraform_version)
    [ "$(printf '%s\n' 1.11.0 "$version" | sort -V | head -n 1)" = 1.11.0 ] ||
        fail "terraform $version is too old: install 1.11 or later," \
            'https://developer.hashicorp.com/terraform/install'
}

has_files() {
    [ -f "infra/environments/$1.tfvars" ] ||
        fail "infra/environments/$1.tfvars is missing: copy production.tfvars.example to it, and" \
            'fill it in'
    # A state on one disk would be lost with it, and with the state the way to change anything.
    [ -f "infra/environments/$1.hcl" ] ||
        fail "infra/environments/$1.hcl is missing, which says where the state is kept: copy" \
            'backend.hcl.example to it; there it says how to make the bucket'
}

confirm() {
    local answer
    [ "$2" != --yes ] || return 0
    [ -t 0 ] || fail "nobody is here to agree: ./deploy.sh apply $1 --yes"
    read -r -p 'To do this, type the name of the environment: ' answer
    [ "$answer" = "$1" ] || fail 'nothing was done'
}

# Whether anybody has ever set the console's password: Terraform makes the first version, blank.
has_secrets() {
    [ "$(aws ssm get-parameter --name "$(known .secrets_path)CONSOLE_PASSWORD" \
        --query Parameter.Version --output text)" != 1 ]
}

# ---- release and rollback

release() {
    local environment=$1 architecture folder function zip new before live changed=
    find_deployment "$environment"
    architecture=$(known .architecture)
    folder=target/package/${architecture/_/-}
    is_whole "$folder"
    moves='' shifted='' canaries=''
    for function in $(names); do
        zip=$folder/$function.zip
        [ -f "$zip" ] || fail "$zip is missing: ./deploy.sh package ${architecture/_/-}"
        new=$(publish "$(name_of "$function")" "$zip")
        before=$(versions "$function")
        read -r live before <<<"$before"
        if [ "$new" != "$live" ]; then
            changed=yes
            aws lambda wait published-version-active --function-name "$(name_of "$function")" \
                --qualifier "$new"
        fi
        moves+="$function $live $new $(cut -d ' ' -f 1-20 <<<"$new $before")"$'\n'
    done
    if [ -z "$changed" ]; then
        echo "$environment is up to date: this is on the air already"
        return
    fi
    trap 'put_back; exit 1' INT TERM
    if ! try_canaries || ! shift_all; then
        put_back
        fail "the release did not get through: $environment is as it was before"
    fi
    trap - INT TERM
}

# Fails unless a folder has the packages that were built together.
is_whole() {
    local others
    if [ ! -f "$1/SHA256SUMS" ]; then
        others=$(cd target/package 2>/dev/null && echo ./*/SHA256SUMS) || true
        fail "there are no packages in $1${others:+, only $others}: ./deploy.sh package ${1##*/}"
    fi
    (cd "$1" && checksum --check SHA256SUMS >/dev/null 2>&1) ||
        fail "the packages in $1 are not those of its SHA256SUMS: ./deploy.sh package ${1##*/}"
}

# Brings a zip to a function, and prints the version that has it. Lambda makes none where nothing
# has changed since the last.
publish() {
    local name=$1 zip=$2 sum
    sum=$(openssl dgst -sha256 -binary "$zip" | base64)
    if [ "$sum" != "$(aws lambda get-function-configuration --function-name "$name" \
        --query CodeSha256 --output text)" ]; then
        aws lambda update-function-code --function-name "$name" --zip-file "fileb://$zip" >/dev/null
        aws lambda wait function-updated-v2 --function-name "$name"
    fi
    aws lambda publish-version --function-name "$name" --code-sha256 "$sum" \
        --query Version --output text
}

# Carries `moves` out, lines of: function, from, to, what was on the air from then on. Notes in
# `shifted` what would undo it.
shift_all() {
    local function from to history
    while read -r function from to history; do
        shifted+="$function $from ${history#* }"$'\n'
        point "$function" "$to" "$history" || return 1
        echo "$function: version $from -> $to"
    done <<<"${moves%$'\n'}"
}

# Where there is a canary, sends a tenth of the calls to the new versions, and all of them when no
# alarm rang for five minutes.
try_canaries() {
    local function from to history id
    [ -n "$(known .canary)" ] || return 0
    while read -r function from to history; do
        [ "$from" != "$to" ] || continue
        id=$(start_canary "$function" "$from" "$to") || return 1
        canaries+="$id "
        shifted+="$function $from ${history#* }"$'\n'
        echo "$function: version $to gets a tenth of the calls ($id)"
    done <<<"${moves%$'\n'}"
    for id in $canaries; do
        aws deploy wait deployment-successful --deployment-id "$id" || return 1
    done
}

start_canary() {
    local revision
    revision=$(jq -n --arg function "$1" --arg name "$(name_of "$1")" --arg from "$2" --arg to "$3" '
        {version: 0.0, Resources: [{($function): {
            Type: "AWS::Lambda::Function",
            Properties: {Name: $name, Alias: "live", CurrentVersion: $from, TargetVersion: $to}
        }}]} | {revisionType: "AppSpecContent", appSpecContent: {content: tojson}}')
    aws deploy create-deployment --application-name "$(known .canary)" --deployment-group-name "$1" \
        --revision "$revision" --query deploymentId --output text
}

put_back() {
    local function from history id
    for id in $canaries; do
        aws deploy stop-deployment --deployment-id "$id" --auto-rollback-enabled >/dev/null || true
    done
    while read -r function from history; do
        [ -z "$function" ] || point "$function" "$from" "$history" ||
            echo "deploy.sh: $function did not go back to version $from, see above" >&2
    done <<<"${shifted%$'\n'}"
}

rollback() {
    local environment=$1 function all='' live newest before possible='' cut_off=''
    find_deployment "$environment"
    for function in $(names); do
        before=$(versions "$function")
        all+="$function $before"$'\n'
        read -r live newest before <<<"$before"
        [ "$live" = "$newest" ] || cut_off=yes
        [ -z "$before" ] || possible=yes
    done
    if [ -n "$(known .canary)" ] && stop_canaries; then cut_off=yes; fi
    [ -n "$cut_off$possible" ] ||
        fail "there is nothing to go back to: $environment has what it had first"
    moves='' shifted=''
    while read -r function live newest before; do
        # What a release that was cut off had begun is undone before anything else.
        [ -z "$cut_off" ] && [ -n "$before" ] || before="$newest $before"
        moves+="$function $live ${before%% *} ${before% }"$'\n'
    done <<<"${all%$'\n'}"
    shift_all || fail "$environment is not rolled back whole, for the reason above: once more"
}

# Stops the canaries that are under way. Fails if there are none.
stop_canaries() {
    local function id ids=
    for function in $(names); do
        ids+=" $(aws deploy list-deployments --application-name "$(known .canary)" \
            --deployment-group-name "$function" --query 'deployments[]' --output text \
            --include-only-statuses Created Queued InProgress Ready)"
    done
    for id in $ids; do
        aws deploy stop-deployment --deployment-id "$id" --auto-rollback-enabled >/dev/null || true
    done
    [ -n "${ids// /}" ]
}

# ---- looking after it

smoke() {
    local setting settings
    [ -n "${TEXTBACK:-}" ] || need cargo 'install Rust, https://rustup.rs'
    find_deployment "$1"
    # What the function that takes texts goes by, itself, and none of the settings of this shell.
    settings=$(aws lambda get-function-configuration --function-name "$(name_of inbound)" \
        --qualifier live --query Environment.Variables --output json |
        jq -r 'to_entries[] | "\(.key)=\(.value)"')
    (
        for setting in $(known '.secrets[]'); do
            unset "$setting"
        done
        while read -r setting; do
            export "${setting?}"
        done <<<"$settings"
        # TEXTBACK names the program where it was built elsewhere.
        if [ -n "${TEXTBACK:-}" ]; then
            "$TEXTBACK" smoke
        else
            cargo run --quiet --locked -- smoke
        fi
    ) || fail "if a release broke it: ./deploy.sh rollback $1"
}

status() {
    local environment=$1 function all live newest before published code alarms
    find_deployment "$environment"
    printf '%s at %s, in %s of account %s\n\n' "$environment" "$(known .public_url)" "$AWS_REGION" "$account"
    printf '%-10s %-6s %-8s %-29s %s\n' function live before published code
    for function in $(names); do
        all=$(versions "$function")
        read -r live newest before <<<"$all"
        [ "$live" = "$newest" ] || before=$newest
        all=$(aws lambda get-function-configuration --function-name "$(name_of "$function")" \
            --qualifier "$live" --query '[LastModified, CodeSha256]' --output text)
        read -r published code <<<"$all"
        printf '%-10s %-6s %-8s %-29s %s\n' "$function" "$live" "${before%% *}" "$published" \
            "$(base64 -d <<<"$code" | od -An -v -tx1 | tr -d ' \n')"
    done
    alarms=$(aws cloudwatch describe-alarms --alarm-name-prefix "$(known .name)-" --state-value ALARM \
        --query 'MetricAlarms[].[AlarmName, AlarmDescription]' --output text)
    printf '\nalarms        %s\n' "${alarms:-none}"
    printf 'wake-ups      %s\n' "$(depth "$(known .queue_url)")"
    printf 'dead letters  %s\n' "$(depth "$(known .dead_letters_url)")"
}

depth() {
    aws sqs get-queue-attributes --queue-url "$1" --output json --attribute-names \
        ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible |
        jq -r '.Attributes | "\(.ApproximateNumberOfMessages) waiting, \(.ApproximateNumberOfMessagesNotVisible) under way"'
}

logs() {
    local environment=$1 since functions function seconds
    shift
    find_deployment "$environment"
    functions=$(names)
    if [ $# -gt 0 ] && grep -qx -- "$1" <<<"$functions"; then
        functions=$1
        shift
    fi
    since=${1:-10m}
    [[ $since =~ ^[0-9]+[smhd]$ ]] ||
        fail "$since is neither a function ($(names | paste -s -d ' ' -)) nor a time, as 30s, 10m, 2h" \
            'or 3d'
    case $since in
        *s) seconds=${since%s} ;;
        *m) seconds=$((${since%m} * 60)) ;;
        *h) seconds=$((${since%h} * 3600)) ;;
        *d) seconds=$((${since%d} * 86400)) ;;
    esac
    for function in $functions; do
        aws logs filter-log-events --log-group-name "$(known ".functions[\"$function\"].log_group")" \
            --start-time $((($(date +%s) - seconds) * 1000)) --output json |
            jq -r --arg function "$function" \
                '.events[] | "\(.timestamp / 1000 | todate) \($function) \(.message | rtrimstr("\n"))"'
    done | sort
}

secrets() {
    local environment=$1 name value
    find_deployment "$environment"
    case ${2:-} in
        '') list_secrets ;;
        set)
            name=$(secret "$environment" "${3:-}")
            if [ -t 0 ]; then
                read -r -s -p "$name: " value
                echo
            else
                value=$(cat)
            fi
            [ -n "${value//[[:space:]]/}" ] ||
                fail "that was blank: to take $name away, ./deploy.sh secrets clear $environment $name"
            is_long_enough "$name" "$value" || fail "that has $lacks: take what \`$makes\` prints"
            [ "$name" != NAME_KEY ] || is_free "$environment"
            put "$name" "$value"
            echo "$name is set: the functions notice within five minutes, nothing has to be deployed"
            explain_rotation "$environment" "$name"
            ;;
        clear)
            name=$(secret "$environment" "${3:-}")
            [ "$name" != NAME_KEY ] || has_name_key || fail 'there is no NAME_KEY that could be cleared'
            # Parameter Store keeps nothing empty; a blank counts as not set.
            put "$name" ' '
            echo "$name is cleared: the functions notice within five minutes"
            [ "$name" != NAME_KEY ] ||
                echo "Nobody is found until it is set again: $(key_again "$environment")"
            ;;
        *) fail "secrets $environment, secrets set $environment NAME or secrets clear $environment NAME" ;;
    esac
}

# The name of a secret, if it is one.
secret() {
    known '.secrets[]' | grep -x -- "$2" ||
        fail "${2:-no name} is no secret: write one of $(known '.secrets[]' | paste -s -d ' ' -)." \
            "What is not secret stands in infra/environments/$1.tfvars"
}

# Fails if there is a key of names, which is not changed in passing.
is_free() {
    ! has_name_key ||
        fail 'there is a NAME_KEY, and under another nobody is found again, those who have stopped' \
            "included: if the database was begun with another, ./deploy.sh secrets clear $1 NAME_KEY first"
}

# Whether a secret that the owner makes up is no short one; `lacks` says what is wrong, and `makes` what
# makes a good one. Those that
# companies hand out are as long as the companies make them.
is_long_enough() {
    local bytes
    makes='openssl rand -base64 24'
    case $1 in
        CONSOLE_PASSWORD)
            lacks='fewer than 12 characters and would open nothing'
            [ ${#2} -ge 12 ]
            ;;
        NAME_KEY)
            lacks='not 32 bytes in Base64 or hexadecimal'
            makes='openssl rand -base64 32'
            [[ $2 =~ ^([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?|[0-9A-Fa-f]{64})$ ]]
            ;;
        *_WEBHOOK_TOKEN | *_WEBHOOK_SECRET)
            lacks='fewer than 24 bytes and can be guessed'
            case $2 in
                whsec_*) bytes=$(printf '%s' "${2#whsec_}" | base64 -d 2>/dev/null | wc -c) || return 1 ;;
                *) bytes=$(printf '%s' "$2" | wc -c) ;;
            esac
            [ "$bytes" -ge 24 ]
            ;;
    esac
}

# Fails if one of the secrets that are set is too short. The functions that run go on with it.
have_long_secrets() {
    local all name value
    all=$(aws ssm get-parameters-by-path --path "/textback/$1/" --with-decryption --output json |
        jq -r '.Parameters[] | select(.Value | test("\\S"))
            | "\(.Name | split("/") | last) \(.Value | @base64)"') ||
        fail "the secrets of $1 cannot be read, for the reason above"
    while read -r name value; do
        is_long_enough "$name" "$(base64 -d <<<"$value")" ||
            fail "$name has $lacks: ./deploy.sh secrets set $1 $name, with what \`$makes\` prints"
    done <<<"$all"
}

# Stores a value that reaches no command line, where other users of the machine could read it.
put() {
    printf '%s' "$2" | aws ssm put-parameter --name "$(known .secrets_path)$1" --type SecureString \
        --overwrite --value file:///dev/stdin >/dev/null
}

# The value of a secret, which is never printed; or what else is to be known of it.
parameter() {
    aws ssm get-parameter --name "$(known .secrets_path)$1" --with-decryption \
        --query "Parameter.${2:-Value}" --output text
}

list_secrets() {
    aws ssm get-parameters-by-path --path "$(known .secrets_path)" --with-decryption --output json |
        jq -r --argjson secrets "$(known .secrets)" '
            .Parameters | map({key: .Name | split("/") | last, value: .Value}) | from_entries as $set
            | $secrets[]
            | "\(if ($set[.] // "") | test("\\S") then "set  " else "blank" end)  \(.)"'
}

explain_rotation() {
    case $2 in
        TWILIO_AUTH_TOKEN | TWILIO_AUTH_TOKEN_NEXT)
            cat <<TEXT
To change Twilio's token without losing a text:
  1. Make a secondary token in Twilio's console, and: ./deploy.sh secrets set $1 TWILIO_AUTH_TOKEN_NEXT
  2. After five minutes make it the primary one there, and: ./deploy.sh secrets set $1 TWILIO_AUTH_TOKEN
  3. After five more minutes: ./deploy.sh secrets clear $1 TWILIO_AUTH_TOKEN_NEXT
TEXT
            ;;
    esac
}

# ---- which of them

command=${1:-help}
case $command in
    help | -h | --help) help ;;
    package) package "${2:-}" ;;
    apply | release | rollback | smoke | status | logs)
        [ -n "${2:-}" ] || fail "$command what? ./deploy.sh $command production"
        shift
        "$command" "$@"
        ;;
    secrets)
        # As people say it: secrets set production NAME.
        case ${2:-} in
            set | clear) secrets "${3:?of which environment? ./deploy.sh secrets $2 production NAME}" "$2" "${4:-}" ;;
            *) secrets "${2:?of which environment? ./deploy.sh secrets production}" ;;
        esac
        ;;
    *)
        help >&2
        fail "there is no command $command"
        ;;
esac
