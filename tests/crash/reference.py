#!/usr/bin/env python3
"""kill -9 under load on the reference's paths: what was acknowledged of messages, chunks, events and deletions holds.

Each writer works on ids of its own, so it alone knows what must be there: after a restart its lists are what was acknowledged,
with the one unanswered request whole or not at all. Sequence numbers ascend in the order of acknowledgements, are never given
twice and go on after a restart, also behind a deletion. At the end the views must equal a rebuild from the journal.
"""
import argparse
import http.client
import json
import random
import shutil
import signal
import tempfile
import threading
import time

from crash import Broker, check_views, require

KINDS = ["messages", "chunks", "events"]


class Lists:
    """What a writer has of each kind: numbers in the order in which they were written."""

    def __init__(self):
        self.of = {kind: [] for kind in KINDS}

    def after(self, request):
        later = Lists()
        later.of = {kind: list(numbers) for kind, numbers in self.of.items()}
        if request[0] == "erase":
            later.of[request[1]] = []
        else:
            later.of[request[0]] += request[1]
        return later


class Writer(threading.Thread):
    """One connection in a closed loop. `lists` and `unanswered` belong to it until it is joined."""

    def __init__(self, address, name, lists, next_number, rng):
        super().__init__(daemon=True)
        self.address, self.name_of_ids, self.lists, self.next, self.rng = address, name, lists, next_number, rng
        self.unanswered = None
        self.acknowledged = 0
        self.done = threading.Event()

    def run(self):
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        while not self.done.is_set():
            request = self.choose()
            method, path, body, kind = self.http_of(request)
            try:
                connection.request(method, path, body, {"content-type": kind})
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                self.unanswered = request
                return
            require(response.status in (200, 201), f"unexpected answer {response.status} to {method} {path}")
            self.lists = self.lists.after(request)
            self.acknowledged += 1

    def choose(self):
        kind = self.rng.choice(KINDS)
        if self.rng.random() < 0.03:
            return ("erase", self.rng.choice(["messages", "events"]))
        count = 1 if kind == "events" else self.rng.choice([1, 2, 5])
        numbers = list(range(self.next, self.next + count))
        self.next += count
        return (kind, numbers)

    def http_of(self, request):
        name = self.name_of_ids
        if request[0] == "erase":
            path = f"/queries/{name}/messages" if request[1] == "messages" else f"/events/{name}"
            return ("DELETE", path, None, "application/json")
        kind, numbers = request
        if kind == "messages":
            body = {"conversation_id": "of " + name, "query_id": name, "messages": [{"n": n} for n in numbers]}
            return ("POST", "/messages", json.dumps(body), "application/json")
        if kind == "chunks":
            return ("POST", f"/stream/{name}", "".join(json.dumps({"n": n}) + "\n" for n in numbers), "application/x-ndjson")
        return ("POST", "/events", json.dumps({"data": {"queryId": name, "n": numbers[0]}}), "application/json")


def pages(connection, path):
    """All items of a list, page by page."""
    cursor = ""
    while True:
        connection.request("GET", f"{path}limit=1000{cursor}")
        response = connection.getresponse()
        page = json.loads(response.read())
        require(response.status == 200, f"GET {path}: {response.status} {page}")
        yield from page["items"]
        if not page["hasMore"]:
            return
        cursor = f"&cursor={page['nextCursor']}"


def read_back(broker, names):
    """Lists by writer, and the greatest sequences."""
    host, port = broker.http.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    found = {name: Lists() for name in names}
    last = {"messages": 0, "chunks": 0}
    for item in pages(connection, "/messages?"):
        require(item["sequence"] > last["messages"], f"sequence {item['sequence']} follows {last['messages']}")
        last["messages"] = item["sequence"]
        found[item["query_id"]].of["messages"].append(item["message"]["n"])
    for item in pages(connection, "/stream?"):
        require(item["sequenceNumber"] == last["chunks"] + 1, f"chunk {item['sequenceNumber']} follows {last['chunks']}")
        last["chunks"] = item["sequenceNumber"]
        found[item["data"]["queryId"]].of["chunks"].append(item["data"]["chunk"]["n"])
    for item in pages(connection, "/events?"):
        found[item["data"]["queryId"]].of["events"].append(item["data"]["n"])
    connection.close()
    return found, last


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ark", required=True)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--writers", type=int, default=4)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    data = tempfile.mkdtemp(prefix="ark-crash-")
    broker = Broker(options.ark, data, ["--segment-bytes", "4MiB"])
    names = [f"w{i}" for i in range(options.writers)]
    lists = {name: Lists() for name in names}
    unanswered = {name: None for name in names}
    numbers = {name: 0 for name in names}
    last = {"messages": 0, "chunks": 0}
    acknowledged = 0
    for kill in range(options.kills + 1):
        broker.start()
        found, reached = read_back(broker, names)
        for name in names:
            allowed = [lists[name].of]
            if unanswered[name]:
                allowed.append(lists[name].after(unanswered[name]).of)
            require(found[name].of in allowed, f"kill {kill}: {name} has {found[name].of}, not one of {allowed}")
            lists[name] = found[name]
        require(reached["chunks"] >= last["chunks"], f"chunks were numbered to {last}, now to {reached}")
        last = reached
        if kill == options.kills:
            break
        writers = [Writer(broker.http, name, lists[name], numbers[name], random.Random(rng.random())) for name in names]
        for writer in writers:
            writer.start()
        time.sleep(rng.choice([0.02, 0.05, 0.1, 0.3]) * rng.random() * 2)
        broker.kill()
        for writer in writers:
            writer.done.set()
            writer.join()
            name = writer.name_of_ids
            lists[name], unanswered[name], numbers[name] = writer.lists, writer.unanswered, writer.next
            acknowledged += writer.acknowledged
    broker.process.send_signal(signal.SIGTERM)
    require(broker.process.wait() == 0, "SIGTERM did not end cleanly")
    check_views(options.ark, data)
    shutil.rmtree(data)
    print(f"seed={options.seed} kills={options.kills} acknowledged={acknowledged} requests: all of them hold, numbers went on, "
          "views equal their rebuild")


if __name__ == "__main__":
    main()
