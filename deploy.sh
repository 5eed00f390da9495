#!/usr/bin/env bash
# Deploys textback to AWS, and operates it there: `./deploy.sh help`.
#
# Terraform (infra/) defines the resources, Cargo builds the code. What a command has to know about an
# existing environment is in its parameter `deployment`, which Terraform writes, so a rollback needs
# no Terraform. Commands that need the history of releases are in infra/deploy. Runs with bash 3.2 and
# Python 3.9, the versions of a Mac.
set -euo pipefail
cd "$(dirname "$0")"

help() {
    cat <<'TEXT'
./deploy.sh package [arm64|x86-64]         build the functions: target/package/<architecture>/*.zip
./deploy.sh apply <environment> [--yes]    create what infra/ defines, after showing it, then release and
                                           smoke; --yes without a terminal
./deploy.sh release <environment>          make the packages live; rolls back if that fails
./deploy.sh rollback <environment>         go to the previous release; again: the one before
./deploy.sh smoke <environment>            text it from a test number
./deploy.sh status <environment>           versions, alarms, queue, address
./deploy.sh logs <environment> [function] [since]
                                           log lines of the last 10m, or of 30s, 2h or 3d
./deploy.sh secrets <environment>          which secrets are set
./deploy.sh secrets set <environment> NAME
                                           the value is asked for, or read from a file: < key.json
./deploy.sh secrets clear <environment> NAME

An environment is infra/environments/<environment>.tfvars and .hcl; examples are beside them.
TEXT
}

fail() {
    printf 'deploy.sh: %s\n' "$*" >&2
    exit 1
}

# Fails unless a program exists, and says how to get it.
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

    # Which source it was, for /healthz. An archive without its history does not know.
    if commit=$(git describe --always --abbrev=12 --dirty --exclude '*' 2>/dev/null); then
        export TEXTBACK_COMMIT=$commit
    fi

    rm -rf "$folder"
    mkdir -p "$folder"
    # All in one build, so that both processors link. Shared crates get the union of all features; the
    # linker drops what a function does not reach.
    for function in $(functions); do
        packages+=(--package "$function")
    done
    (
        # cargo-lambda compiles for Haswell unless told otherwise, which makes each zip 25 KB larger. Code
        # that profits from newer processors, such as cryptography, looks for them when it runs.
        [ "$architecture" != x86-64 ] || export RUSTFLAGS='-C target-cpu=x86-64'
        cargo lambda build --release --locked "--$architecture" "${packages[@]}" \
            --lambda-dir "$PWD/target/lambda/$architecture"
    )
    for function in $(functions); do
        for file in agent.md business.toml prices.toml; do
            [ ! -f "$file" ] || cp "$file" "target/lambda/$architecture/$function/"
        done
        drop_unwind_tables "target/lambda/$architecture/$function/bootstrap"
        pack "target/lambda/$architecture/$function" "$PWD/$folder/$function.zip"
    done
    (cd "$folder" && checksum ./*.zip >SHA256SUMS && cat SHA256SUMS)
}

# A program that aborts at a panic never unwinds, but its tables, a tenth of a zip, are linked all the same,
# from the standard library's objects. Rust's own objcopy knows both processors; it looks for LLVM where
# rustc has it.
drop_unwind_tables() {
    local rust objcopy
    rust=$(rustc --print sysroot)
    objcopy=$(echo "$rust"/lib/rustlib/*/bin/rust-objcopy)
    [ -x "$objcopy" ] || fail "rust-objcopy is missing: install Rust by rustup, https://rustup.rs"
    LD_LIBRARY_PATH=$rust/lib "$objcopy" --remove-section=.eh_frame --remove-section=.eh_frame_hdr "$1"
}

# Zips a folder. The same files always give the same zip: no times, no owners, one order.
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

# Whether anything that goes into the packages is newer than they are.
is_stale() {
    [ ! -f "$1/SHA256SUMS" ] ||
        [ -n "$(find Cargo.toml Cargo.lock functions shared ./agent.md ./business.toml ./prices.toml \
            -newer "$1/SHA256SUMS" -type f -print 2>/dev/null | head -n 1)" ]
}

# ---- what exists

# Fails unless AWS can be called. Exports the region under both names that programs use.
connect() {
    need aws 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html'
    need jq 'install it as jq, with apt, dnf or brew'
    need python3 'install 3.9 or later, https://www.python.org/downloads'
    export AWS_PAGER=
    AWS_REGION=${1:-${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}}
    [ -n "$AWS_REGION" ] || fail 'no region: export AWS_REGION, with the one in the tfvars'
    export AWS_REGION AWS_DEFAULT_REGION=$AWS_REGION
    account=$(aws sts get-caller-identity --query Account --output text) ||
        fail 'AWS does not know you: log in (aws configure sso, aws login), or export AWS_PROFILE'
}

# Runs a command of infra/deploy on an existing environment.
of_environment() {
    python3 -uB infra/deploy "$@"
}

# Replaces this process, so that an interruption reaches the command.
hand_over() {
    connect
    exec python3 -uB infra/deploy "$@"
}

# ---- apply

apply() {
    local environment=$1 confirmed=${2:-} facts region owner architecture changes=0
    need terraform 'install 1.11 or later, https://developer.hashicorp.com/terraform/install'
    need jq 'install it as jq, with apt, dnf or brew'
    is_new_enough
    has_files "$environment"

    # Every environment has its own, so that none is applied to the state of another.
    export TF_DATA_DIR=$PWD/infra/.terraform/$environment
    terraform -chdir=infra init -input=false -reconfigure \
        -backend-config="environments/$environment.hcl" >/dev/null ||
        fail "Terraform is not ready, for the reason above: check infra/environments/$environment.hcl," \
            'and that you are logged in to AWS'
    facts=$(terraform -chdir=infra console -var-file="environments/$environment.tfvars" \
        <<<'join(" ", [var.region, var.account, var.architecture])' | tr -d '"')
    read -r region owner architecture <<<"$facts"
    connect "$region"
    [ "$account" = "$owner" ] ||
        fail "you are logged in to account $account, and $environment belongs to $owner: export" \
            "AWS_PROFILE, or correct infra/environments/$environment.tfvars"
    of_environment secrets-check "$environment"
    if is_stale "target/package/${architecture/_/-}"; then
        package "${architecture/_/-}"
    fi

    plan=$(mktemp)
    trap 'rm -f "$plan"' EXIT
    terraform -chdir=infra plan -input=false -detailed-exitcode -out="$plan" \
        -var-file="environments/$environment.tfvars" \
        -var="packages=../target/package/${architecture/_/-}" || changes=$?
    [ "$changes" != 1 ] || fail 'there is no plan, for the reason above'
    # If Terraform has nothing to do, the code may still be new.
    confirm "$environment" "$confirmed"
    if [ "$changes" = 2 ]; then
        terraform -chdir=infra apply -input=false "$plan"
    fi
    of_environment make-name-key "$environment"
    of_environment release "$environment"
    terraform -chdir=infra output
    if of_environment has-password "$environment"; then
        smoke "$environment"
    else
        echo "Next: ./deploy.sh secrets set $environment CONSOLE_PASSWORD, and the others that you"
        echo "use (./deploy.sh secrets $environment lists them); then ./deploy.sh smoke $environment"
    fi
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
    # A state on one disk would be lost with it, and without the state nothing can be changed.
    [ -f "infra/environments/$1.hcl" ] ||
        fail "infra/environments/$1.hcl is missing, which says where the state is kept: copy" \
            'backend.hcl.example to it; there it says how to make the bucket'
}

confirm() {
    local answer
    [ "$2" != --yes ] || return 0
    [ -t 0 ] || fail "there is no terminal to ask on: ./deploy.sh apply $1 --yes"
    read -r -p 'To do this, type the name of the environment: ' answer
    [ "$answer" = "$1" ] || fail 'nothing was done'
}

# ---- operating it

smoke() {
    local deployment name setting settings
    [ -n "${TEXTBACK:-}" ] || need cargo 'install Rust, https://rustup.rs'
    connect
    deployment=$(of_environment written "$1")
    name=$(jq -r .functions.inbound.name <<<"$deployment")
    # The settings of the function that takes texts, and none of this shell's.
    settings=$(aws lambda get-function-configuration --function-name "$name" \
        --qualifier live --query Environment.Variables --output json |
        jq -r 'to_entries[] | "\(.key)=\(.value)"')
    (
        for setting in $(jq -r '.secrets[]' <<<"$deployment"); do
            unset "$setting"
        done
        while read -r setting; do
            export "${setting?}"
        done <<<"$settings"
        # TEXTBACK names the program if it was built elsewhere.
        if [ -n "${TEXTBACK:-}" ]; then
            "$TEXTBACK" smoke
        else
            cargo run --quiet --locked -- smoke
        fi
    ) || fail "if a release broke it: ./deploy.sh rollback $1"
}

# ---- commands

command=${1:-help}
case $command in
    help | -h | --help) help ;;
    package) package "${2:-}" ;;
    apply | release | rollback | smoke | status | logs)
        [ -n "${2:-}" ] || fail "$command what? ./deploy.sh $command production"
        case $command in
            apply | smoke) "$@" ;;
            logs) hand_over "$@" ;;
            *) hand_over "$command" "$2" ;;
        esac
        ;;
    secrets)
        # In the order in which people say it: secrets set production NAME.
        case ${2:-} in
            set | clear)
                : "${3:?of which environment? ./deploy.sh secrets $2 production NAME}"
                hand_over "secrets-$2" "$3" "${4:-}"
                ;;
            *) hand_over secrets "${2:?of which environment? ./deploy.sh secrets production}" ;;
        esac
        ;;
    *)
        help >&2
        fail "there is no command $command"
        ;;
esac
