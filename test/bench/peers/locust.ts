/** Locust, from PyPI, in a virtual environment of its own; its users speak WebSocket by websocket-client, as its docs say. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt, cacheOf, type Peer, type PeerWork, ROOM, TEXT } from "./peer.ts";
import { CHAT } from "./works.ts";

const VERSION = "2.47.0";
const CLIENT = "websocket-client";
const bin = (name: string) => join(cacheOf("locust"), "bin", name);

const script = ({ perConnectionPerSec }: PeerWork, url: string) => `
import json, time, uuid
import gevent, websocket
from locust import User, constant_throughput, task

class Talker(User):
    wait_time = constant_throughput(${perConnectionPerSec})

    def on_start(self):
        self.waiting = {}
        self.ws = websocket.create_connection("${url}")
        self.reader = gevent.spawn(self.read)

    def on_stop(self):
        self.reader.kill()
        self.ws.close()

    def read(self):
        while True:
            text = self.ws.recv()
            sent = self.waiting.pop(json.loads(text)["id"], None)
            if sent is not None:
                self.environment.events.request.fire(
                    request_type="WS", name="move", response_length=len(text),
                    response_time=(time.perf_counter() - sent) * 1000, exception=None, context={})

    @task
    def move(self):
        id = str(uuid.uuid4())
        self.waiting[id] = time.perf_counter()
        self.ws.send(json.dumps({"type": "move", "id": id, "room": "${ROOM}", "text": "${TEXT}"}))
`;

export const locust: Peer = {
  name: `locust ${VERSION}`,
  work: CHAT,
  differs: "",
  install() {
    if (existsSync(bin("locust"))) return "";
    return (
      attempt("python3", ["-m", "venv", cacheOf("locust")]) ||
      attempt(bin("pip"), ["install", "--quiet", `locust==${VERSION}`, CLIENT])
    );
  },
  prepare(work, url, folder) {
    const file = join(folder, "locustfile.py");
    writeFileSync(file, script(work, url));
    const { connections, rampSeconds, openSeconds } = work;
    const users = ["-u", `${connections}`, "-r", `${connections / rampSeconds}`];
    const time = ["-t", `${rampSeconds + openSeconds}s`];
    const args = ["-f", file, "--headless", "--only-summary", ...users, ...time];
    return { command: bin("locust"), args: [...args, "--exit-code-on-error", "0"] };
  },
};
