#!/usr/bin/env bash
# Packs what somebody elsewhere needs to help, without secrets and without guests' words.
#
#   provisioning/support-bundle.sh --out FILE.tar
set -euo pipefail
# shellcheck source=edgectl.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/edgectl.sh"

if wants_help "$@"; then
  help_of "${BASH_SOURCE[0]}"
  printf '\n'
  edgectl support-bundle --help
  exit
fi
edgectl support-bundle "$@"
