# Sourced, not run: installs the Debian packages that are named and missing.
#
#   install_packages NAME...

# What building takes. The rest of the tools come with each script.
build_packages=(g++ cmake ninja-build pkg-config libuv1-dev libyaml-cpp-dev prometheus-cpp-dev
  libcivetweb-dev doctest-dev libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
  libhiredis-dev libmimalloc-dev)

install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
      missing+=("$name")
  done
  ((${#missing[@]} == 0)) && return 0
  local root=()
  ((EUID == 0)) || root=(sudo)
  echo "installing: ${missing[*]}"
  # Debian's redis-server and prometheus would start services; nothing here needs them.
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod +x "$policy"
    made_policy=1
  fi
  local code=0
  "${root[@]}" apt-get update -qq || code=$?
  ((code == 0)) && { "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || code=$?; }
  [[ $made_policy ]] && "${root[@]}" rm -f "$policy"
  return "$code"
}
