# What a machine needs before anything of ours builds or runs; sourced by tests/run.sh and
# provisioning/local.sh.
#
# Promises: what is there is left alone; what is missing is installed, or named with what to do
# about it; services that come with a package are neither started nor enabled; all of it is safe to
# repeat.
# shellcheck shell=bash

readonly RUST_MIN=1.95 NODE_MIN=20
REQUIREMENTS=$(realpath "$(dirname "${BASH_SOURCE[0]}")/requirements.txt")
REQUIREMENTS_MODELS=${REQUIREMENTS%.txt}-models.txt
readonly REQUIREMENTS REQUIREMENTS_MODELS

# Speaks to the person at the terminal; standard output stays free for results.
say() {
  printf '%s\n' "$*" >&2
}

fail() {
  say "error: $*"
  exit 1
}

require_rust() {
  local advice="install Rust $RUST_MIN or later, for example with rustup"
  command -v cargo >/dev/null || fail "cargo is missing; $advice"
  local found
  found=$(cargo --version | cut -d ' ' -f 2)
  at_least "$RUST_MIN" "$found" || fail "cargo is $found; $advice"
  command -v cc >/dev/null || require_apt gcc libc6-dev
}

require_node() {
  local advice="install Node $NODE_MIN or later"
  command -v node >/dev/null || fail "node is missing; $advice"
  local found
  found=$(node --version)
  at_least "$NODE_MIN" "${found#v}" || fail "node is $found; $advice"
}

# require_apt PACKAGE...: installs those that are missing.
require_apt() {
  local package missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]} == 0)) || install_asleep "${missing[@]}" || exit
}

# require_venv DIR: a Python environment with what requirements.txt asks for.
require_venv() {
  local venv=$1 stamp=$1/made-from
  python3 -c 'import ensurepip' 2>/dev/null || require_apt python3-venv
  local made_from
  made_from=$(describe_venv "$venv")
  [[ -f $stamp && $(<"$stamp") == "$made_from" ]] && return
  say "installing Python packages into $venv"
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$REQUIREMENTS"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    --requirement "$REQUIREMENTS_MODELS"
  printf '%s\n' "$made_from" >"$stamp"
}

# require_npm DIR: the packages of DIR/package-lock.json, in DIR/node_modules.
require_npm() {
  local dir=$1 stamp=$1/node_modules/.made-from
  local made_from
  made_from=$(describe_npm "$dir")
  [[ -f $stamp && $(<"$stamp") == "$made_from" ]] && return
  say "installing npm packages into ${dir#"$PWD"/}"
  npm ci --prefix "$dir" --no-audit --no-fund --loglevel error >&2 || fail "npm ci failed in $dir"
  printf '%s\n' "$made_from" >"$stamp"
}

describe_npm() {
  node --version
  sha256sum <"$1/package-lock.json"
}

# build_pages PROGRAMS: the pages, beside the programs that cargo put there.
build_pages() {
  local console pages=$1/pages
  console=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../components/console")
  npm run --silent --prefix "$console" build >&2 || fail "the pages cannot be built"
  mkdir -p "$pages"
  rm -rf "${pages:?}"/*
  cp -r "$console/pages/dist/." "$pages"
}

# build_models PROGRAMS VENV: ONNX Runtime and the trained models, not signed yet, beside the programs
# that cargo put there. Training takes some seconds and is repeated only when its scripts change.
build_models() {
  local programs=$1 venv=$2 scripts made_from stamp=$1/models/.made-from
  scripts=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../components/inference/models")
  mkdir -p "$programs/models"
  made_from=$(cat "$scripts"/*.py "$scripts"/*.json "$REQUIREMENTS_MODELS" | sha256sum)
  [[ -f $stamp && $(<"$stamp") == "$made_from" && -f $programs/libonnxruntime.so ]] && return
  say "training the models"
  install --mode 644 "$venv"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.* \
    "$programs/libonnxruntime.so" || fail "ONNX Runtime is not in $venv"
  rm -rf "${programs:?}/models"/*
  PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$scripts/train.py" "$programs/models" ||
    fail "the models cannot be trained"
  printf '%s\n' "$made_from" >"$stamp"
}

# Whatever an environment depends on: it cannot be moved, nor survive its Python.
describe_venv() {
  realpath --canonicalize-missing "$1"
  python3 -c 'import sys; print(sys.executable, sys.version)'
  cat "$REQUIREMENTS" "$REQUIREMENTS_MODELS" | sha256sum
}

# at_least MINIMUM VERSION
at_least() {
  printf '%s\n' "$@" | sort --version-sort --check=quiet
}

is_installed() {
  command -v dpkg-query >/dev/null || fail "$1 is missing, and only apt is known here to install it"
  [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# install_asleep PACKAGE...: installs without starting or enabling the services that come along.
install_asleep() (
  say "installing with apt: $*"
  local policy=/usr/sbin/policy-rc.d before after unit
  if [[ ! -e $policy ]]; then
    trap 'as_root rm --force "$policy"' EXIT
    # 101 forbids every start: invoke-rc.d(8).
    printf '#!/bin/sh\nexit 101\n' | as_root install --mode 755 /dev/stdin "$policy"
  fi
  before=$(enabled_services)
  as_root apt-get update --quiet=2 || say "apt's lists are not fresh; trying with what is there"
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --quiet=2 --yes --no-install-recommends --option Dpkg::Use-Pty=0 "$@" >&2 ||
    fail "apt could not install $*"
  after=$(enabled_services)
  for unit in $(comm -13 <(echo "$before") <(echo "$after")); do
    say "leaving $unit disabled"
    as_root systemctl --root=/ --quiet disable "$unit"
  done
)

# Read from the disk, so that it is right also where systemd does not run now. Nothing without it.
enabled_services() {
  command -v systemctl >/dev/null || return 0
  systemctl --root=/ list-unit-files --type service --state enabled --plain --no-legend |
    cut -d ' ' -f 1 | sort
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "root must run: $*; run it, or install sudo, and start again"
  fi
}
