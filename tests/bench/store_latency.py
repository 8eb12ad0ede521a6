#!/usr/bin/env python3
"""How long a cheap command waits while a storage server is busy with itself, beside redis-server.

One connection sends GET as fast as it is answered and notes the slowest while another causes the
work: the growth of the tables, a million keys that expire in one second, FLUSHALL ASYNC, UNLINK of
a set of ten million members, eviction, a million keys in one slot. What was given back is written
anew afterwards: it is then that an allocator catches up. "idle" is the same probe with
nothing going on: what this machine adds by itself. Medians of the rounds' maxima.

Usage: store_latency.py [--store PATH] [--rounds 3] [--scale 1.0] [--only NAME,...]

Needs (Debian): redis-server gcc.  --scale 0.1 is for a quick look.
"""
import argparse
import os
import signal
import statistics
import subprocess
import time

import cost

# The probe is in C: an interpreter has pauses of its own.
PROBE = r"""
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static void on_signal(int unused) { (void)unused; stop = 1; }
static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}
static int by_value(const void* a, const void* b) {
  const float x = *(const float*)a, y = *(const float*)b;
  return (x > y) - (x < y);
}
int main(int argc, char** argv) {
  (void)argc;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  const size_t room = 20000000;
  float* all = malloc(room * sizeof *all);
  size_t count = 0;
  char reply[256];
  const char* get = "*2\r\n$3\r\nGET\r\n$5\r\nprobe\r\n";
  if (connect(fd, (struct sockaddr*)&to, sizeof to) != 0) return 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  signal(SIGTERM, on_signal);
  while (!stop && count < room) {
    const double begin = now_us();
    if (write(fd, get, strlen(get)) <= 0) return 2;
    if (read(fd, reply, sizeof reply) <= 0) return 3;
    all[count++] = (float)(now_us() - begin);
    usleep(100);
  }
  qsort(all, count, sizeof *all, by_value);
  printf("%zu %.1f %.1f %.1f\n", count, all[count / 2], all[count * 999 / 1000], all[count - 1]);
  return 0;
}
"""


# Each: what is there before, and what happens under the probe.

def idle(client, scale):
    yield
    time.sleep(2)


def growth(client, scale):
    yield
    client.load((("SET", b"key:%012d" % i, b"x" * 16) for i in range(int(2000000 * scale))))


def one_slot(client, scale):
    yield
    client.load((("SET", b"{tag}:%012d" % i, b"x" * 16) for i in range(int(1000000 * scale))))


def expiry(client, scale):
    at = int(time.time() * 1000) + int(20000 * scale) + 2000
    client.load((("SET", b"key:%012d" % i, b"x", "PXAT", at + i % 1000) for i in range(int(1000000 * scale))))
    yield
    while int(client.call("DBSIZE")) > 1 and time.time() * 1000 < at + 30000:
        time.sleep(0.2)


def flushall(client, scale):
    client.load((("SET", b"key:%012d" % i, b"x" * 16) for i in range(int(2000000 * scale))))
    yield
    client.call("FLUSHALL", "ASYNC")
    client.call("SET", "probe", "x")
    time.sleep(1.5)
    client.load((("SET", b"new:%012d" % i, b"x" * 16) for i in range(int(200000 * scale))))


def unlink(client, scale):
    members = int(10000000 * scale)
    client.load((["SADD", "large"] + [b"member:%09d" % m for m in range(i, min(i + 100, members))] for i in range(0, members, 100)), 20)
    yield
    client.call("UNLINK", "large")
    time.sleep(1.5)
    client.load((("SADD", "next", b"member:%09d" % i) for i in range(int(200000 * scale))))


def eviction(client, scale):
    client.load((("SET", b"key:%012d" % i, b"x" * 100) for i in range(int(500000 * scale))))
    used = client.info("used_memory")
    client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    client.call("CONFIG", "SET", "maxmemory", used)
    yield
    client.load((("SET", b"more:%012d" % i, b"x" * 100) for i in range(int(500000 * scale))))


SCENARIOS = [idle, growth, one_slot, expiry, flushall, unlink, eviction]


def measure(scenario, port, probe, scale):
    """Median, 99.9th percentile and maximum of the probe's waits, in microseconds."""
    client = cost.Client(port)
    client.call("SET", "probe", "x")
    steps = scenario(client, scale)
    next(steps)
    process = subprocess.Popen([probe, str(port)], stdout=subprocess.PIPE)
    time.sleep(0.1)
    # What makes the load gives way: with two processors the server would wait for it, not for itself.
    worker = os.fork()
    if worker == 0:
        os.nice(19)
        for _ in steps:
            pass
        os._exit(0)
    os.waitpid(worker, 0)
    process.send_signal(signal.SIGTERM)
    return [float(figure) for figure in process.communicate()[0].split()[1:]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", default="build/release/bin/slotway-store")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", default="")
    a = parser.parse_args()
    only = [name for name in a.only.split(",") if name]
    print(f"{'scenario':10} {'server':14} {'median us':>10} {'p99.9 us':>10} {'max us':>10}")
    for scenario in SCENARIOS:
        if only and scenario.__name__ not in only:
            continue
        rows = {"redis-server": [], "slotway-store": []}
        for _ in range(a.rounds):
            for name, figures in rows.items():
                with cost.Servers() as servers:
                    (servers.work / "probe.c").write_text(PROBE)
                    probe = str(servers.work / "probe")
                    subprocess.run(["gcc", "-O2", "-o", probe, probe + ".c"], check=True)
                    if name == "redis-server":
                        port = servers.redis()[0]
                    else:
                        port = cost.free_port()
                        servers.start([a.store, "--port", str(port)], port)
                    figures.append(measure(scenario, port, probe, a.scale))
        for name, figures in rows.items():
            medians = [statistics.median(column) for column in zip(*figures)]
            print(f"{scenario.__name__:10} {name:14} " + " ".join(f"{x:10.0f}" for x in medians),
                  flush=True)


if __name__ == "__main__":
    main()
