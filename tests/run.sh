#!/usr/bin/env bash
# Checks, builds and tests everything once: tests/run.sh [--long]
#
# --long adds the tests that take minutes. The last line counts the tests; the exit code is 0 only
# when nothing failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=provisioning/prerequisites.sh
source provisioning/prerequisites.sh

main() {
  case "$*" in
    "") ;;
    --long) export HOTEL_LONG=1 ;;
    *) fail "unknown arguments: $*; usage: tests/run.sh [--long]" ;;
  esac
  local target log status=0
  target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
  log=$target/tests.log

  require_rust
  require_node
  require_apt mosquitto ca-certificates postgresql-15 tzdata chromium libfaketime libnss3-tools \
    iproute2 nftables shellcheck xorriso zstd age curl openssl
  require_venv "$target/venv"
  export HOTEL_VENV=$target/venv
  require_npm components/console
  require_npm tests/peers
  require_npm tests/browser
  export HOTEL_PEERS=$PWD/tests/peers

  cargo x check
  say "checking the pages"
  npm run --silent --prefix components/console check
  say "building"
  build_pages "$target/debug"
  build_models "$target/debug" "$target/venv"
  cargo build --workspace --bins
  say "testing"
  run_tests 2>&1 | tee "$log" || status=$?
  say "took $((SECONDS / 60)) min $((SECONDS % 60)) s"
  count_tests "$log"
  return "$status"
}

run_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    local profile=default
    [[ -z ${HOTEL_LONG-} ]] || profile=long
    cargo nextest run --workspace --no-fail-fast --color never --profile "$profile"
  else
    cargo test --workspace --tests --no-fail-fast --color never
  fi
}

# Adds up the result lines of `cargo test`, or reads the summary of nextest.
count_tests() {
  grep -E '^test result: |^ +Summary \[' "$1" |
    grep -oE '[0-9]+ (passed|failed|timed out|exec failed|ignored|skipped)' |
    awk '
      { count[$2] += $1 }
      END {
        failed = count["failed"] + count["timed"] + count["exec"]
        skipped = count["ignored"] + count["skipped"]
        printf "%d passed, %d failed, %d skipped\n", count["passed"], failed, skipped
      }'
}

main "$@"
