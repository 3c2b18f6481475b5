#!/usr/bin/env bash
# Makes this box a member of its hotel, or goes on where an earlier run was cut short.
#
#   provisioning/first-boot.sh [--plan /etc/hotel/box.json] [--dir /var/lib/hotel]
#
# Exit codes: 0 done, 10 hardware, 11 clock, 12 network, 13 claim, 14 policy, 15 deployment did not
# come in time, 16 files of this box, 17 the nucleus does not start.
set -euo pipefail
# shellcheck source=edgectl.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/edgectl.sh"

if wants_help "$@"; then
  help_of "${BASH_SOURCE[0]}"
  printf '\n'
  edgectl first-boot --help
  exit
fi
edgectl first-boot "$@"
