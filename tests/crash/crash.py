#!/usr/bin/env python3
"""kill -9 at random moments under load: nothing acknowledged is lost, nothing is invented, order and receipts hold.

The oracle lives here, outside the broker: writers remember what was acknowledged with which receipt and what was sent without an
answer. After each kill the broker is started again and everything new is read through /v1/stream. An acknowledged span must
stand at exactly the offset its receipt names; an unanswered request must be there whole or not at all; nothing else may be
there. At the end the views must equal a rebuild from the journal.
"""
import argparse
import http.client
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

FREE_PORTS = ["--listen", "127.0.0.1:0", "--otlp-listen", "127.0.0.1:0", "--grpc-listen", "off"]


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def fixed64(number, value):
    return varint(number << 3 | 1) + struct.pack("<Q", value)


def attribute(key, text):
    return field(9, field(1, key.encode()) + field(2, field(1, text.encode())))


def encode_spans(sequence, count, rng):
    """An ExportTraceServiceRequest of `count` spans named by consecutive sequence numbers, over a few traces."""
    spans = b""
    now = time.time_ns()
    for i in range(count):
        trace = struct.pack(">QQ", 0xC0FFEE, rng.randrange(1, 200))
        span = (field(1, trace) + field(2, struct.pack(">Q", sequence + i + 1)) + field(5, b"n%d" % (sequence + i))
                + fixed64(7, now) + fixed64(8, now + 1000) + attribute("session.id", "s%d" % rng.randrange(20))
                + attribute("pad", "x" * rng.randrange(400)))
        spans += field(2, span)
    return field(1, field(2, spans))


class Broker:
    def __init__(self, ark, data, extra):
        self.command = [ark, "broker", "--data", data, "--log-level", "error", *FREE_PORTS, *extra]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            raise SystemExit(f"the broker did not become ready: {line!r}, exit {self.process.wait()}")
        parts = dict(part.split("=", 1) for part in line.split()[1:])
        self.http, self.otlp = parts["http"], parts["otlp"]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Writer(threading.Thread):
    """One connection in a closed loop. `acked` and `unanswered` belong to it until it is joined."""

    def __init__(self, address, oracle, seed):
        super().__init__(daemon=True)
        self.address, self.oracle, self.rng = address, oracle, random.Random(seed)
        self.acked, self.unanswered = [], []
        self.done = threading.Event()

    def run(self):
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        while not self.done.is_set():
            count = self.rng.choice([1, 1, 1, 2, 7, 30])
            sequence = self.oracle.take(count)
            body = encode_spans(sequence, count, self.rng)
            try:
                connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                self.unanswered.append((sequence, count))
                return
            if response.status != 200:
                raise SystemExit(f"unexpected answer {response.status}")
            self.acked.append((sequence, count, response.headers["ark-receipt"]))


class Oracle:
    def __init__(self):
        self.lock = threading.Lock()
        self.next = 0
        self.expected = {}     # offset -> sequence, proven by receipts
        self.maybe = {}        # sequence -> (first, count) of unanswered requests
        self.seen = []         # sequence by offset, read back; what was read once is not read again
        self.stored = set()    # the same, for what is asked by sequence
        self.acknowledged = set()
        self.proven = []       # (offset, sequence) of receipts since the last check
        self.checked = 0       # offsets below are accounted for
        self.cursor = None
        self.epoch = None

    def take(self, count):
        with self.lock:
            first = self.next
            self.next += count
            return first

    def learn(self, writer):
        for first, count, receipt in writer.acked:
            epoch, end = receipt.split("-")
            if self.epoch is None:
                self.epoch = epoch
            require(epoch == self.epoch, f"epoch changed from {self.epoch} to {epoch}")
            base = int(end, 16) - count
            for i in range(count):
                require(base + i not in self.expected, f"two receipts for offset {base + i}")
                self.expected[base + i] = first + i
                self.acknowledged.add(first + i)
                self.proven.append((base + i, first + i))
        for first, count in writer.unanswered:
            for i in range(count):
                self.maybe[first + i] = (first, count)

    def read_back(self, broker):
        """Everything from the last cursor to the journal's end, in order. Nobody writes meanwhile, so the end stands still."""
        host, port = broker.http.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=300)
        connection.request("GET", "/v1/status")
        end = json.loads(connection.getresponse().read())["journal"]["end"]
        if int(end.split("-")[1], 16) == len(self.seen):
            return connection.close()
        since = self.cursor or "start"
        connection.request("GET", f"/v1/stream?topics=span&snapshot=false&since={since}")
        response = connection.getresponse()
        require(response.status == 200, f"stream: {response.status} {response.read(300) if response.status != 200 else ''}")
        frame = {}
        while True:
            line = response.readline().decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                frame[name] = value
                continue
            if frame.get("event") == "span":
                self.note(json.loads(frame["data"]), frame.get("id"))
            require(frame.get("event") not in ("gap", "bye"), f"unexpected frame {frame}")
            if frame.get("id") == end:
                self.cursor = end
                break
            frame = {}
        connection.close()

    def note(self, span, cursor):
        offset = int(cursor.split("-")[1], 16) - 1
        require(offset == len(self.seen), f"offset {offset} follows {len(self.seen) - 1}: a hole or a repetition")
        sequence = int(span["name"][1:])
        require(sequence not in self.stored, f"span {sequence} is stored twice")
        self.seen.append(sequence)
        self.stored.add(sequence)

    def check(self):
        """What is new since the last check, which costs the same however much there is."""
        for offset, sequence in self.proven:
            found = self.seen[offset] if offset < len(self.seen) else None
            require(found == sequence, f"acknowledged span {sequence} is not at offset {offset}: {found}")
        self.proven = []
        for sequence in self.seen[self.checked:]:
            if sequence in self.acknowledged:
                continue
            require(sequence in self.maybe, f"span {sequence} was never sent")
            first, count = self.maybe[sequence]
            missing = [first + i for i in range(count) if first + i not in self.stored]
            require(not missing, f"half a request is stored: {missing} missing")
        self.checked = len(self.seen)

    def forget(self):
        """Everything that was read, so that all of it is read and checked once more; returns it."""
        self.cursor, told = None, self.seen
        self.seen, self.stored, self.checked = [], set(), 0
        self.proven = list(self.expected.items())
        return told


def require(condition, why):
    if not condition:
        print(f"FAILED: {why}", file=sys.stderr)
        os._exit(1)


def fingerprint(ark, data):
    out = subprocess.run([ark, "views", "fingerprint", "--data", data], capture_output=True, text=True)
    require(out.returncode == 0, f"views fingerprint: {out.stderr}")
    return out.stdout.split()[-1]


def check_views(ark, data):
    live = fingerprint(ark, data)
    out = subprocess.run([ark, "views", "rebuild", "--data", data], capture_output=True, text=True)
    require(out.returncode == 0, f"views rebuild: {out.stderr}")
    rebuilt = fingerprint(ark, data)
    require(live == rebuilt, f"views {live} differ from their rebuild {rebuilt}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ark", required=True)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--segment-bytes", default="4MiB", help="small, so that kills fall on rolling segments too")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    data = tempfile.mkdtemp(prefix="ark-crash-")
    broker = Broker(options.ark, data, ["--segment-bytes", options.segment_bytes])
    oracle = Oracle()
    slowest = 0.0
    for kill in range(options.kills):
        started = time.monotonic()
        broker.start()
        slowest = max(slowest, time.monotonic() - started)
        oracle.read_back(broker)
        oracle.check()
        writers = [Writer(broker.otlp, oracle, rng.random()) for _ in range(options.writers)]
        for writer in writers:
            writer.start()
        time.sleep(rng.choice([0.005, 0.02, 0.05, 0.1, 0.3]) * rng.random() * 2)
        broker.kill()
        for writer in writers:
            writer.done.set()
            writer.join()
            oracle.learn(writer)
        if (kill + 1) % 50 == 0:
            print(f"{kill + 1} kills, {len(oracle.expected)} acknowledged items, slowest start {slowest:.3f} s", flush=True)
    broker.start()
    oracle.read_back(broker)
    oracle.check()
    told_before = oracle.forget()
    oracle.read_back(broker)
    oracle.check()
    require(oracle.seen == told_before, "the journal tells another story than it told after the kills")
    broker.process.send_signal(signal.SIGTERM)
    require(broker.process.wait() == 0, "SIGTERM did not end cleanly")
    check_views(options.ark, data)
    shutil.rmtree(data)
    print(f"seed={options.seed} kills={options.kills} acknowledged={len(oracle.expected)} stored={len(oracle.seen)} "
          f"slowest_start={slowest:.3f}s: nothing lost, nothing invented, views equal their rebuild")


if __name__ == "__main__":
    main()
