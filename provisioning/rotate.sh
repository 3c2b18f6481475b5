#!/usr/bin/env bash
# Gives a box a new key and certificate for AWS IoT, in two halves.
#
#   provisioning/rotate.sh                                  on the box: new pair, proved, in place
#   provisioning/rotate.sh retire --thing B --keep ID       by the operator: ends the old ones
#
# The first prints the second. Exit codes: as of first-boot.sh; retire: 0, 14 denied, 1.
set -euo pipefail
# shellcheck source=edgectl.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/edgectl.sh"

if wants_help "$@"; then
  help_of "${BASH_SOURCE[0]}"
elif [[ ${1-} == retire ]]; then
  edgectl cloud "$@"
else
  edgectl rotate "$@"
fi
