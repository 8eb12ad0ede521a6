#!/usr/bin/env bash
# One key suddenly takes 40 % of all reads: what that does to its shard, first without the detection
# of hot keys, then with it. Takes 15 seconds; prints each of them, and a summary.
#
#   examples/hot-key-demo.sh        # builds slotway and slotway-load first
#   examples/hot-key-demo.sh DIR    # takes them from DIR
#   RATE=5000 examples/hot-key-demo.sh    # reads a second; 20,000 if it is not given
#
# Three redis-servers and a slotway on free ports of 127.0.0.1, all ended at the end or by Ctrl-C. On
# Debian 12 it installs the packages that it needs.
set -euo pipefail
bin=$(readlink -f "${1:-/}")
rate=${RATE:-20000}
cd "$(dirname "$0")/.."
. examples/packages.sh

if (($# > 0)); then
  install_packages redis-server redis-tools
else
  install_packages "${build_packages[@]}" redis-server redis-tools
  [[ -f build/release/build.ninja ]] || cmake --preset release >/dev/null
  cmake --build --preset release --target slotway slotway_load
  bin=$PWD/build/release/bin
fi

calm_until=3 detect_at=8 seconds=14 # of the load; the key is hot from calm_until on
shards=(a b c)
dir=$(mktemp -d)
started=()
clean_up() {
  trap '' INT TERM
  ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
  wait
  rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Sets `port` to one of 127.0.0.1 that nobody listens at.
choose_port() {
  while :; do
    port=$((12000 + RANDOM % 20000))
    (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
  done
}

# Runs a command until it succeeds.
await() {
  for ((tries = 0; tries < 100; ++tries)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "this did not succeed within 10 s: $*" >&2
  cat "$dir/slotway.log" >&2
  exit 1
}

cli() { redis-cli -p "$1" "${@:2}"; }
is_up() { [[ $(cli "$1" PING) == PONG ]]; }

write_config() { # whether hot keys are detected
  cat >"$dir/slotway.yaml" <<YAML
admin: off
workers: 2
pools:
  main:
    listen: 127.0.0.1:$proxy
    shards:
      a: { primary: "127.0.0.1:${ports[0]}" }
      b: { primary: "127.0.0.1:${ports[1]}" }
      c: { primary: "127.0.0.1:${ports[2]}" }
    hot_keys: { detect: $1 }
YAML
}

ports=()
for shard in "${shards[@]}"; do
  choose_port
  redis-server --bind 127.0.0.1 --port "$port" --dir "$dir" --save '' --appendonly no \
    >"$dir/redis-$shard.log" 2>&1 &
  started+=($!)
  await is_up "$port"
  ports+=("$port")
done
choose_port
proxy=$port
write_config false
"$bin/slotway" --config "$dir/slotway.yaml" >"$dir/slotway.log" 2>&1 &
slotway=$!
started+=("$slotway")
await is_up "$proxy"
cli "$proxy" SUBSCRIBE __slotway__:hotkeys >"$dir/messages" 2>&1 &
started+=($!)
echo "slotway: 127.0.0.1:$proxy, three redis-servers behind it: 127.0.0.1 ${ports[*]}"

# Sets `gets` to how often each shard was asked so far.
count_gets() {
  local i stats
  for i in "${!ports[@]}"; do
    stats=$(cli "${ports[i]}" INFO commandstats)
    gets[i]=0
    [[ $stats =~ cmdstat_get:calls=([0-9]+) ]] && gets[i]=${BASH_REMATCH[1]}
  done
  return 0
}
# A number of a line of JSON.
field() {
  [[ $2 =~ \"$1\":([0-9.]+) ]] && printf '%.0f' "${BASH_REMATCH[1]}"
}

# An open loop: a read is due at its time, however long others take, and its latency counts from
# then.
exec {load_output}< <(exec "$bin/slotway-load" "127.0.0.1:$proxy" -w get --preload --keys 20000 \
  --connections 50 --pipeline 16 --rate "$rate" --seconds "$seconds" --every 1 --json \
  --flash-share 0.4 --flash-at "$calm_until" 2>&1)
started+=($!)

gets=(0 0 0)
total=
second=0
declare -A busiest p50 p99 rows
printf '\n%6s  %28s  %18s\n' '' 'reads a second at the shards' 'latency in us'
printf '%6s  %8s  %8s  %8s  %8s  %8s\n' second "${shards[@]}" p50 p99
while read -r line <&"$load_output"; do
  [[ $line == *'"report":"total"'* ]] && total=$line
  [[ $line == *'"report":"interval"'* ]] || continue
  ((second < seconds)) || continue # what is left when the time is over
  before=("${gets[@]}")
  count_gets
  most=0
  for i in "${!ports[@]}"; do
    asked[i]=$((gets[i] - before[i]))
    ((asked[i] > most)) && most=${asked[i]}
  done
  ((++second))
  what=
  ((second == calm_until + 1)) && what='<- a key is hot'
  ((second == detect_at + 1)) && what='<- hot keys are detected'
  printf '%6d  %8d  %8d  %8d  %8d  %8d  %s\n' "$second" "${asked[@]}" \
    "$(field p50_us "$line")" "$(field p99_us "$line")" "$what"

  # Seconds in which something changes count for neither.
  if ((second <= calm_until)); then
    phase=calm
  elif ((second <= detect_at)); then
    phase=without
  else
    phase=with
  fi
  if ((second != 1 && second != calm_until + 1 && second != detect_at + 1)); then
    rows[$phase]=$((${rows[$phase]:-0} + 1))
    busiest[$phase]=$((${busiest[$phase]:-0} + most))
    p50[$phase]=$((${p50[$phase]:-0} + $(field p50_us "$line")))
    p99[$phase]=$((${p99[$phase]:-0} + $(field p99_us "$line")))
  fi
  if ((second == detect_at)); then
    write_config true
    detected_from=$(date +%s%3N)
    kill -HUP "$slotway"
  fi
done

if [[ $total != *'"errors":0,"mismatches":0,"missing":0'* ]]; then
  echo "the load failed: ${total:-no report}" >&2
  exit 1
fi

printf '\n%-34s  %13s  %8s  %8s\n' 'mean of the seconds' 'busiest shard' p50 p99
print_phase() {
  local n=${rows[$1]}
  printf '%-34s  %11d/s  %5d us  %5d us\n' "$2" \
    $((busiest[$1] / n)) $((p50[$1] / n)) $((p99[$1] / n))
}
print_phase calm 'no key is hot'
print_phase without 'a key is hot, detection off'
print_phase with 'a key is hot, detection on'

while read -r message; do
  [[ $message == *'"event":"hot"'* ]] || continue
  [[ $message =~ \"key\":\"([^\"]*)\" ]] && key=${BASH_REMATCH[1]}
  printf '\n%s was announced as hot %d ms after the signal to detect hot keys: %d reads/s\n' "$key" \
    $(($(field at_ms "$message") - detected_from)) "$(field requests_per_second "$message")"
done <"$dir/messages"
