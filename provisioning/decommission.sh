#!/usr/bin/env bash
# Ends a box: in the cloud by the operator, and on the box itself where there still is one.
#
#   provisioning/decommission.sh cloud --serial S --thing B [--registration FILE]
#   provisioning/decommission.sh box --serial S
#
# Exit codes: cloud: 0, 14 denied, 1; box: 0, 16 a file stays, or the serial is another's.
set -euo pipefail
# shellcheck source=edgectl.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/edgectl.sh"

case ${1-} in
  cloud) shift && edgectl cloud decommission "$@" ;;
  box) shift && edgectl wipe "$@" ;;
  --help | -h) help_of "${BASH_SOURCE[0]}" ;;
  *) help_of "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
esac
