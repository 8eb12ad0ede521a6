#!/usr/bin/env python3
"""What examples/ has for operators, against the real Prometheus, promtool and systemd-analyze.

    tests/examples/examples_test.py build/release/bin
"""

import json
import math
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import metrics_table
from running_system import EXAMPLES, RunningSystem, free_ports, get, request, wait_for

ALERTS = EXAMPLES / "prometheus/alerts.yml"
ALERTS_TEST = EXAMPLES / "prometheus/alerts_test.yml"
DASHBOARD = EXAMPLES / "grafana/slotway.json"
RATE_INTERVAL = "10s"  # what Grafana makes of $__rate_interval, at a scrape each second


def promtool(*words, text=None):
    ran = subprocess.run(["promtool", *map(str, words)], input=text, capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


def names_in(expression):
    return set(re.findall(r"\b(?:slotway|process)_[a-z_]+\b", expression))


def dashboard_queries():
    """(title, query) of each, with the dashboard's variables as it would fill them in."""
    text = DASHBOARD.read_text()
    text = text.replace("$__rate_interval", RATE_INTERVAL)
    text = re.sub(r"\$(instance|pool|store)\b", ".*", text)
    for panel in json.loads(text)["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


class AlertsTest(unittest.TestCase):
    def test_each_fires_when_it_should(self):
        status, said = promtool("test", "rules", ALERTS_TEST)
        self.assertEqual(status, 0, said)

    def test_each_is_needed(self):
        """Without any one of the rules, the test of the rules fails."""
        rules = re.split(r"(?m)^(?=      - alert: )", ALERTS.read_text())
        self.assertGreater(len(rules), 8)
        for i in range(1, len(rules)):
            name = rules[i].split("\n", 1)[0]
            with self.subTest(name), tempfile.TemporaryDirectory() as directory:
                rule = re.sub(r"(?ms)expr: .*?^        (for|labels):",
                              r"expr: vector(0) > 1\n        \1:", rules[i])
                self.assertNotEqual(rule, rules[i])
                path = pathlib.Path(directory)
                (path / "alerts.yml").write_text("".join(rules[:i] + [rule] + rules[i + 1:]))
                shutil.copy(ALERTS_TEST, path)
                status, said = promtool("test", "rules", path / "alerts_test.yml")
                self.assertEqual(status, 1, said)
                self.assertIn("FAILED", said)

    def test_each_says_what_to_look_at(self):
        rules = ALERTS.read_text().split("- alert: ")[1:]
        for rule in rules:
            for word in ("severity: ", "summary: ", "description: "):
                self.assertIn(word, rule)

    def test_the_files_are_valid(self):
        status, said = promtool("check", "config", EXAMPLES / "prometheus/prometheus.yml")
        self.assertEqual(status, 0, said)


class SystemdTest(unittest.TestCase):
    """systemd itself need not run for it."""

    def setUp(self):
        self.path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for unit in (EXAMPLES / "systemd").iterdir():
            # The programs are where they were built.
            text = re.sub(r"/usr/local/bin/(slotway[a-z-]*)", rf"{programs}/\1", unit.read_text())
            (self.path / unit.name).write_text(text)

    def analyze(self, *words):
        ran = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True)
        return ran.returncode, ran.stdout + ran.stderr

    def test_the_units_are_valid(self):
        units = [str(unit) for unit in self.path.iterdir()]
        self.assertEqual(len(units), 3)
        status, said = self.analyze("verify", "--man=no", *units)
        # It may have something to say about units of this machine, too.
        self.assertEqual([line for line in said.splitlines() if "slotway" in line], [])
        self.assertEqual(status, 0, said)

    def test_what_is_wrong_would_be_found(self):
        unit = self.path / "slotway.service"
        unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHoe="))
        self.assertIn("ProtectHoe", self.analyze("verify", "--man=no", str(unit))[1])

    def test_the_services_may_do_little(self):
        for unit in self.path.glob("*.service"):
            # Of 100; an unprotected service has 96.
            status, said = self.analyze("security", "--offline=true", "--no-pager",
                                        "--threshold=20", str(unit))
            self.assertEqual(status, 0, said)


class RunningTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(RunningSystem(programs))
        cls.texts = metrics_table.tell_all(cls.system)
        cls.families = {}
        for text in cls.texts:
            cls.families.update(metrics_table.families_of(text))

    def tearDown(self):
        self.assertIsNone(self.system.load.trouble)

    def test_promtool_has_no_complaint(self):
        for text in self.texts:
            status, said = promtool("check", "metrics", text=text)
            self.assertEqual(status, 0, said)

    def test_the_table_of_metrics_is_up_to_date(self):
        written = metrics_table.README.read_text().partition(metrics_table.BEGIN)[2]
        self.assertEqual(written, metrics_table.table(self.texts),
                         f"run tests/examples/metrics_table.py {programs}")

    def test_every_metric_that_is_asked_for_exists(self):
        known = set(self.families)
        for family in self.families.values():
            if family.type == "histogram":
                known |= {family.name + suffix for suffix in metrics_table.SUFFIXES}
        expressions = re.findall(r"(?ms)expr: (.*?)^        (?:for|labels):", ALERTS.read_text())
        expressions += [query for _, query in dashboard_queries()]
        asked = set().union(*map(names_in, expressions))
        self.assertGreater(len(asked), 40)
        self.assertEqual(asked - known, set())

    def test_prometheus_evaluates_the_rules(self):
        def rules():
            groups = self.system.ask_prometheus("rules")["groups"]
            every = [rule for group in groups for rule in group["rules"]]
            return all(rule["health"] == "ok" for rule in every) and every
        self.assertEqual(len(wait_for("all rules are evaluated", 20, rules)),
                         ALERTS.read_text().count("- alert: "))

    def test_every_query_of_the_dashboard_gives_numbers(self):
        queries = list(dashboard_queries())
        self.assertGreater(len(queries), 60)
        self.assertNotIn("vector(", DASHBOARD.read_text())
        without = {query: title for title, query in queries}

        def all_have_numbers():
            for query in list(without):
                result = self.system.ask_prometheus("query", query=query)["result"]
                if any(not math.isnan(float(each["value"][1])) for each in result):
                    del without[query]
            if without:
                raise ValueError(f"nothing for {without}")
            return True
        # What comes now and then, such as a key that becomes hot, may be missing at one moment.
        wait_for("numbers for each query", 40, all_have_numbers)

    def test_the_choices_of_the_dashboard_are_not_empty(self):
        variables = json.loads(DASHBOARD.read_text())["templating"]["list"]
        queries = [each["definition"] for each in variables if each["type"] == "query"]
        self.assertEqual(len(queries), 3)
        for query in queries:
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()
            values = self.system.ask_prometheus(f"label/{label}/values", **{"match[]": metric})
            self.assertTrue(values, query)

    def test_a_store_says_what_it_holds(self):
        def value(line):
            return float(re.search(rf"(?m)^{re.escape(line)} (.*)$", self.texts[1]).group(1))
        types = ["string", "list", "set", "zset", "hash"]
        by_type = [value(f'slotway_store_keys_by_type{{type="{each}"}}') for each in types]
        self.assertTrue(all(by_type), by_type)
        self.assertEqual(sum(by_type), value('slotway_store_keys{db="0"}'))
        self.assertEqual(value('slotway_store_keys_by_type{type="stream"}'), 0)
        self.assertGreater(value('slotway_store_commands_total{command="get"}'), 0)
        self.assertGreater(value('slotway_store_errors_total{code="WRONGTYPE"}'), 0)
        for name in ("memory_used_bytes", "keyspace_hits_total", "keyspace_misses_total",
                     "expired_keys_total", "received_bytes_total", "sent_bytes_total", "clients"):
            self.assertGreater(value(f"slotway_store_{name}"), 0, name)
        self.assertEqual(get(self.system.stores[0] + "/healthz"), "ok\n")

    def test_an_embedded_store_is_among_the_metrics_of_the_proxy(self):
        labels = r'\{pool="main",shard="c",db="0"\}'
        keys = re.search(rf"(?m)^slotway_store_keys{labels} (\d+)$", self.texts[0])
        self.assertGreater(int(keys.group(1)), 0)


class StoreTest(unittest.TestCase):
    """A slotway-store by itself."""

    def setUp(self):
        self.path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.port, self.admin = free_ports(2)

    def start(self, settings):
        (self.path / "store.conf").write_text(settings)
        store = subprocess.Popen([f"{programs}/slotway-store", "--port", str(self.port),
                                  "--config", self.path / "store.conf"], stderr=subprocess.DEVNULL)
        self.addCleanup(store.wait)
        self.addCleanup(store.terminate)

    def status(self, page, **headers):
        ask = urllib.request.Request(f"http://127.0.0.1:{self.admin}{page}", headers=headers)
        try:
            with urllib.request.urlopen(ask, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def test_others_than_this_machine_need_a_token(self):
        ran = subprocess.run([f"{programs}/slotway-store", "--port", str(self.port),
                              "--admin-address", f"0.0.0.0:{self.admin}"],
                             capture_output=True, text=True, timeout=20)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("expected a loopback address, or an admin-token", ran.stderr)

    def test_the_token_is_asked_for(self):
        self.start(f"admin-address 127.0.0.1:{self.admin}\nadmin-token long-enough\n")
        wait_for("the store answers", 20, lambda: self.status("/healthz") == 200)
        self.assertEqual(self.status("/metrics"), 401)
        self.assertEqual(self.status("/metrics", Authorization="Bearer long-enough"), 200)
        self.assertEqual(self.status("/metrics", Authorization="Bearer long-enouhg"), 401)

    def test_a_busy_store_says_so_and_still_has_metrics(self):
        self.start(f"admin-address 127.0.0.1:{self.admin}\n")
        wait_for("the store is ready", 20, lambda: self.status("/readyz") == 200)
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(request("DEBUG", "SLEEP", "8"))
            wait_for("it is not ready", 8, lambda: self.status("/readyz") == 503)
            self.assertEqual(self.status("/metrics"), 200)
            self.assertEqual(client.recv(10), b"+OK\r\n")
            wait_for("the store is ready", 5, lambda: self.status("/readyz") == 200)


if __name__ == "__main__":
    programs = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
