# Sourced, not run: installs the Debian packages that are named and missing.
#
#   install_packages NAME...

# What building takes. The rest of the tools come with each script.
build_packages=(g++ cmake ninja-build pkg-config libuv1-dev libyaml-cpp-dev prometheus-cpp-dev
  libcivetweb-dev doctest-dev libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
  libhiredis-dev liblzf-dev libmimalloc-dev libssl-dev libxxhash-dev libcurl4-openssl-dev)

install_packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
      missing+=("$name")
  done
  ((${#missing[@]} == 0)) && return 0
  echo "installing: ${missing[*]}"
  install_without_services "${missing[@]}"
}

# Debian's redis-server and prometheus would start services; nothing here needs them. A policy that
# the machine has of its own stays as it is. A subshell, so that the traps end with it: whatever ends
# it, the policy that it made is gone.
install_without_services() (
  policy=/usr/sbin/policy-rc.d
  root=()
  ((EUID == 0)) || root=(sudo)
  if [[ ! -e $policy && ! -L $policy ]]; then
    trap 'trap "" HUP INT TERM; "${root[@]}" rm -f "$policy"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod +x "$policy"
  fi
  "${root[@]}" apt-get update -qq &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "$@" >/dev/null
)
