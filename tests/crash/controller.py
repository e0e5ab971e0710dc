#!/usr/bin/env python3
"""kill -9 of a controller at random moments of running team queries: each ends as if nothing had happened, each step is taken
once, each trace is one coherent story.

The oracle lives here, outside the controller: in front of the scripted model and of the tools stand servers that note who asked
(the span of `traceparent`) and when. A step is the call of one span. What must hold:

- a query's answer is that of the same query undisturbed;
- a step is asked for again only over a kill, and never after its completion was recorded: no request of a span begins after the
  time of its Complete event, which is recorded together with the step;
- the broker's journal has each span once, each Start and each end event of a span once; every span has both; one root in each
  trace; every parent is there.
"""
import argparse
import calendar
import collections
import http.client
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

FREE = "127.0.0.1:0"

SCRIPT = """
pace: {first: 4ms, piece: 1ms, words: 8}
rules:
  - name: research
    when: {system: researcher, tool_results: none, tools: lookup}
    reply:
      calls:
        - {name: lookup, arguments: {word: "{{1}} north"}}
        - {name: lookup, arguments: {word: "{{1}} south"}}
        - {name: lookup, arguments: {word: "{{1}} west"}}
  - name: research-more
    when: {system: researcher, turn: 1}
    reply:
      calls: [{name: lookup, arguments: {word: "more of {{tool.lookup}}"}}]
  - name: researched
    when: {system: researcher}
    reply: "Found {{tool.lookup}}."
  - name: delegate
    when: {system: editor, tool_results: none, tools: checker}
    reply:
      calls: [{name: checker, arguments: {input: "check this"}}]
  - name: edited
    when: {system: editor}
    reply: "Edited after {{tool.checker}}."
  - name: check
    when: {system: checker, tool_results: none, tools: lookup}
    reply:
      calls: [{name: lookup, arguments: {word: "facts"}}]
  - name: checked
    when: {system: checker}
    reply: "checked with {{tool.lookup}}"
  - name: rest
    reply: "So it is."
"""


def require(condition, why):
    if not condition:
        print(f"FAILED: {why}", file=sys.stderr, flush=True)
        os._exit(1)


class Counting(http.server.ThreadingHTTPServer):
    """Notes each request by the span that makes it: (span, time in ns)."""
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answer):
        self.answer = answer
        self.lock = threading.Lock()
        self.asked = collections.defaultdict(list)
        self.open = 0  # connections
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait_until_read(self):
        """What a process that died had sent is noted before the next one sends anything."""
        quiet = 0
        while quiet < 3:
            quiet = quiet + 1 if self.open == 0 else 0
            time.sleep(0.003)

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        pass  # the controller died while it was answered


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        with self.server.lock:
            self.server.open += 1
        super().setup()

    def finish(self):
        with self.server.lock:
            self.server.open -= 1
        try:
            super().finish()
        except OSError:
            pass

    def do_POST(self):
        now = time.time_ns()
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        trace, span = self.headers["traceparent"].split("-")[1:3]
        with self.server.lock:
            self.server.asked[(trace, span)].append(now)
        status, kind, answer = self.server.answer(self.path, body, self.headers)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def tool_answer(_path, body, _headers):
    word = json.loads(body)["word"]
    time.sleep(0.001 * (1 + len(word) % 7))
    return 200, "text/plain", f"<{word}>".encode()


def model_behind(address):
    def answer(path, body, headers):
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.request("POST", path, body, {"content-type": "application/json", "authorization": headers["authorization"]})
        response = connection.getresponse()
        out = response.read()
        connection.close()
        return response.status, response.headers["content-type"], out
    return answer


class Ark:
    """A process that says when it is ready."""

    def __init__(self, ark, *arguments):
        self.command = [ark, *arguments]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        require(line.startswith("ready "), f"{self.command[1]} did not become ready: {line!r}, exit {self.process.poll()}")
        self.http = dict(part.split("=", 1) for part in line.split()[1:])["http"]
        return self

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait()
        self.process.stdout.close()
        return code

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.http}{path}", data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)


BASE = "/apis/ark.mckinsey.com/v1alpha1/namespaces/default"


def resource(kind, name, spec):
    return {"apiVersion": "ark.mckinsey.com/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


PLURALS = {"Model": "models", "Tool": "tools", "Agent": "agents", "Team": "teams", "Query": "queries"}


def create(controller, kind, name, spec):
    controller.call("POST", f"{BASE}/{PLURALS[kind]}", resource(kind, name, spec))


def set_up(controller, model, tools):
    create(controller, "Model", "default", {
        "provider": "openai", "model": {"value": "scripted"},
        "config": {"openai": {"baseUrl": {"value": f"http://{model}/v1"}, "apiKey": {"value": "none"}}}})
    create(controller, "Tool", "lookup", {
        "type": "http", "description": "Looks a word up.",
        "inputSchema": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
        "http": {"url": f"http://{tools}/lookup", "method": "POST", "body": '{"word":"{{.input.word}}"}',
                 "headers": [{"name": "content-type", "value": {"value": "application/json"}}]}})
    lookup = {"type": "custom", "name": "lookup"}
    create(controller, "Agent", "researcher", {"prompt": "You are a researcher.", "tools": [lookup]})
    create(controller, "Agent", "checker", {"prompt": "You are a checker.", "description": "Checks.", "tools": [lookup]})
    create(controller, "Tool", "checker", {"type": "agent", "description": "Checks.", "agent": {"name": "checker"}})
    create(controller, "Agent", "editor", {"prompt": "You are an editor.", "tools": [{"type": "agent", "name": "checker"}]})
    create(controller, "Agent", "writer", {"prompt": "You are a writer."})
    create(controller, "Team", "newsroom", {
        "strategy": "sequential", "members": [{"name": name, "type": "agent"} for name in ("researcher", "editor", "writer")]})


def ask(controller, name):
    create(controller, "Query", name, {"input": "What do we know?", "target": {"type": "team", "name": "newsroom"},
                                       "sessionId": f"session-{name}"})


def open_queries(controller):
    items = controller.call("GET", f"{BASE}/queries")["items"]
    return {item["metadata"]["name"]: item for item in items}


def wait_until_done(controller, names, seconds=60):
    until = time.monotonic() + seconds
    while True:
        queries = open_queries(controller)
        busy = [name for name in names if queries[name].get("status", {}).get("phase") not in ("done", "error", "canceled")]
        if not busy:
            return queries
        require(time.monotonic() < until, f"queries do not end: {busy}")
        time.sleep(0.02)


def wait_until_told(controller):
    """The outbox is empty; its gauge is a second old at most."""
    time.sleep(1.2)
    while True:
        with urllib.request.urlopen(f"http://{controller.http}/metrics", timeout=30) as response:
            text = response.read().decode()
        if "\nark_controller_telemetry_waiting_bytes 0\n" in text:
            return
        time.sleep(0.2)


def told(broker):
    """Every span and event in the journal, in order: raw, before any view puts them together."""
    def end():
        return broker.call("GET", "/v1/status")["journal"]["end"]
    # The controller's last words may still be on their way.
    before = None
    while before != end():
        before = end()
        time.sleep(0.3)
    spans, events = [], []
    host, port = broker.http.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("GET", "/v1/stream?topics=span,event&snapshot=false&since=start&view=full")
    response = connection.getresponse()
    require(response.status == 200, f"stream: {response.status}")
    frame = {}
    while frame.get("id") != before:
        frame = {}
        while True:
            line = response.readline().decode().rstrip("\n")
            if not line:
                break
            name, _, value = line.partition(": ")
            frame[name] = value
        if frame.get("event") == "span":
            spans.append(json.loads(frame["data"]))
        elif frame.get("event") == "event":
            events.append(json.loads(frame["data"]))
    connection.close()
    return spans, events


def nanos(text):
    """RFC 3339 with up to nine digits behind the second."""
    head, _, tail = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(head, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int((tail or "0").ljust(9, "0"))


def check_story(spans, events, queries):
    """One trace a query: one root, every parent, nothing twice, nothing half."""
    known = {item["metadata"]["uid"] for item in queries.values()}
    by_id = {}
    for span in spans:
        key = (span["traceId"], span["spanId"])
        require(key not in by_id, f"span {span['name']} {key} was told twice")
        by_id[key] = span
    roots = collections.Counter()
    for (trace, _), span in by_id.items():
        parent = span.get("parentSpanId")
        if parent:
            require((trace, parent) in by_id, f"the parent {parent} of {span['name']} is not there")
        else:
            roots[trace] += 1
    require(len(roots) == len(known), f"{len(roots)} traces for {len(known)} queries")
    require(set(roots.values()) == {1}, f"a trace has several roots: {roots}")
    phases = collections.defaultdict(collections.Counter)
    completed = {}
    for event in events:
        reason, key = event["reason"], (event["traceId"], event["spanId"])
        phase = next((phase for phase in ("Start", "Complete", "Error", "Canceled") if reason.endswith(phase)), None)
        phases[key][reason] += 1
        require(phases[key][reason] == 1, f"{reason} of {key} was told {phases[key][reason]} times")
        if phase == "Complete":
            completed[key] = nanos(event["time"])
    for key, span in by_id.items():
        reasons = phases.get(key, {})
        starts = [reason for reason in reasons if reason.endswith("Start")]
        require(len(starts) == 1, f"{span['name']} has the beginnings {starts}")
        require(starts[0].removesuffix("Start") + "Complete" in reasons, f"{span['name']} has no good end: {dict(reasons)}")
    for key in phases:
        require(key in by_id, f"events of {key} have no span: {dict(phases[key])}")
    return completed


def check_executions(servers, completed, kills):
    """Steps are repeated over kills only, and never once they were completed."""
    repeated = 0
    for server in servers:
        for span, times in server.asked.items():
            require(span in completed, f"a call of span {span} was made and never told")
            require(times[-1] <= completed[span], f"the call {span} was made again after it had been completed")
            for first, second in zip(times, times[1:]):
                require(any(first < kill < second for kill in kills), f"the call {span} was made twice without a kill between")
            repeated += len(times) - 1
    return repeated


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ark", required=True)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--queries", type=int, default=3, help="at once")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    data = tempfile.mkdtemp(prefix="ark-crash-controller-")
    with open(f"{data}/script.yaml", "w") as script:
        script.write(SCRIPT)
    mock = Ark(options.ark, "mock-llm", "--script", f"{data}/script.yaml", "--listen", FREE).start()
    broker = Ark(options.ark, "broker", "--data", f"{data}/broker", "--log-level", "error", "--listen", FREE, "--otlp-listen", FREE,
                 "--grpc-listen", "off").start()
    model, tools = Counting(model_behind(mock.http)), Counting(tool_answer)
    controller = Ark(options.ark, "controller", "--data", f"{data}/controller", "--log-level", "error", "--listen", FREE,
                     "--broker", f"http://{broker.http}", "--no-model-probes")  # every call is a step

    controller.start()
    set_up(controller, model.address, tools.address)
    ask(controller, "undisturbed")
    began = time.monotonic()
    expected = wait_until_done(controller, ["undisturbed"])["undisturbed"]["status"]
    length = time.monotonic() - began
    require(expected["phase"] == "done", f"undisturbed: {expected}")
    answer = expected["response"]["content"]
    calls = sum(len(times) for server in (model, tools) for times in server.asked.values())

    names, kills, asked = [], [], 0
    for kill in range(options.kills):
        queries = open_queries(controller)
        running = [name for name in names if queries[name].get("status", {}).get("phase") not in ("done", "error", "canceled")]
        for _ in range(options.queries - len(running)):
            names.append(f"q{asked}")
            ask(controller, names[-1])
            asked += 1
        time.sleep(rng.random() * length)
        controller.end(signal.SIGKILL)
        for server in (model, tools):
            server.wait_until_read()
        kills.append(time.time_ns())
        controller.start()
        if (kill + 1) % 25 == 0:
            print(f"{kill + 1} kills, {len(names)} queries", flush=True)
    queries = wait_until_done(controller, names)
    for name in names:
        status = queries[name]["status"]
        require(status["phase"] == "done" and status["response"]["content"] == answer, f"{name} ended otherwise: {status}")
        require(status["tokenUsage"] == expected["tokenUsage"], f"{name} counted otherwise: {status['tokenUsage']}")
    wait_until_told(controller)
    require(controller.end() == 0, "SIGTERM did not end cleanly")
    spans, events = told(broker)
    completed = check_story(spans, events, queries)
    repeated = check_executions((model, tools), completed, kills)
    broker.end()
    mock.end()
    shutil.rmtree(data)
    print(f"seed={options.seed} kills={options.kills} queries={len(names) + 1} calls={calls} each, spans={len(spans)}, "
          f"events={len(events)}, repeated in flight={repeated}: every answer as undisturbed, every step once, every trace whole")


if __name__ == "__main__":
    main()
