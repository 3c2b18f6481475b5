#!/usr/bin/env bash
# How fast it is, beside the bare floor: tests/bench.sh [AREA...] [--json FILE]
#
# Areas: bus, gateway, inference, peer, print, sync, uplink. Builds for release first; run it on a machine that has
# nothing else to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=provisioning/prerequisites.sh
source provisioning/prerequisites.sh

target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
require_rust
require_node
require_apt mosquitto ca-certificates postgresql-15 tzdata chromium libnss3-tools iproute2
require_venv "$target/venv"
export HOTEL_VENV=$target/venv
if (($# == 0)) || [[ " $* " == *" inference "* ]]; then
  # In an environment of its own: its packages are older than ours.
  export HOTEL_MLSERVER=$target/mlserver
  [[ -x $HOTEL_MLSERVER/bin/mlserver ]] || {
    say "installing MLServer"
    python3 -m venv --clear "$HOTEL_MLSERVER"
    "$HOTEL_MLSERVER/bin/pip" install --quiet --disable-pip-version-check \
      --requirement tests/peers/mlserver/requirements.txt
  }
fi
require_npm components/console
require_npm tests/peers
require_npm tests/browser
say "building for release"
build_pages "$target/release"
build_models "$target/release" "$target/venv"
cargo build --workspace --bins --release
exec "$target/release/hotel-bench" "$@"
