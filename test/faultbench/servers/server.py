"""A WebSocket server (RFC 6455) in Python's standard library, with the faults of a behaviour document that it knows.

Started by registry.ts: takes behaviours as lines of stdin, says where it listens on stdout, and then when the first client
has come. It shares no code with the other servers: what an analyzer has learnt of their habits does not help it here.
Invariant: what it does not know it does not ignore: it ends.
"""

import argparse
import asyncio
import base64
import hashlib
import heapq
import json
import random
import signal
import ssl
import sys
import threading
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_HEAD = 16384


def tree(keys):
    return dict.fromkeys(keys.split())


PICK = "share every after count"
# What a document may say: the keys of its objects, and of the objects in its lists; None: a plain value.
KNOWN = {
    "seed": None,
    "cap": tree("connections status close"),
    "close": tree("afterMessages afterMs idleMs how code"),
    "limits": {"maxMessageBytes": None, "rate": tree("perSec burst code")},
    "outage": tree("afterMs forMs how code"),
    "pause": tree("everyMs forMs afterMs mode"),
    "reply": {
        "cpuMs": None,
        "delay": None,
        "drop": tree(PICK),
        "pool": tree("size serviceMs"),
        "slow": tree(f"{PICK} type byMs"),
    },
    "upgrade": {"hang": tree(PICK), "refuse": tree(f"{PICK} status retryAfterSec abovePerSec")},
    "zombie": tree(PICK),
}


def refuse_unknown(given, known=KNOWN, place=""):
    if isinstance(given, list) and known is not None:
        for item in given:
            refuse_unknown(item, known, place)
    elif isinstance(given, (dict, list)) != (known is not None):
        raise ValueError(f"this server has no {place or 'such document'}: {given}")
    elif known is not None:
        for key, value in given.items():
            if key not in known:
                raise ValueError(f"this server has no {place}{key}")
            refuse_unknown(value, known[key], f"{place}{key}.")


class Choice:
    """Which of numbered events a rule acts on: share, every, after, count."""

    def __init__(self, rule, draws):
        self.rule, self.draws, self.seen = rule, draws, 0
        self.left = rule.get("count", float("inf"))

    def next(self):
        place = self.seen - self.rule.get("after", 0)
        self.seen += 1
        if place < 0 or self.left <= 0:
            return False
        if "share" in self.rule:
            chosen = self.draws.random() < self.rule["share"]
        else:
            chosen = place % self.rule.get("every", 1) == 0
        self.left -= chosen
        return chosen


class Bucket:
    """A rate with room for a burst."""

    def __init__(self, per_sec, burst):
        self.per_sec, self.burst = per_sec, max(1, burst)
        self.tokens, self.at = self.burst, time.monotonic()

    def take(self):
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_sec)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Behaviour:
    def __init__(self, given):
        refuse_unknown(given)
        draws = random.Random(given.get("seed", 1))
        reply, upgrade = given.get("reply", {}), given.get("upgrade", {})
        many = lambda value: value if isinstance(value, list) else [value] if value else []
        self.since = time.monotonic()
        self.cap = given.get("cap")
        self.close = given.get("close", [])
        self.limit = given.get("limits", {}).get("maxMessageBytes", 16 << 20)
        self.rate = given.get("limits", {}).get("rate")
        self.outage = given.get("outage")
        self.pause = given.get("pause")
        if self.pause and self.pause.get("mode") not in ("block", "replies"):
            raise ValueError("this server has no pause but those of mode block and replies")
        self.cpu_ms = reply.get("cpuMs", 0)
        self.delay_ms = reply.get("delay", 0)
        self.pool = reply.get("pool")
        self.pool_free = [0.0] * (self.pool["size"] if self.pool else 0)
        self.drop = [Choice(rule, draws) for rule in many(reply.get("drop"))]
        self.slow = [(Choice(rule, draws), rule) for rule in many(reply.get("slow"))]
        self.hang = [Choice(rule, draws) for rule in many(upgrade.get("hang"))]
        self.zombie = [Choice(rule, draws) for rule in many(given.get("zombie"))]
        self.refuse = [
            (
                Bucket(rule["abovePerSec"], rule["abovePerSec"]) if "abovePerSec" in rule else None,
                Choice(rule, draws),
                rule,
            )
            for rule in many(upgrade.get("refuse"))
        ]

    def refusal(self):
        """Status and further lines in place of a 101, or None."""
        for bucket, choice, rule in self.refuse:
            if (not bucket.take()) if bucket else choice.next():
                wait = rule.get("retryAfterSec")
                return rule["status"], [] if wait is None else [f"Retry-After: {wait}"]
        return None

    def due(self, payload, is_text):
        """When a reply goes out."""
        due = time.monotonic() + self.delay_ms / 1000
        for choice, rule in self.slow:
            mark = rule.get("type")
            meant = mark is None or (is_text and f'"type":"{mark}"'.encode() in payload)
            if meant and choice.next():
                due += rule["byMs"] / 1000
        if self.pool:
            place = self.pool_free.index(min(self.pool_free))
            due = max(due, self.pool_free[place]) + self.pool["serviceMs"] / 1000
            self.pool_free[place] = due
        pause = self.pause
        if pause and pause["mode"] == "replies":
            first = self.since + pause.get("afterMs", pause["everyMs"]) / 1000
            number = (due - first) * 1000 // pause["everyMs"]
            # The same for all that fall into one pause, to the bit.
            end = first + (number * pause["everyMs"] + pause["forMs"]) / 1000
            if number >= 0 and due < end:
                due = end
        return due


class Waiting:
    """What is due later, in the order of its times; at the same time, in the order in which it came."""

    def __init__(self):
        self.heap, self.number, self.timer = [], 0, None

    def put(self, due, act):
        heapq.heappush(self.heap, (due, self.number, act))
        if self.heap[0][1] == self.number:
            self.arm()
        self.number += 1

    def arm(self):
        if self.timer:
            self.timer.cancel()
        self.timer = None
        if self.heap:
            self.timer = asyncio.get_running_loop().call_at(self.heap[0][0], self.fire)

    def fire(self):
        while self.heap and self.heap[0][0] <= time.monotonic():
            heapq.heappop(self.heap)[2]()
        self.arm()


class Server:
    def __init__(self, options):
        self.secure = None
        if options.tls_cert:
            self.secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.secure.load_cert_chain(options.tls_cert, options.tls_key)
        self.own_lines = f"X-Served-By: {options.name}\r\n".encode() if options.name else b""
        self.behaviour = Behaviour({})
        self.waiting = Waiting()
        self.clients = set()
        self.listener = None
        self.port = 0
        self.pausing = None
        self.is_first = True

    async def listen(self):
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(
            lambda: Client(self),
            "127.0.0.1",
            self.port,
            backlog=1024,
            reuse_address=True,
            ssl=self.secure,
        )
        self.port = self.listener.sockets[0].getsockname()[1]

    def behave(self, given):
        self.behaviour = Behaviour(given)
        loop = asyncio.get_running_loop()
        for client in list(self.clients):
            client.watch()
        if self.pausing:
            self.pausing.cancel()
        pause, outage = self.behaviour.pause, self.behaviour.outage
        if pause and pause["mode"] == "block":
            self.pausing = loop.call_later(
                pause.get("afterMs", pause["everyMs"]) / 1000, self.stand_still, pause
            )
        if outage:
            loop.call_later(outage["afterMs"] / 1000, self.fail, outage)

    def stand_still(self, pause):
        following = asyncio.get_running_loop().time() + pause["everyMs"] / 1000
        time.sleep(pause["forMs"] / 1000)
        self.pausing = asyncio.get_running_loop().call_at(following, self.stand_still, pause)

    def fail(self, outage):
        self.listener.close()
        for client in list(self.clients):
            client.end(outage.get("how", "reset"), outage.get("code", 1012))
        loop = asyncio.get_running_loop()
        loop.call_later(outage["forMs"] / 1000, lambda: loop.create_task(self.listen()))


class Client(asyncio.Protocol):
    """One connection: the request, then frames."""

    def __init__(self, server):
        self.server, self.transport = server, None
        self.buffer, self.parts = bytearray(), []
        self.is_open = self.is_done = self.is_zombie = False
        self.messages, self.last_in, self.timers, self.bucket = 0, time.monotonic(), [], None
        self.part_opcode = 0

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.is_open = False
        self.server.clients.discard(self)
        for timer in self.timers:
            timer.cancel()

    def data_received(self, data):
        if self.is_zombie or self.is_done:
            return
        self.buffer += data
        if self.is_open:
            self.read_frames()
        elif b"\r\n\r\n" in self.buffer:
            self.upgrade()
        elif len(self.buffer) > MAX_HEAD:
            self.transport.abort()

    def answer(self, status, lines=()):
        head = [f"HTTP/1.1 {status} Refused", "Connection: close", "Content-Length: 0", *lines]
        self.transport.write(("\r\n".join(head) + "\r\n\r\n").encode())
        self.transport.close()

    def upgrade(self):
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer = bytearray(rest)
        fields = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            fields[name.strip().lower()] = value.strip()
        key, behaviour = fields.get(b"sec-websocket-key"), self.server.behaviour
        if key is None:
            self.answer(426)
            return
        if any(choice.next() for choice in behaviour.hang):
            return
        refusal = behaviour.refusal()
        if refusal is not None:
            self.answer(*refusal)
            return
        cap = behaviour.cap
        is_full = cap is not None and len(self.server.clients) >= cap["connections"]
        if is_full and "status" in cap:
            self.answer(cap["status"])
            return
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n" + self.server.own_lines + b"\r\n"
        )
        self.is_open = True
        if is_full:
            self.end("close", cap.get("close", 1013))
            return
        self.server.clients.add(self)
        if self.server.is_first:
            print('{"accepted":true}', flush=True)
        self.server.is_first = False
        self.is_zombie = any(choice.next() for choice in behaviour.zombie)
        self.watch()
        self.read_frames()

    def watch(self):
        """Ages, idle times and messages count from now."""
        for timer in self.timers:
            timer.cancel()
        self.timers = []
        self.messages, self.last_in = 0, time.monotonic()
        behaviour, loop = self.server.behaviour, asyncio.get_running_loop()
        rate = behaviour.rate
        self.bucket = Bucket(rate["perSec"], rate.get("burst", rate["perSec"])) if rate else None
        for rule in behaviour.close:
            if "afterMs" in rule:
                self.timers.append(loop.call_later(rule["afterMs"] / 1000, self.end_by, rule))
            elif "idleMs" in rule:
                self.until_idle(rule)

    def until_idle(self, rule):
        left = rule["idleMs"] / 1000 - (time.monotonic() - self.last_in)
        if left <= 0:
            self.end_by(rule)
        else:
            loop = asyncio.get_running_loop()
            self.timers.append(loop.call_later(left, self.until_idle, rule))

    def end_by(self, rule):
        self.end(rule.get("how", "close"), rule.get("code", 1000))

    def end(self, how, code):
        if not self.is_open:
            return
        self.is_open, self.is_done = False, True
        if how == "reset":
            self.transport.abort()
        elif how == "end":
            self.transport.close()
        else:
            self.send(8, b"" if code is None else code.to_bytes(2, "big"))
            # What the client still sends is read, or the system would reset what was just written.
            asyncio.get_running_loop().call_later(0.5, self.transport.close)

    def send(self, opcode, payload):
        size = len(payload)
        if size < 126:
            head = bytes([0x80 | opcode, size])
        elif size < 65536:
            head = bytes([0x80 | opcode, 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([0x80 | opcode, 127]) + size.to_bytes(8, "big")
        self.transport.write(head + payload)

    def read_frames(self):
        while self.is_open and not self.is_zombie:
            buffer = self.buffer
            if len(buffer) < 2:
                return
            size, at = buffer[1] & 0x7F, 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                if len(buffer) < 2 + wide:
                    return
                size, at = int.from_bytes(buffer[2 : 2 + wide], "big"), 2 + wide
            if not buffer[1] & 0x80:
                self.end("close", 1002)
                return
            if size > self.server.behaviour.limit:
                self.end("close", 1009)
                return
            if len(buffer) < at + 4 + size:
                return
            key = bytes(buffer[at : at + 4])
            payload = unmasked(bytes(buffer[at + 4 : at + 4 + size]), key)
            first = buffer[0]
            del buffer[: at + 4 + size]
            self.frame(first & 0x0F, bool(first & 0x80), payload)

    def frame(self, opcode, is_last, payload):
        if opcode == 9:
            self.send(10, payload)
        elif opcode == 8:
            self.send(8, payload[:2])
            self.is_open, self.is_done = False, True
            self.transport.close()
        elif opcode <= 2:
            if opcode != 0:
                self.part_opcode, self.parts = opcode, []
            self.parts.append(payload)
            if is_last:
                self.message(b"".join(self.parts), self.part_opcode)

    def message(self, payload, opcode):
        behaviour = self.server.behaviour
        self.last_in = time.monotonic()
        self.messages += 1
        if self.bucket is not None and not self.bucket.take():
            self.end("close", behaviour.rate.get("code", 1008))
            return
        if behaviour.cpu_ms > 0:
            until = time.perf_counter() + behaviour.cpu_ms / 1000
            while time.perf_counter() < until:
                pass
        if not any(choice.next() for choice in behaviour.drop):
            due, waiting = behaviour.due(payload, opcode == 1), self.server.waiting
            # What is due already goes first, or a late timer would reorder replies.
            waiting.fire()
            if due <= time.monotonic():
                self.reply(opcode, payload)
            else:
                waiting.put(due, lambda: self.reply(opcode, payload))
        for rule in behaviour.close:
            if rule.get("afterMessages") == self.messages:
                self.end_by(rule)

    def reply(self, opcode, payload):
        if self.is_open:
            self.send(opcode, payload)


def unmasked(payload, key):
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


async def main():
    options = argparse.ArgumentParser()
    for name in ("--tls-cert", "--tls-key", "--name"):
        options.add_argument(name)
    server, loop = Server(options.parse_args()), asyncio.get_running_loop()
    await server.listen()
    done = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, done.set)

    def read():
        for line in sys.stdin:
            loop.call_soon_threadsafe(behave, line)

    def behave(line):
        try:
            server.behave(json.loads(line))
            print('{"behaving":true}', flush=True)
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            done.set()

    threading.Thread(target=read, daemon=True).start()
    scheme = "ws" if server.secure is None else "wss"
    print(json.dumps({"url": f"{scheme}://127.0.0.1:{server.port}"}), flush=True)
    await done.wait()


asyncio.run(main())
