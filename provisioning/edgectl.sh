# Finds edgectl for the scripts of this directory; sourced by them.
# shellcheck shell=bash
#
# On a box it is installed; in this repository it is built. HOTEL_EDGECTL names another.

edgectl() {
  local root program
  root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
  for program in "${HOTEL_EDGECTL-}" "$(command -v edgectl || true)" \
    "${CARGO_TARGET_DIR:-$root/target}/release/edgectl" \
    "${CARGO_TARGET_DIR:-$root/target}/debug/edgectl"; do
    if [[ -n $program && -x $program ]]; then
      "$program" "$@"
      return
    fi
  done
  printf 'error: edgectl is not here; build it: cargo build --release --bin edgectl\n' >&2
  return 127
}

# help_of SCRIPT: the comment at its top.
help_of() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$1"
}

# wants_help ARGUMENT...
wants_help() {
  [[ ${1-} == --help || ${1-} == -h ]]
}
