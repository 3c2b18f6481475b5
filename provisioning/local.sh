#!/usr/bin/env bash
# A whole hotel on this machine, run from the recipes that are deployed.
#
#   provisioning/local.sh up [--detach] [--rooms N]    build, start, watch (or leave running)
#   provisioning/local.sh status [--json]              how every part is
#   provisioning/local.sh logs COMPONENT [-f]          what a part writes
#   provisioning/local.sh down                         stop everything
#
# Each takes --dir DIR, .local by default. Apart from DIR, the cargo target directory, apt packages
# and package caches nothing is changed. HOTEL_VENV names a Python environment that is there already.
set -euo pipefail

root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
# shellcheck source=prerequisites.sh
source "$root/provisioning/prerequisites.sh"
target=${CARGO_TARGET_DIR:-$root/target}

main() {
  case ${1-} in
    up) prepare "$@" && run "$@" --artifacts "$target/debug" --recipes "$root/recipes" --venv "$(venv "$@")" ;;
    status | logs | down) require_edgectl && run "$@" ;;
    *) usage ;;
  esac
}

run() {
  has_option --dir "$@" || set -- "$@" --dir "$root/.local"
  HOTEL_COMMAND=$0 exec "$target/debug/edgectl" local "$@"
}

prepare() {
  has_option --help "$@" && return
  require_rust
  require_node
  require_apt mosquitto ca-certificates postgresql-15 tzdata
  [[ -n ${HOTEL_VENV-} ]] || require_venv "$(venv "$@")"
  require_npm "$root/components/console"
  say "building; a first build takes some minutes"
  build_pages "$target/debug"
  build_models "$target/debug" "$(venv "$@")"
  (cd "$root" && cargo build --workspace --bins)
}

# Where the Python environment of this hotel is.
venv() {
  printf '%s' "${HOTEL_VENV:-$(option --dir "$root/.local" "$@")/venv}"
}

# option NAME DEFAULT ARGUMENT...: the value given to an option, as `NAME value` or `NAME=value`.
option() {
  local name=$1 value=$2
  shift 2
  while (($#)); do
    case $1 in
      "$name") value=${2-} ;;
      "$name"=*) value=${1#*=} ;;
    esac
    shift
  done
  printf '%s' "$value"
}

# has_option NAME ARGUMENT...
has_option() {
  local name=$1 argument
  shift
  for argument in "$@"; do
    [[ $argument == "$name" || $argument == "$name"=* ]] && return
  done
  return 1
}

require_edgectl() {
  [[ -x $target/debug/edgectl ]] || fail "nothing is built yet; run: provisioning/local.sh up"
}

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

main "$@"
