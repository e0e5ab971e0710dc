"""The rows of the controller: what it adds to each model call, and how many queries run at once. Used by bench/run.

Own overhead: a team whose one agent speaks a hundred times, over a scripted model without latency. The requests that the model
got are sent again, bare, over one kept connection; what the run took longer, divided by a hundred, is the controller's own: state,
messages, spans and events, the step made durable. Beside it stands the time of a write and fdatasync of the same size.

Many at once: each query calls a model that thinks for a while, a tool, and the model again. Held against the time that a
single such query takes in the same process.
"""
import atexit
import http.client
import http.server
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import threading
import time
import urllib.request

FREE = "127.0.0.1:0"
TURNS = 100
BASE = "/apis/ark.mckinsey.com/v1alpha1/namespaces/default"

SCRIPT = """
rules:
  - name: think
    when: {system: thinker, tool_results: none, tools: noop}
    pace: {first: %(think)s}
    reply: {calls: [{name: noop, arguments: {}}]}
  - name: thought
    when: {system: thinker}
    pace: {first: %(think)s}
    reply: I thought about it.
  - name: rest
    reply: One more word.
"""


class Started:
    def __init__(self, *command):
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # when a measurement fails half-way
        line = self.process.stdout.readline()
        if not line.startswith("ready"):
            raise SystemExit(f"{command[1]} did not become ready: {line!r}")
        self.http = dict(part.split("=", 1) for part in line.split()[1:])["http"]
        self.pid = self.process.pid
        self.connection = http.client.HTTPConnection(self.http, timeout=120)

    def call(self, method, path, body=None):
        self.connection.request(method, path, None if body is None else json.dumps(body), {"content-type": "application/json"})
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise SystemExit(f"{method} {path}: {response.status} {text[:300]}")
        return json.loads(text) if text.startswith(b"{") else text.decode()

    def create(self, kind, plural, name, spec):
        self.call("POST", f"{BASE}/{plural}", {"apiVersion": "ark.mckinsey.com/v1alpha1", "kind": kind, "metadata": {"name": name},
                                               "spec": spec})

    def rss_mib(self):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0

    def cpu_seconds(self):
        fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Recording(http.server.ThreadingHTTPServer):
    """Passes requests on to the model and keeps them, to be sent again."""
    daemon_threads = True

    def __init__(self, model):
        self.model, self.bodies = model, []
        super().__init__(("127.0.0.1", 0), RecordingHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class RecordingHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append(body)
        request = urllib.request.Request(f"http://{self.server.model}{self.path}", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request) as response:
            answer, kind = response.read(), response.headers["content-type"]
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def model_at(address):
    return {"provider": "openai", "model": {"value": "mock"},
            "config": {"openai": {"baseUrl": {"value": f"http://{address}/v1"}, "apiKey": {"value": "none"}}}}


def run_query(controller, name, target):
    """Seconds from the first to the last step, by the run's own clock."""
    controller.create("Query", "queries", name, {"input": "go", "target": target})
    while True:
        status = controller.call("GET", f"{BASE}/queries/{name}").get("status", {})
        if status.get("phase") == "done":
            break
        if status.get("phase") in ("error", "canceled"):
            raise SystemExit(f"{name}: {status}")
        time.sleep(0.02)
    return duration_seconds(status["duration"])


def duration_seconds(text):
    """Of Ark's text of a duration: "1m4s553ms"."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([a-z]+)", text))


def bare_seconds(address, bodies):
    """The same requests over one connection, nothing else."""
    host, port = address.split(":")
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    requests = [f"POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\n\r\n".encode() + body for body in bodies]
    began = time.monotonic()
    for request in requests:
        connection.sendall(request)
        answer = b""
        while True:
            answer += connection.recv(1 << 16)
            head, separator, body = answer.partition(b"\r\n\r\n")
            if not separator:
                continue
            fields = head.lower()
            if b"content-length: " in fields:
                if len(body) >= int(fields.split(b"content-length: ")[1].split(b"\r\n")[0]):
                    break
            elif body.endswith(b"0\r\n\r\n"):
                break
    seconds = time.monotonic() - began
    connection.close()
    return seconds


def sync_seconds(folder, size):
    """One append and fdatasync, the median of a hundred."""
    file = os.open(folder / "sync", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    times = []
    for _ in range(100):
        began = time.monotonic()
        os.write(file, b"x" * size)
        os.fdatasync(file)
        times.append(time.monotonic() - began)
    os.close(file)
    return statistics.median(times)


def start(ark, folder, broker, think, *arguments):
    script = pathlib.Path(folder) / "script.yaml"
    script.write_text(SCRIPT % {"think": think})
    model = Started(ark, "mock-llm", "--script", script, "--listen", FREE)
    controller = Started(ark, "controller", "--data", folder / "controller", "--listen", FREE, "--log-level", "error",
                         "--broker", f"http://{broker.http}", "--no-model-probes", *arguments)
    controller.create("Model", "models", "default", model_at(model.http))
    return model, controller


def overhead(options, ark, folder, broker, row, note):
    model, controller = start(ark, folder, broker, "0ms")
    recording = Recording(model.http)
    controller.create("Agent", "agents", "talker", {"prompt": "You talk."})
    team = {"strategy": "sequential", "loops": True, "maxTurns": TURNS, "members": [{"name": "talker", "type": "agent"}]}
    controller.create("Team", "teams", "talk", team)
    controller.create("Model", "models", "recorded", model_at(f"127.0.0.1:{recording.server_address[1]}"))
    controller.create("Agent", "agents", "heard", {"prompt": "You talk.", "modelRef": {"name": "recorded"}})
    controller.create("Team", "teams", "recorded", dict(team, members=[{"name": "heard", "type": "agent"}]))
    run_query(controller, "record", {"type": "team", "name": "recorded"})
    own = []
    cpu = []
    for turn in range(max(3, options.rounds)):
        bare = bare_seconds(model.http, recording.bodies)
        before = controller.cpu_seconds()
        run = run_query(controller, f"talk-{turn}", {"type": "team", "name": "talk"})
        cpu.append((controller.cpu_seconds() - before) / TURNS)
        own.append((run - bare) / TURNS)
        note(f"run {run * 1e3:.0f} ms, bare {bare * 1e3:.0f} ms for {TURNS} calls")
    sync = sync_seconds(folder, 8192)
    value = statistics.median(own) * 1e3
    row("controller: own overhead per model call",
        f"{value:.2f} ms ({value - sync * 1e3:.2f} ms without its fdatasync of {sync * 1e3:.2f} ms; "
        f"{statistics.median(cpu) * 1e3:.2f} ms of processor time, a team's turn included)", "1 ms", "0.2 ms", value <= 1)
    controller.stop()
    model.stop()


def many(options, ark, folder, broker, row, note, count, think_seconds):
    model, controller = start(ark, folder, broker, f"{think_seconds}s", "--max-concurrent-queries", str(count))
    controller.create("Agent", "agents", "thinker", {"prompt": "You are a thinker.", "tools": [{"type": "builtin", "name": "noop"}]})
    alone = run_query(controller, "alone", {"type": "agent", "name": "thinker"})
    before = controller.rss_mib()
    cpu = controller.cpu_seconds()
    began = time.monotonic()
    for i in range(count):
        controller.create("Query", "queries", f"q{i}", {"input": "go", "target": {"type": "agent", "name": "thinker"}})
    created = time.monotonic() - began
    most = 0
    rss = 0
    while True:
        metrics = dict(line.rsplit(" ", 1) for line in controller.call("GET", "/metrics").splitlines() if not line.startswith("#"))
        most = max(most, float(metrics["ark_controller_queries_running"]))
        rss = max(rss, controller.rss_mib())
        if float(metrics["ark_controller_queries_ended"]) >= count + 1:
            break
        time.sleep(0.2)
    took = time.monotonic() - began
    cpu = (controller.cpu_seconds() - cpu) / count
    failed = 0
    token = ""
    while True:
        page = controller.call("GET", f"{BASE}/queries?limit=500{token}")
        failed += sum(item["status"]["phase"] != "done" for item in page["items"])
        if not page["metadata"].get("continue"):
            break
        token = "&continue=" + page["metadata"]["continue"]
    note(f"{count} queries: created in {created:.1f} s, {failed} failed")
    holds = failed == 0 and most >= 0.95 * count
    row(f"controller: {count:,} queries at once in one process",
        f"{most:,.0f} at once, all ended {took:.1f} s after the first was created ({created:.1f} s to create them, {alone:.1f} s alone), "
        f"{failed} failed, {(rss - before) * 1024 / count:.0f} KiB and {cpu * 1e3:.1f} ms of processor time each", "1,000", "10,000", holds)
    controller.stop()
    model.stop()
