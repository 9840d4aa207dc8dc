/**
 * Goal: the doctor finds what would stop a run, names the command that mends it, and only a probe process touches the
 * target. Method: the built command against the built target in good and bad moods, real brokers, lowered limits, and
 * a tracer that writes down who opens sockets.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Diagnosis } from "../../coordinator/doctor/doctor.ts";
import { onrush, scratch, startTarget, startWorker } from "../support/programs.ts";
import { type BrokerKind, type BrokerServer, missing, startBroker } from "../support/servers.ts";

const ENTRY = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));

async function diagnosis(args: readonly string[], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = await onrush(["doctor", ...args, "--json"], { env });
  return { exitCode, stderr, found: JSON.parse(stdout) as Diagnosis };
}

const named = ({ checks }: Diagnosis, name: string) =>
  checks.filter((check) => check.name === name);

describe("this machine", () => {
  it("can carry so many connections, limited by something, with commands for more", async () => {
    const { exitCode, stdout, stderr } = await onrush(["doctor"]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/✓ open files {4}[\d,]+/);
    expect(stdout).toMatch(
      /This machine can hold about [\d,]+ connections to a target on (this|another) machine\./,
    );
    expect(stdout).toMatch(/limited by {4}\S/);
    expect(stdout).toMatch(/to raise it {3}\S/);
    expect(stdout).toContain("Nothing here would stop a run");
    expect(exitCode).toBe(0);
  });

  it.skipIf(process.platform !== "linux").each([
    [300, [], 0, "Nothing here would stop a run"],
    [200, [], 98, "--nofile="],
    [300, ["-c", "26000"], 98, "26,000 are wanted, and "],
    [20_000, ["-c", "500"], 0, "500 are wanted, and fit"],
  ] as const)("with %d open files and %j: exit %d", (files, args, exitCode, expected) => {
    const command = 'ulimit -n "$0" && exec "$@"';
    const argv = [String(files), process.execPath, ENTRY, "doctor", ...args];
    const result = spawnSync("sh", ["-c", command, ...argv], { encoding: "utf8" });
    expect(result.stdout).toContain(expected);
    expect(result.status).toBe(exitCode);
  });

  it.skipIf(process.getuid?.() === 0)("whose folder is not ours: exit 98", () => {
    const result = spawnSync(process.execPath, [ENTRY, "doctor"], { cwd: "/", encoding: "utf8" });
    expect(result.stdout).toContain("cannot write to /");
    expect(result.status).toBe(98);
  });
});

describe("a target", () => {
  it("that lets us in: opened once by a probe process, and by nobody else", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const script = join(folder.path, "trace.cjs");
    const log = join(folder.path, "trace.log");
    writeFileSync(
      script,
      `const net = require("node:net"), fs = require("node:fs"), connect = net.Socket.prototype.connect;
      fs.appendFileSync(${JSON.stringify(log)}, "process " + process.argv[1] + "\\n");
      net.Socket.prototype.connect = function (...given) {
        fs.appendFileSync(${JSON.stringify(log)}, "socket " + process.argv[1] + "\\n");
        return connect.apply(this, given);
      };`,
    );
    const { exitCode, found, stderr } = await diagnosis([target.url], {
      NODE_OPTIONS: `--require=${script}`,
    });
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(named(found, "target")).toMatchObject([{ status: "ok", remedies: [] }]);
    expect(named(found, "target")[0]?.text).toMatch(
      /accepts a connection: .*open .* ms, ping .* ms/,
    );
    expect(found.capacities.map(({ place }) => place)).toEqual(["this machine"]);
    const lines = readFileSync(log, "utf8").trim().split("\n");
    const short = lines.map((line) => line.replace(/ .*\/dist\//, " "));
    expect(short).toEqual([
      "process coordinator/cli/main.js",
      "process worker/probe/main.js",
      "socket worker/probe/main.js",
    ]);
    const counts = await target.stats();
    expect(counts).toMatchObject({ accepted: 1, closed: 1, messagesIn: 0, pings: 4 });
    expect(counts.closedByCode).toEqual({ 1000: 1 });
    expect(existsSync("runs/probe")).toBe(false);
  });

  it.each([
    [{ upgrade: { refuse: [{ share: 1, status: 401 }] } }, /401/, /connect\.headers/],
    [{ upgrade: { invalid: { share: 1, what: "accept" } } }, /upgrade-invalid/, /WebSocket/],
    [{ upgrade: { reset: { share: 1 } } }, /upgrade-reset|tcp-reset/, /look at the target/],
    [{ close: [{ afterMs: 0, code: 4401, reason: "\u001b[2Jwho?" }] }, /4401/, /login/],
  ])("in the mood %j: exit 98 with a remedy", async (behaviour, expected, remedy) => {
    await using target = await startTarget(behaviour);
    const { exitCode, found } = await diagnosis([target.url]);
    const [check] = named(found, "target");
    expect(check?.text).toMatch(expected);
    expect(check?.remedies.join()).toMatch(remedy);
    expect(exitCode).toBe(98);
    const shown = await onrush(["doctor", target.url]);
    expect(shown.stdout).toContain("This would stop a run: target");
    expect(shown.stdout).not.toContain("\u001b");
  });

  it("that is not there, has no name, or that nobody allowed: exit 98", async () => {
    const gone = await startTarget();
    await gone[Symbol.asyncDispose]();
    const refused = await diagnosis([gone.url]);
    expect(named(refused.found, "target")[0]).toMatchObject({
      status: "fail",
      text: expect.stringContaining("tcp-refused"),
      remedies: [expect.stringContaining("start the target")],
    });
    const host = "no-such-host.invalid";
    const nameless = await diagnosis([`ws://${host}/`, "--allow-target", host]);
    expect(named(nameless.found, "target")[0]?.text).toContain("does not resolve");
    expect(nameless.found.capacities[0]?.place).toBe("another machine");
    const forbidden = await diagnosis(["wss://chat.example/"]);
    expect(named(forbidden.found, "target")[0]?.remedies[0]).toContain(
      "--allow-target chat.example",
    );
    expect([refused, nameless, forbidden].map(({ exitCode }) => exitCode)).toEqual([98, 98, 98]);
  });

  it("of a scenario: with its headers, its subprotocols and its connections", async () => {
    await using target = await startTarget({}, ["--subprotocols", "chat.v2"]);
    using folder = scratch();
    const file = join(folder.path, "s.yaml");
    writeFileSync(
      file,
      `version: 1\ntarget: ${target.url}\nconnect: { subprotocols: [chat.v2] }\nload: [{ phase: a, ramp: burst, to: 123, hold: 1s }]\n`,
    );
    const { found, exitCode } = await diagnosis([file]);
    expect(named(found, "target")[0]?.text).toContain("subprotocol chat.v2");
    expect(named(found, "connections")).toMatchObject([
      { status: "ok", text: "123 are wanted, and fit" },
    ]);
    expect(exitCode).toBe(0);
    expect((await onrush(["doctor", "README.md"])).exitCode).toBe(104);
  });
});

const BROKERS = ["redis", "nats"] as const satisfies readonly BrokerKind[];

describe.each(BROKERS)("a bus on %s", (kind) => {
  let broker: BrokerServer;
  const absent = missing(kind);
  beforeAll(async () => {
    if (absent === null) broker = await startBroker(kind);
  });
  afterAll(() => broker?.stop());

  it.skipIf(absent !== null)(
    "without workers: exit 98; with two: what they can carry",
    async () => {
      const empty = await diagnosis(["--bus", broker.url]);
      expect(named(empty.found, "bus")).toMatchObject([{ status: "ok" }]);
      expect(named(empty.found, "workers")).toMatchObject([
        { status: "fail", remedies: [expect.stringContaining("onrush worker --bus")] },
      ]);
      expect(empty.exitCode).toBe(98);
      await using _one = startWorker(broker.url, ["--capacity", "300"]);
      await using _two = startWorker(broker.url, ["--capacity", "500"]);
      await expect
        .poll(async () => (await diagnosis(["--bus", broker.url, "-c", "800"])).exitCode, {
          timeout: 30_000,
        })
        .toBe(0);
      const { found } = await diagnosis(["--bus", broker.url, "-c", "801"]);
      expect(named(found, "workers")[0]?.text).toContain(
        "2 on 1 machine, room for 800 connections",
      );
      expect(found.capacities[0]?.limits[0]).toMatchObject({ what: "workers", connections: 800 });
      expect(named(found, "connections")[0]?.status).toBe("fail");
    },
  );

  it.skipIf(absent !== null)(
    "that does not answer: exit 98, and no password is shown",
    async () => {
      const url = `${new URL(broker.url).protocol}//me:hunter2@127.0.0.1:1`;
      const { exitCode, found } = await diagnosis(["--bus", url]);
      expect(named(found, "bus")[0]?.status).toBe("fail");
      expect(JSON.stringify(found)).not.toContain("hunter2");
      expect(exitCode).toBe(98);
    },
  );
});
