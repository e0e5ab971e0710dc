#!/usr/bin/env python3
"""Twenty thousand subscribers at once: each gets the one span that is sent, once, and a goodbye when the broker stops.

  connections.py --ark ARK [--count N]

Skipped, aloud, where the limit of open files forbids it.
"""
import argparse
import json
import pathlib
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SPARE_FILES = 500  # of the broker: journal, store, listeners
PORTS_AN_ADDRESS = 10_000  # connections from one source address: ephemeral ports are some 28,000
REQUEST = b"GET /v1/stream?topics=span&snapshot=false HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n"


def fail(text):
    raise SystemExit(f"FAILED: {text}")


def raise_limit(wanted):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except (ValueError, PermissionError):
            print(f"SKIPPED: {wanted:,} open files are needed, the hard limit is {hard:,}")
            sys.exit(0)
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Broker:
    def __init__(self, ark, data, count):
        self.process = subprocess.Popen(
            [ark, "broker", "--data", str(data), "--log-level", "error", "--listen", "127.0.0.1:0", "--otlp-listen", "127.0.0.1:0",
             "--grpc-listen", "127.0.0.1:0", "--connections-max", str(count + 100), "--subscribers-max", str(count)],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().strip()
        if not line.startswith("ready"):
            fail(f"the broker did not become ready: {line!r}")
        parts = dict(part.split("=", 1) for part in line.split()[1:])
        self.http, self.otlp = parts["http"], parts["otlp"]

    def subscribers(self):
        with urllib.request.urlopen(f"http://{self.http}/v1/status", timeout=30) as response:
            return json.load(response)["stream"]["subscribers"]

    def send_span(self):
        now = time.time_ns()
        span = {"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0102030405060708", "name": "one",
                "startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 1)}
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
        request = urllib.request.Request(f"http://{self.otlp}/v1/traces", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            if response.status != 200:
                fail(f"the span was answered with {response.status}")


class Subscribers:
    def __init__(self, address, count):
        host, port = address.rsplit(":", 1)
        self.poll = select.epoll()
        self.sockets = {}
        self.texts = {}
        for i in range(count):
            one = socket.create_connection((host, int(port)), 30, (f"127.0.0.{2 + i // PORTS_AN_ADDRESS}", 0))
            one.sendall(REQUEST)
            one.setblocking(False)
            self.sockets[one.fileno()] = one
            self.texts[one.fileno()] = b""
            self.poll.register(one.fileno(), select.EPOLLIN)

    def read_until(self, mark, seconds):
        """Until all have read it."""
        missing = {number for number, text in self.texts.items() if mark not in text}
        end = time.monotonic() + seconds
        while missing:
            if time.monotonic() > end:
                fail(f"{len(missing):,} subscribers without {mark!r} after {seconds} s")
            for number, _ in self.poll.poll(0.5):
                got = self.sockets[number].recv(65536)
                if not got:
                    self.poll.unregister(number)
                self.texts[number] += got
                if mark in self.texts[number]:
                    missing.discard(number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ark", required=True)
    parser.add_argument("--count", type=int, default=20_000)
    options = parser.parse_args()
    raise_limit(options.count + SPARE_FILES)
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(options.ark, pathlib.Path(folder) / "data", options.count)
        try:
            began = time.monotonic()
            subscribers = Subscribers(broker.http, options.count)
            subscribers.read_until(b"event: sync", 120)
            opened = time.monotonic()
            if broker.subscribers() != options.count:
                fail(f"{broker.subscribers():,} subscribers of {options.count:,}")
            broker.send_span()
            subscribers.read_until(b"event: span", 60)
            delivered = time.monotonic()
            broker.process.send_signal(signal.SIGTERM)
            subscribers.read_until(b"event: bye", 60)
            if broker.process.wait(60) != 0:
                fail(f"the broker ended with {broker.process.returncode}")
        finally:
            broker.process.kill()
            broker.process.wait()
        twice = sum(text.count(b"event: span") != 1 for text in subscribers.texts.values())
        if twice:
            fail(f"{twice:,} subscribers saw the span twice")
    print(f"{options.count:,} subscribers: open after {opened - began:.1f} s, the span everywhere {delivered - opened:.1f} s later")


if __name__ == "__main__":
    main()
