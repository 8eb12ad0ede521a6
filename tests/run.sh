#!/usr/bin/env bash
# Builds and runs every test. On Debian 12 it installs the packages that this needs.
#
#   tests/run.sh [PRESET ...]     presets: release debug asan tsan fuzz; without any: release
#
# The last lines are ctest's own summary of the last preset; of the tests only those that fail are
# shown, so that a log of which only the end is kept tells which they are.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/packages.sh

presets=("${@:-release}")
install_packages "${build_packages[@]}" redis-server redis-tools prometheus python3 \
  python3-redis clang libclang-rt-14-dev faketime systemd valgrind chromium fonts-dejavu-core tmux
command -v npm >/dev/null || install_packages nodejs npm
# Under build/, where Git does not look; their versions stand in the folders under tests/.
for folder in clients dashboard; do
  mkdir -p "build/$folder"
  cmp -s "tests/$folder/package-lock.json" "build/$folder/installed.json" && continue
  cp "tests/$folder/package.json" "tests/$folder/package-lock.json" "build/$folder/"
  npm ci --prefix "build/$folder" --ignore-scripts --no-audit --no-fund --silent
  cp "tests/$folder/package-lock.json" "build/$folder/installed.json"
done
for preset in "${presets[@]}"; do
  [[ -f build/$preset/build.ninja ]] || cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset"
done
for preset in "${presets[@]}"; do
  echo "== tests, preset $preset"
  ctest --preset "$preset" --parallel "$(nproc)" --output-on-failure 2>&1 |
    grep --line-buffered -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test .* Passed )'
done
