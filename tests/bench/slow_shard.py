#!/usr/bin/env python3
"""Sessions on a healthy shard while others keep asking a shard that is slow or stands still.

   tests/bench/slow_shard.py [--seconds 4] [--rounds 3] [--slotway build/release/bin/slotway]

One slotway with one worker and two shards: a redis-server, and a server of this script's own that answers at
once, after 500 ms, or (stopped by SIGSTOP) not at all. Eight clients keep 100 SETs of 1 KiB each unanswered at the second;
one client asks the first for a small value, one request at a time. Printed, as the median of the rounds: p50 and p99
of that client in milliseconds, the answers per second that the eight get, how many of them were errors, and the proxy's
resident memory at its most. Needs: redis-server.
"""
import argparse
import multiprocessing
import os
import signal
import socket
import statistics
import threading
import time

import cost
from latency import connect, encode, receive, small_client

CLIENTS, WINDOW, VALUE = 8, 100, 1024
SET = encode("SET", "key{a}", b"v" * VALUE)  # {a} has slot 15495, {b} slot 3300
PING = encode("PING")


def slow_server(port, delay):
    """Answers PING at once and everything else `delay.value` seconds after it came."""
    listener = socket.create_server(("127.0.0.1", port))

    def serve(sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rest = b""
        while data := sock.recv(1 << 18):
            rest += data
            if rest == PING:
                rest = b""
                sock.sendall(b"+PONG\r\n")
                continue
            pings = 0
            if rest.startswith(PING):  # the proxy's greeting, with requests behind it
                pings, rest = 1, rest[len(PING):]
                sock.sendall(b"+PONG\r\n")
            count, rest = len(rest) // len(SET), rest[len(rest) // len(SET) * len(SET):]
            if count and delay.value:
                threading.Timer(delay.value, sock.sendall, (b"+OK\r\n" * count,)).start()
            elif count:
                sock.sendall(b"+OK\r\n" * count)

    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def busy_client(port, stop, answers, errors):
    sock = connect(port)
    sock.settimeout(0.2)
    sock.sendall(SET * WINDOW)
    pending = b""
    while not stop.is_set():
        try:
            data = sock.recv(1 << 18)
        except TimeoutError:
            continue
        lines = (pending + data).split(b"\r\n")
        pending = lines.pop()
        with answers.get_lock():
            answers.value += len(lines)
        with errors.get_lock():
            errors.value += sum(line.startswith(b"-") for line in lines)
        sock.settimeout(5)
        sock.sendall(SET * len(lines))
        sock.settimeout(0.2)


def measure(port, pid, seconds):
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    answers, errors = multiprocessing.Value("q", 0), multiprocessing.Value("q", 0)
    busy = [multiprocessing.Process(target=busy_client, args=(port, stop, answers, errors)) for _ in range(CLIENTS)]
    for client in busy:
        client.start()
    time.sleep(0.5)
    small = multiprocessing.Process(target=small_client, args=(port, "small{b}", seconds, results))
    small.start()
    memory = 0.0
    end = time.time() + seconds
    while time.time() < end:
        memory = max(memory, cost.resident_mib(pid))
        time.sleep(0.1)
    p50, p99, _ = results.get(timeout=60)
    stop.set()
    for client in busy:
        client.join(10)
        if client.is_alive():
            client.kill()
    return p50, p99, answers.value / (seconds + 0.5), errors.value / (seconds + 0.5), memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slotway", default="build/release/bin/slotway")
    options = parser.parse_args()
    delay = multiprocessing.Value("d", 0.0)
    with cost.Servers() as servers:
        healthy, _ = servers.redis()
        slow, listen, admin = (cost.free_port() for _ in range(3))
        server = multiprocessing.Process(target=slow_server, args=(slow, delay), daemon=True)
        server.start()
        cost.wait_for(slow)
        (servers.work / "slotway.yaml").write_text(
            f"admin: 127.0.0.1:{admin}\nworkers: 1\npools:\n  main:\n    listen: 127.0.0.1:{listen}\n    shards:\n"
            f"      healthy: {{ primary: 127.0.0.1:{healthy}, slots: 0-8191 }}\n"
            f"      slow: {{ primary: 127.0.0.1:{slow}, slots: 8192-16383 }}\n")
        _, pid = servers.start([options.slotway, "--config", str(servers.work / "slotway.yaml")], listen)
        time.sleep(0.3)
        print(f"{'the other shard':24} {'p50':>8} {'p99':>8} {'answers/s':>10} {'errors/s':>9} {'MiB':>6}")
        for name, seconds, stopped in (("answers at once", 0.0, False), ("answers after 500 ms", 0.5, False),
                                       ("stands still", 0.0, True)):
            delay.value = seconds
            rows = []
            for _ in range(options.rounds):
                if stopped:
                    os.kill(server.pid, signal.SIGSTOP)
                rows.append(measure(listen, pid, options.seconds))
                if stopped:
                    os.kill(server.pid, signal.SIGCONT)
                    time.sleep(2)
            p50, p99, rate, failed, memory = (statistics.median(column) for column in zip(*rows))
            print(f"{name:24} {p50:8.3f} {p99:8.3f} {rate:10.0f} {failed:9.0f} {memory:6.1f}", flush=True)
        server.kill()


if __name__ == "__main__":
    main()
