#!/usr/bin/env bash
# Hands a hotel's property over to a further box of it, by two people and a code.
#
#   provisioning/join.sh request --out request.json       on the new box; shows a code and waits
#   provisioning/join.sh approve request.json --code C    on a box of the hotel; seals the answer
#
# Exit codes: 0 done, 20 refused or too late, 16 files.
set -euo pipefail
# shellcheck source=edgectl.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/edgectl.sh"

if wants_help "$@"; then
  help_of "${BASH_SOURCE[0]}"
  printf '\n'
  edgectl join --help
  exit
fi
edgectl join "$@"
