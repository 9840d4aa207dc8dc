/**
 * `npm run bench:peers`: the same work by Onrush and by other load generators, whole processes, in turn. Peers are installed by
 * their package managers into node_modules/.cache/onrush on first use; one that cannot be is said so. How much of the work a
 * generator did is told by the target. Onrush matches, times and audits each reply.
 *   --only NAMES  peers by the first word of their names, comma-separated (all by default)
 *   --runs N      runs of each (default 3)
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { emit, median } from "./emit.ts";
import { type Peer, type PeerRun, type PeerWork, ROOM, TEXT } from "./peers/peer.ts";
import { PEERS } from "./peers/registry.ts";
import { type RunningTarget, startTarget } from "./processes.ts";
import { type Usage, watchUsage } from "./usage.ts";

const { values } = parseArgs({
  options: { only: { type: "string" }, runs: { type: "string", default: "3" } },
});
const runs = Number(values.runs);
const named = values.only?.split(",");
const onrushBin = fileURLToPath(new URL("../../coordinator/cli/main.js", import.meta.url));

interface Measured extends Usage {
  /** That the target got. */
  readonly messages: number;
  /** Of a generator that says so when it was too busy, among others. */
  readonly exitCode: number;
}

async function messagesAt({ statsUrl }: RunningTarget): Promise<number> {
  const stats = (await (await fetch(statsUrl)).json()) as { messagesIn: number };
  return stats.messagesIn;
}

async function measure(target: RunningTarget, { command, args, env }: PeerRun): Promise<Measured> {
  const before = await messagesAt(target);
  const child = spawn(command, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env },
  });
  const watch = watchUsage(child.pid ?? 0);
  const [code] = (await once(child, "exit")) as [number | null];
  const usage = watch.stop();
  const messages = (await messagesAt(target)) - before;
  if (code === null || messages === 0) throw new Error(`${command} did nothing, exit ${code}`);
  return { ...usage, messages, exitCode: code };
}

function onrush(work: PeerWork, url: string, folder: string): PeerRun {
  const { connections, rampSeconds, openSeconds, perConnectionPerSec } = work;
  const mix =
    work.message === "text"
      ? { name: "echo", send: { text: TEXT }, reply: { match: "echo", within: "5s" } }
      : {
          name: "move",
          send: { json: { type: "move", id: "{{uuid}}", room: ROOM, text: TEXT } },
          reply: { where: "m.id == sent.id", within: "5s" },
        };
  const scenario = {
    version: 1,
    name: `peers-${work.name}`,
    target: url,
    load: [
      { phase: "ramp", ramp: "linear", to: connections, over: `${rampSeconds}s` },
      { phase: "hold", hold: `${openSeconds - rampSeconds}s` },
      { phase: "down", ramp: "linear", to: 0, over: `${rampSeconds}s` },
    ],
    messages: { rate: `${perConnectionPerSec}/s`, mix: [mix] },
  };
  const file = join(folder, `${work.name}.yaml`);
  writeFileSync(file, JSON.stringify(scenario));
  const runDirectory = mkdtempSync(join(folder, "run-"));
  const args = [onrushBin, "run", file, "--quiet", "--run-dir", runDirectory];
  return { command: process.execPath, args };
}

const exitOf = ({ exitCode }: Measured) => exitCode;

function print(peer: Peer, ours: readonly Measured[], theirs: readonly Measured[]): void {
  const { connections, perConnectionPerSec, openSeconds } = peer.work;
  const method = `${connections} connections, each ${perConnectionPerSec} ${peer.work.message} messages a second for ${openSeconds} s, whole processes, median of ${runs} runs in turn`;
  const exitCodes = { onrush: ours.map(exitOf), other: theirs.map(exitOf) };
  const areFine = [...exitCodes.onrush, ...exitCodes.other].every((code) => code === 0);
  const notes = {
    ...(peer.differs !== "" && { differs: peer.differs }),
    ...(!areFine && { exitCodes }),
  };
  for (const [metric, of] of [
    ["cpuSeconds", (one: Measured) => one.cpuSeconds],
    ["peakRssBytes", (one: Measured) => one.peakRssBytes],
    ["messages", (one: Measured) => one.messages],
    ["cpuUsPerMessage", (one: Measured) => (one.cpuSeconds / one.messages) * 1e6],
  ] as const) {
    const onrush = Number(median(ours.map(of)).toFixed(2));
    const other = Number(median(theirs.map(of)).toFixed(2));
    const ratio = Number((other / onrush).toFixed(2));
    emit({ bench: "peers", method, peer: peer.name, ...notes, metric, onrush, other, ratio });
  }
}

async function compare(peer: Peer): Promise<void> {
  const reason = peer.install();
  if (reason !== "") {
    emit({ bench: "peers", peer: peer.name, skipped: `not installed: ${reason}` });
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "onrush-peers-"));
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  const target = await startTarget();
  try {
    for (let run = 0; run < runs; run++) {
      ours.push(await measure(target, onrush(peer.work, target.url, folder)));
      theirs.push(await measure(target, peer.prepare(peer.work, target.url, folder)));
    }
  } finally {
    await target.stop();
  }
  print(peer, ours, theirs);
}

for (const peer of PEERS) {
  const [name = ""] = peer.name.split(" ");
  if (named === undefined || named.includes(name)) await compare(peer);
}
