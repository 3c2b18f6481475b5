#!/usr/bin/env bash
# Makes, or checks, what a hotel needs in AWS IoT; safe to repeat.
#
#   provisioning/cloud-setup.sh --tenant T --property P --segment main [--dry-run]
#
# Exit codes: 0 done, 14 AWS denies an action (it is named), 18 something is missing that a stack of
# infra/cloudformation makes, 1 anything else.
set -euo pipefail
# shellcheck source=edgectl.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/edgectl.sh"

if wants_help "$@"; then
  help_of "${BASH_SOURCE[0]}"
  printf '\n'
  edgectl cloud setup --help
  exit
fi
edgectl cloud setup "$@"
