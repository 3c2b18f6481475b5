#!/usr/bin/env bash
# Finds what is wrong with this box and says what to do; changes nothing.
#
#   provisioning/doctor.sh [--json]
#
# Exit codes: 0 well, or only to be watched; 19 something is wrong; 1 it cannot look.
set -euo pipefail
# shellcheck source=edgectl.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/edgectl.sh"

if wants_help "$@"; then
  help_of "${BASH_SOURCE[0]}"
  printf '\n'
  edgectl doctor --help
  exit
fi
edgectl doctor "$@"
