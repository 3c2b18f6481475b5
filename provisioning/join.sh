#!/usr/bin/env bash
# Hands a hotel's property over to a further box of it, by two people and a code.
#
#   on the new box; shows a code and waits:
#     provisioning/join.sh request --out request.json --answer answer.json
#   on a box of the hotel; seals the answer, for a box that took over a name with --replaces SERIAL:
#     provisioning/join.sh approve request.json --code C --out answer.json
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
