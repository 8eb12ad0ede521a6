"""What the cost benchmarks share: starting servers, redis-benchmark, CPU time, and the table.

Every target is measured in turns within one run, so that a drift of the machine's speed hits all
alike; figures are medians over the rounds, ratios those of each round's. Servers listen on free
ports of 127.0.0.1.
"""
import csv
import ctypes
import io
import os
import pathlib
import random
import signal
import socket
import statistics
import subprocess
import tempfile
import time

LIBC = ctypes.CDLL(None)  # loaded before any fork


def free_port():
    """Beside those of outgoing connections (from 32768 on) and of the tests (from 12000 on), which
    run at the same time: one of them might take it before the server does."""
    while True:
        port = random.randrange(5000, 12000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on 127.0.0.1:{port}")


def cpu_seconds(pid):
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def user_seconds(pid):
    """The part of it that is not the kernel's; in steps of 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def benchmark(port, arguments, requests):
    """Runs redis-benchmark; gives requests per second."""
    command = ["redis-benchmark", "-p", str(port), "-n", str(requests), "--csv", *arguments.split()]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(list(csv.reader(io.StringIO(output)))[-1][1])


def encode(args):
    """A command as a server reads it."""
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


class Client:
    """A connection for commands whose replies are one line or one bulk; errors are raised."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    def call(self, *args):
        self.socket.sendall(encode(args))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if line[:1] == b"$":
            size = int(line[1:])
            return None if size < 0 else self.file.read(size + 2)[:-2]
        if line[:1] == b"-":
            raise RuntimeError(line)
        return line[1:-2]

    def load(self, commands, batch=500):
        """Pipelines them, `batch` at once."""
        pending = []
        for command in commands:
            pending.append(encode(command))
            if len(pending) == batch:
                self.finish(pending)
        self.finish(pending)

    def finish(self, pending):
        self.socket.sendall(b"".join(pending))
        for _ in pending:
            self.reply()
        pending.clear()

    def info(self, field):
        """A number of INFO."""
        for line in self.call("INFO").decode().split("\r\n"):
            if line.startswith(field + ":"):
                return int(line.split(":")[1])


def die_with_parent():
    """In a new process: whatever ends the script, kill it too."""
    PR_SET_PDEATHSIG = 1
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Servers:
    """Processes and a directory for them, ended together."""

    def __enter__(self):
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        self.directory = tempfile.TemporaryDirectory()
        self.work = pathlib.Path(self.directory.name)
        self.processes = []
        return self

    def start(self, command, port):
        """Starts it and waits until it listens; gives (port, pid)."""
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                               preexec_fn=die_with_parent))
        wait_for(port)
        return port, self.processes[-1].pid

    def redis(self):
        port = free_port()
        return self.start(["redis-server", "--port", str(port), "--save", "",
                           "--dir", str(self.work)], port)

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(10)
        self.directory.cleanup()


def compare(targets, workloads, requests, rounds, baseline):
    """Prints CPU microseconds per request, their ratio to the baseline's, requests per second and
    resident memory. targets: name -> (port, pid); workloads: name -> (divisor of requests,
    arguments of redis-benchmark)."""
    print(f"{'workload':30} {'target':14} {'CPU us':>8} {'ratio':>6} {'req/s':>9} {'MiB':>6}")
    for name, (divisor, arguments) in workloads.items():
        count = requests // divisor
        rows = {target: [] for target in targets}
        for round_number in range(rounds + 1):  # round 0 warms up and fills the keys
            # Whoever comes first finds the machine otherwise than the last.
            order = list(targets) if round_number % 2 == 0 else list(reversed(targets))
            for target in order:
                port, pid = targets[target]
                if round_number == 0 and "-t get" in arguments:
                    benchmark(port, arguments.replace("-t get", "-t set"), count)
                before = cpu_seconds(pid)
                rate = benchmark(port, arguments, count)
                cost = (cpu_seconds(pid) - before) / count * 1e6
                if round_number > 0:
                    rows[target].append((cost, rate, resident_mib(pid)))
        medians = {t: [statistics.median(column) for column in zip(*r)] for t, r in rows.items()}
        for target, (cost, rate, memory) in medians.items():
            ratio = statistics.median(
                own[0] / other[0] for own, other in zip(rows[target], rows[baseline]))
            print(f"{name:30} {target:14} {cost:8.2f} {ratio:6.2f} {rate:9.0f} {memory:6.1f}",
                  flush=True)
