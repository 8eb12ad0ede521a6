#!/usr/bin/env bash
# Builds Slotway and runs it over three shards inside its own process: nothing else is needed.
# Ctrl-C stops it. On Debian 12 it installs the packages that the build needs.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/packages.sh

install_packages "${build_packages[@]}" redis-tools
[[ -f build/release/build.ninja ]] || cmake --preset release >/dev/null
cmake --build --preset release --target slotway slotway-store

cat <<'TEXT'

Slotway runs over three embedded shards. Their data ends with it. In another terminal, try

  redis-cli -p 6380 SET user:1 Ada              # any client, any language
  redis-cli -p 6380 MSET a 1 b 2 c 3            # keys of different shards, split and merged
  redis-cli -p 6380 CLUSTER KEYSLOT user:1      # which of the 16,384 slots
  redis-cli -p 6380 INFO shards
  redis-benchmark -p 6380 -t get,set -n 100000 -P 16 -q
  build/release/bin/slotway check examples/quickstart.yaml

The numbers for Prometheus are at http://127.0.0.1:9180/metrics

Ctrl-C stops it.

TEXT
exec build/release/bin/slotway --config examples/quickstart.yaml
