"""A real slotway over two real slotway-stores and an embedded one, under load, scraped by a real Prometheus.

Everything listens on 127.0.0.1 and on ports that were free a moment before, has its files in a
directory of its own, and ends with the `with` block.
"""

import json
import pathlib
import random
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"

PROXY = """\
admin: 127.0.0.1:{admin}
workers: 2
pools:
  main:
    listen: 127.0.0.1:{port}
    shards:
      a: {{ primary: 127.0.0.1:{a} }}
      b: {{ primary: 127.0.0.1:{b} }}
      c: {{ primary: embedded }}
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def wait_for(what, seconds, condition):
    """The first true value of `condition`; what it raises or gives until then does not matter."""
    end = time.monotonic() + seconds
    while True:
        try:
            value = condition()
            if value:
                return value
            trouble = value
        except (OSError, urllib.error.URLError, ValueError) as error:
            trouble = error
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s; at last: {trouble}")
        time.sleep(0.1)


def request(*words):
    words = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


class Load(threading.Thread):
    """Commands of all kinds, errors among them, and keys that are hot for two seconds each."""

    def __init__(self, port):
        super().__init__()
        self.port = port
        self.stopping = threading.Event()
        self.trouble = None

    def batch(self, random_, hot):
        commands = [("GET", hot), ("INCR", hot + ":writes")] * 30
        for _ in range(10):
            n = random_.randrange(2000)
            commands += [
                ("SET", f"string:{n}", "x" * 100),
                ("SET", f"short:{n}", 1, "PX", 200),
                ("GET", f"string:{random_.randrange(4000)}"),
                ("LPUSH", f"list:{n % 50}", n),
                ("LTRIM", f"list:{n % 50}", 0, 100),
                ("HSET", f"hash:{n}", n, n),
                ("SADD", f"set:{n % 50}", n),
                ("ZADD", f"zset:{n % 50}", n, n),
            ]
        commands += [("INCR", f"list:{n % 50}"), ("MGET", "string:1", "string:2")]
        return b"".join(request(*command) for command in commands), len(commands)

    def run(self):
        try:
            random_ = random.Random(7)
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
                replies = connection.makefile("rb")
                while not self.stopping.is_set():
                    bytes_, count = self.batch(random_, f"hot:{int(time.monotonic() / 2)}")
                    connection.sendall(bytes_)
                    for _ in range(count):
                        self.read_reply(replies)
                    time.sleep(0.01)
        except Exception as error:  # the test is to fail by it, not the thread alone
            self.trouble = error

    def read_reply(self, replies):
        line = replies.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("the proxy has closed the connection")
        if line[:1] == b"$" and int(line[1:]) >= 0:
            replies.read(int(line[1:]) + 2)
        elif line[:1] == b"*":
            for _ in range(int(line[1:])):
                self.read_reply(replies)


class RunningSystem:
    """`programs` is the directory with slotway and slotway-store."""

    def __init__(self, programs):
        self.programs = pathlib.Path(programs)
        self.running = []
        self.load = None

    def __enter__(self):
        try:
            self.directory = tempfile.TemporaryDirectory(prefix="slotway-examples-")
            self.path = pathlib.Path(self.directory.name)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.load:
            self.load.stopping.set()
            self.load.join()
        for process in reversed(self.running):
            process.terminate()
        codes = [process.wait(timeout=30) for process in reversed(self.running)]
        self.running = []
        self.directory.cleanup()
        assert not any(codes), f"exit codes: {codes}"

    def run(self, name, *words):
        log = open(self.path / f"{name}.log", "wb")
        self.running.append(
            subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        log.close()

    def start(self):
        a, b, port, prometheus = free_ports(4)
        admin, *admin_of_stores = free_ports(3)
        for name, own, own_admin in (("a", a, admin_of_stores[0]), ("b", b, admin_of_stores[1])):
            self.run(f"store-{name}", self.programs / "slotway-store", "--port", str(own),
                     "--admin-address", f"127.0.0.1:{own_admin}")
        config = self.path / "slotway.yaml"
        config.write_text(PROXY.format(admin=admin, port=port, a=a, b=b))
        self.run("slotway", self.programs / "slotway", "--config", config)
        self.proxy = f"http://127.0.0.1:{admin}"
        self.stores = [f"http://127.0.0.1:{each}" for each in admin_of_stores]
        for admin_url in [self.proxy, *self.stores]:
            wait_for(f"{admin_url} is ready", 20, lambda url=admin_url: get(url + "/readyz"))
        self.prometheus = f"http://127.0.0.1:{prometheus}"
        self.start_prometheus(prometheus, admin, admin_of_stores)
        self.load = Load(port)
        self.load.start()

    def start_prometheus(self, port, admin, admin_of_stores):
        """By the example's own files; only the addresses and the pace are others."""
        text = (EXAMPLES / "prometheus/prometheus.yml").read_text()
        stores = ", ".join(f'"127.0.0.1:{each}"' for each in admin_of_stores)
        for pattern, replacement in ((r'"127\.0\.0\.1:9180"', f'"127.0.0.1:{admin}"'),
                                     (r'"127\.0\.0\.1:9181"', stores),
                                     (r"(scrape|evaluation)_interval: 15s", r"\1_interval: 1s")):
            text, count = re.subn(pattern, replacement, text)
            assert count > 0, pattern
        (self.path / "prometheus.yml").write_text(text)
        (self.path / "alerts.yml").write_bytes((EXAMPLES / "prometheus/alerts.yml").read_bytes())
        self.run("prometheus", "prometheus", f"--config.file={self.path}/prometheus.yml",
                 f"--storage.tsdb.path={self.path}/data", f"--web.listen-address=127.0.0.1:{port}",
                 "--log.level=warn")
        wait_for("Prometheus is ready", 20, lambda: get(self.prometheus + "/-/ready"))

    def ask_prometheus(self, page, **parameters):
        url = f"{self.prometheus}/api/v1/{page}?{urllib.parse.urlencode(parameters)}"
        return json.loads(get(url))["data"]

    def metrics(self):
        """The text of /metrics, of the proxy and of the first store."""
        return get(self.proxy + "/metrics"), get(self.stores[0] + "/metrics")
