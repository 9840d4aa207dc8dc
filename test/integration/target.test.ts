/**
 * Goal: the built target keeps its promises as a program: first line, groups of processes that count as
 * one, wss, orderly ends and honest errors. Method: real processes of dist/, real sockets, fetch.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { StatsReport } from "../../target/stats.ts";
import { Client, sleep, until } from "../unit/target/harness.ts";

const dist = process.env["ONRUSH_DIST"] ?? fileURLToPath(new URL("../../dist", import.meta.url));
const entry = join(dist, "target", "main.js");
const directory = mkdtempSync(join(tmpdir(), "onrush-target-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Program {
  readonly child: ChildProcess;
  readonly url: string;
  readonly statsUrl: string;
  readonly exit: Promise<[number | null, NodeJS.Signals | null]>;
  stats(query?: string): Promise<StatsReport & Record<string, unknown>>;
}

const running: ChildProcess[] = [];

function launch(args: readonly string[]): {
  child: ChildProcess;
  out: () => string;
  err: () => string;
} {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let out = "";
  let err = "";
  child.stdout?.on("data", (data) => {
    out += data;
  });
  child.stderr?.on("data", (data) => {
    err += data;
  });
  return { child, out: () => out, err: () => err };
}

async function start(args: readonly string[]): Promise<Program> {
  const { child, out, err } = launch(args);
  const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  await until(() => {
    if (child.exitCode !== null) throw new Error(`target ended: ${err()}`);
    return out().includes("\n");
  }, "the first line");
  const line = JSON.parse(out().split("\n")[0] ?? "") as { url: string; statsUrl: string };
  const stats = async (query = ""): Promise<StatsReport & Record<string, unknown>> =>
    (await (await fetch(line.statsUrl + query)).json()) as StatsReport & Record<string, unknown>;
  return { child, ...line, exit, stats };
}

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
});

async function putBehaviour(target: Program, behaviour: unknown): Promise<number> {
  const url = target.statsUrl.replace("/stats", "/behaviour");
  const response = await fetch(url, { method: "PUT", body: JSON.stringify(behaviour) });
  return response.status;
}

describe("target program", () => {
  it("was built", () => {
    expect(existsSync(entry), `${entry} is missing: npm run build`).toBe(true);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`closes with 1001 and exits 0 on ${signal}`, async () => {
      const target = await start(["--port", "0"]);
      const clients = await Promise.all(Array.from({ length: 50 }, () => Client.open(target.url)));
      target.child.kill(signal);
      expect(await target.exit).toEqual([0, null]);
      await until(() => clients.every(({ closed }) => closed !== null));
      expect(new Set(clients.map(({ closed }) => closed?.code))).toEqual(new Set([1001]));
    });
  }

  it("exits although nobody answers its Close", async () => {
    const file = join(directory, "zombie.json");
    writeFileSync(file, JSON.stringify({ reply: { delay: 60_000 }, zombie: { every: 1 } }));
    const target = await start(["--behaviour", file]);
    const client = await Client.open(target.url);
    client.socket.send("x");
    client.socket.pause();
    target.child.kill("SIGTERM");
    expect(await target.exit).toEqual([0, null]);
    client.socket.terminate();
  });

  const wrong: [string, string[], number, RegExp][] = [
    ["an unknown option", ["--prot", "1"], 2, /prot/],
    ["a wrong number", ["--port", "70000"], 2, /--port "70000" is not a whole number/],
    ["a key without a certificate", ["--tls-key", "x"], 2, /go together/],
    ["a missing file", ["--behaviour", "/nowhere.json"], 104, /nowhere\.json/],
    ["an address that is not ours", ["--host", "192.0.2.1"], 98, /cannot listen on 192\.0\.2\.1/],
  ];
  for (const [name, args, code, message] of wrong) {
    it(`refuses ${name} with exit code ${code}`, async () => {
      const { child, out, err } = launch(args);
      expect((await once(child, "exit"))[0]).toBe(code);
      await until(() => err() !== "");
      expect(err()).toMatch(message);
      expect(out()).toBe("");
    });
  }

  it("refuses a wrong behaviour with every place", async () => {
    const file = join(directory, "wrong.json");
    writeFileSync(file, JSON.stringify({ seed: -1, reply: { drop: {} } }));
    const { child, err } = launch(["--behaviour", file]);
    expect((await once(child, "exit"))[0]).toBe(104);
    await until(() => err().includes("reply.drop"));
    expect(err()).toContain("seed: ");
  });

  it("speaks wss, echoes, resets and shows its pages", async () => {
    const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
    execFileSync(
      "openssl",
      [
        ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" "),
        ...["-subj", "/CN=localhost", "-keyout", key, "-out", cert],
      ],
      { stdio: "ignore" },
    );
    expect(readFileSync(cert, "utf8")).toContain("CERTIFICATE");
    const target = await start(["--tls-cert", cert, "--tls-key", key]);
    expect(target.url).toMatch(/^wss:/);
    const client = await Client.open(target.url);
    for (const size of [0, 125, 126, 65_536, 300_000]) client.socket.send(Buffer.alloc(size, 7));
    await until(() => client.got.length === 5);
    expect(client.got.map(({ data }) => data.length)).toEqual([0, 125, 126, 65_536, 300_000]);
    expect(client.got.every(({ data }) => data.every((byte) => byte === 7))).toBe(true);
    await client.close();
    const body = await new Promise<string>((resolve, reject) => {
      request(target.statsUrl, { agent: new Agent({ rejectUnauthorized: false }) }, (response) => {
        let text = "";
        response.on("data", (data) => {
          text += data;
        });
        response.on("end", () => resolve(text));
      })
        .on("error", reject)
        .end();
    });
    expect(JSON.parse(body)).toMatchObject({ accepted: 1, messagesIn: 5, bytesIn: 365_787 });
    target.child.kill("SIGTERM");
    expect(await target.exit).toEqual([0, null]);
  });
});

describe("target group", () => {
  it("counts as one, whichever process is asked", async () => {
    const target = await start(["--processes", "3"]);
    const clients = await Promise.all(Array.from({ length: 60 }, () => Client.open(target.url)));
    for (const [n, client] of clients.entries()) {
      for (let sent = 0; sent <= n % 3; sent += 1) client.socket.send("0123456789");
    }
    await until(() => clients.every(({ got }, n) => got.length === (n % 3) + 1));
    for (let asked = 0; asked < 6; asked += 1) {
      expect(await target.stats()).toMatchObject({
        processes: 3,
        accepted: 60,
        open: 60,
        messagesIn: 120,
        messagesOut: 120,
        bytesIn: 1200,
        bytesOut: 1200,
      });
    }
    // A group's peak is told by tenths of a second: this one must last longer.
    await sleep(250);
    await Promise.all(clients.slice(0, 20).map((client) => client.close()));
    await until(async () => (await target.stats()).open === 40);
    const stats = await target.stats("?acceptTimes=1&perConnection=1&limit=60");
    expect(stats).toMatchObject({ peakOpen: 60, closed: 20, closedByCode: { 1000: 20 } });
    expect((stats["connections"] as unknown[]).length).toBe(60);
    const { counts } = stats["acceptTimes"] as { counts: number[] };
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60);
    await fetch(`${target.statsUrl}/reset`, { method: "POST" });
    expect(await target.stats()).toMatchObject({
      accepted: 0,
      open: 40,
      messagesIn: 0,
      peakOpen: 40,
    });
    target.child.kill("SIGTERM");
    expect(await target.exit).toEqual([0, null]);
    await until(() => clients.slice(20).every(({ closed }) => closed?.code === 1001));
  });

  it("obeys a new behaviour in every process", async () => {
    const target = await start(["--processes", "3"]);
    const clients = await Promise.all(Array.from({ length: 40 }, () => Client.open(target.url)));
    expect(await putBehaviour(target, { reply: { drop: { every: 1 } } })).toBe(200);
    for (const client of clients) client.socket.send("gone");
    await until(async () => (await target.stats()).behaviours.dropped === 40);
    expect(clients.every(({ got }) => got.length === 0)).toBe(true);
    expect(await putBehaviour(target, { reply: { dorp: {} } })).toBe(422);
    expect(await putBehaviour(target, {})).toBe(200);
    for (const client of clients) client.socket.send("here");
    await until(() => clients.every(({ got }) => got.length === 1));
    for (const client of clients) client.socket.terminate();
  });

  it("carries what is said in a room to members in every process, in one order", async () => {
    const target = await start(["--processes", "3"]);
    const clients = await Promise.all(Array.from({ length: 30 }, () => Client.open(target.url)));
    for (const client of clients) client.say({ type: "join", room: "all" });
    await until(() => clients.every(({ got }) => got.length === 1));
    const connections = (await target.stats("?perConnection=1"))["connections"] as {
      process: number;
    }[];
    expect(new Set(connections.map((counts) => counts.process)).size).toBeGreaterThan(1);
    for (const [n, client] of clients.slice(0, 10).entries()) {
      for (let id = 0; id < 5; id += 1)
        client.say({ type: "say", id, room: "all", text: `${n}.${id}` });
    }
    const heard = (client: Client): string[] =>
      client
        .json()
        .filter(({ type }) => type === "said")
        .map(({ text }) => String(text));
    await until(() => clients.every((client) => heard(client).length === 50));
    expect(new Set(clients.map((client) => heard(client).join())).size).toBe(1);
    const names = clients[0]
      ?.json()
      .filter(({ type }) => type === "said")
      .map(({ from }) => from);
    expect(new Set(names).size).toBe(10);
    expect((await target.stats("?perRoom=1"))["rooms"]).toEqual([
      { room: "all", members: 30, said: 50, delivered: 1500 },
    ]);
    for (const client of clients) client.socket.terminate();
  });

  it("goes over to processes with room before the others are full, losing nobody", async () => {
    const target = await start(["--processes", "4", "--max-sockets", "60"]);
    const clients: Client[] = [];
    for (let n = 0; n < 200; n += 1) clients.push(await Client.open(target.url));
    const connections = (await target.stats("?perConnection=1"))["connections"] as {
      process: number;
    }[];
    const per = [0, 1, 2, 3].map(
      (index) => connections.filter(({ process }) => process === index).length,
    );
    expect(Math.max(...per)).toBeLessThanOrEqual(60);
    expect(per.reduce((sum, count) => sum + count, 0)).toBe(200);
    for (const client of clients) client.socket.terminate();
    await until(async () => (await target.stats().catch(() => null))?.open === 0);
    const again = await Promise.all(Array.from({ length: 50 }, () => Client.open(target.url)));
    for (const client of again) client.socket.terminate();
  });

  it("goes down, and says so, when it loses a process", async () => {
    const { child, out, err } = launch(["--processes", "2"]);
    await until(() => out().includes("\n"));
    const members = execFileSync("pgrep", ["-P", String(child.pid)], { encoding: "utf8" });
    const [first] = members.trim().split("\n").map(Number);
    process.kill(first ?? Number.NaN, "SIGKILL");
    expect((await once(child, "exit"))[0]).toBe(1);
    await until(() => err().includes("SIGKILL"));
    await sleep(100);
    const left = members.trim().split("\n").map(Number).slice(1);
    await until(() =>
      left.every(
        (pid) =>
          !existsSync(`/proc/${pid}/cmdline`) ||
          readFileSync(`/proc/${pid}/stat`, "utf8").includes(" Z "),
      ),
    );
  });
});
