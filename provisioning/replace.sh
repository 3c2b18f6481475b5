#!/usr/bin/env bash
# Replaces a box that broke or was stolen: ends the old one in the cloud, expects the new one under
# the same name, and makes its image.
#
#   provisioning/replace.sh --old-serial S --serial S --box B (and whatever make-image.sh takes)
#
# With --join the hotel's property comes from another box of it. Without, the new box makes a new
# one: docs/runbooks/replacing-a-box.md says what that means. Safe to repeat until the new box is a
# member; from then on the name is its own, and it is refused. --out is a directory of the new box.
#
# Exit codes: 0 done, 14 AWS denies an action, 1 anything else.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=edgectl.sh
source "$here/edgectl.sh"

main() {
  if wants_help "$@"; then
    help_of "${BASH_SOURCE[0]}"
    exit
  fi
  local old="" box="" place=() rest=()
  while (($#)); do
    case $1 in
      --old-serial) old=${2:?} && shift ;;
      --box) box=${2:?} && rest+=("$1" "$2") && shift ;;
      --region | --endpoint) place+=("$1" "${2:?}") && rest+=("$1" "$2") && shift ;;
      *) rest+=("$1") ;;
    esac
    shift
  done
  [[ -n $old && -n $box ]] || { help_of "${BASH_SOURCE[0]}" >&2 && exit 2; }
  edgectl cloud decommission "${place[@]}" --serial "$old" --thing "$box"
  "$here/make-image.sh" "${rest[@]}"
}

main "$@"
