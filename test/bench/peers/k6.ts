/** k6, where there is a binary of it on the PATH. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Peer, type PeerWork, ROOM, TEXT } from "./peer.ts";
import { CHAT } from "./works.ts";

const script = ({ openSeconds, perConnectionPerSec }: PeerWork, url: string) => `
import ws from "k6/ws";
import { Counter, Trend } from "k6/metrics";
const matched = new Counter("matched");
const latency = new Trend("latency", true);
const hex = (digits) => Math.floor(Math.random() * 16 ** digits).toString(16).padStart(digits, "0");
const uuid = () => \`\${hex(8)}-\${hex(4)}-4\${hex(3)}-a\${hex(3)}-\${hex(12)}\`;
export default function () {
  ws.connect("${url}", null, (socket) => {
    const waiting = new Map();
    socket.on("open", () => {
      socket.setInterval(() => {
        const id = uuid();
        waiting.set(id, Date.now());
        socket.send(JSON.stringify({ type: "move", id, room: "${ROOM}", text: "${TEXT}" }));
      }, ${1000 / perConnectionPerSec});
      socket.setTimeout(() => socket.close(), ${openSeconds * 1000});
    });
    socket.on("message", (text) => {
      const { id } = JSON.parse(text);
      if (!waiting.has(id)) return;
      latency.add(Date.now() - waiting.get(id));
      matched.add(1);
      waiting.delete(id);
    });
  });
}
`;

export const k6: Peer = {
  name: "k6",
  work: CHAT,
  differs: "",
  install() {
    return spawnSync("k6", ["version"]).status === 0 ? "" : "no k6 on the PATH";
  },
  prepare(work, url, folder) {
    const file = join(folder, "k6.js");
    const { connections, rampSeconds, openSeconds } = work;
    // Each of its users runs once; they start evenly over the ramp.
    const scenario = {
      executor: "ramping-arrival-rate",
      startRate: connections / rampSeconds,
      timeUnit: "1s",
      preAllocatedVUs: connections,
      stages: [{ target: connections / rampSeconds, duration: `${rampSeconds}s` }],
      gracefulStop: `${openSeconds + 10}s`,
    };
    const options = `export const options = ${JSON.stringify({ scenarios: { move: scenario } })};`;
    writeFileSync(file, `${script(work, url)}${options}\n`);
    return { command: "k6", args: ["run", "--quiet", "--no-usage-report", file] };
  },
};
