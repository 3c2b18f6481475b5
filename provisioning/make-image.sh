#!/usr/bin/env bash
# Expects a box and makes what it reads at its first start: a claim, and a cloud-init seed.
#
#   provisioning/make-image.sh --serial NUC-0001 --tenant T --property P --box B \
#     --region R --data-endpoint H --credentials-endpoint H --root-ca FILE \
#     --hotel-network 192.168.10.0/24 --out DIR [--segment S] [--stage all] [--days 30] [...]
#
# The claim goes to DIR/claim, the seed to DIR/seed and DIR/seed.iso. Whatever is not named here is
# handed to `edgectl image`. Safe to repeat: the claim is made once.
#
# Exit codes: 0 done, 14 AWS denies an action, 1 anything else.
set -euo pipefail
# shellcheck source=edgectl.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/edgectl.sh"

main() {
  if wants_help "$@"; then
    help_of "${BASH_SOURCE[0]}"
    exit
  fi
  local out="" claim=() image=() region=()
  while (($#)); do
    case $1 in
      --out) out=${2:?} && shift ;;
      --serial | --stage | --days) claim+=("$1" "${2:?}") && shift ;;
      --property | --segment | --box) claim+=("$1" "${2:?}") && image+=("$1" "$2") && shift ;;
      --region) region=("$1" "${2:?}") && shift ;;
      --endpoint) claim+=("$1" "${2:?}") && shift ;;
      *) image+=("$1") ;;
    esac
    shift
  done
  [[ -n $out ]] || { help_of "${BASH_SOURCE[0]}" >&2 && exit 2; }
  local iso=()
  if command -v xorriso >/dev/null; then
    iso=(--iso "$out/seed.iso")
  fi
  edgectl cloud claim "${region[@]}" "${claim[@]}" --out "$out/claim"
  edgectl image "${region[@]}" "${image[@]}" --claim "$out/claim" --out "$out/seed" "${iso[@]}"
}

main "$@"
