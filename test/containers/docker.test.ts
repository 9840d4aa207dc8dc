/**
 * Goal: the image and both compose files do what docs/containers.md says, on a real Docker engine. Method: the image is built
 * and looked into; each compose file is started, the demo submitted as a user does, its numbers compared with the target's
 * own count, workers added in mid-run, and everything taken down. Run by `npm run test:docker`.
 */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { makeAuthority, makeLeaf } from "../conformance/certificates.ts";
import { ROOT } from "../house/repository.ts";
import { endedWell, onrush, scratch, type TargetStats } from "../support/programs.ts";
import { call, docker, hasDocker, imagesOfOthers, ourImage, Stack } from "./engine.ts";

const MOST_MEGABYTES = 250;
const RANDOM_USER = "--user=314159";
const LOCKED = [
  "--read-only",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--network=none",
];
const WAIT = { timeout: 60_000, interval: 500 };

if (!(await hasDocker())) throw new Error("npm run test:docker needs a Docker engine with Compose");

let image = "";
let images: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  image = await ourImage();
  images = { ...(await imagesOfOthers()), ONRUSH_IMAGE: image };
}, 900_000);

const run = (args: readonly string[]) => call("docker", ["run", "--rm", ...args]);
const shell = (script: string) =>
  run([...LOCKED, RANDOM_USER, "--entrypoint=sh", image, "-c", script]);

describe("the image", () => {
  it(`has less than ${MOST_MEGABYTES} MB`, async () => {
    const bytes = Number(await docker(["image", "inspect", "-f", "{{.Size}}", image]));
    console.log(`${image}: ${(bytes / 1e6).toFixed(1)} MB`);
    expect(bytes / 1e6).toBeLessThan(MOST_MEGABYTES);
  });

  it("has nothing to build with, no package of developers only, and no program with rights of its own", async () => {
    const { stdout } = await shell(
      "for p in npm npx yarn corepack gcc cc make python3 git curl wget tsc; do command -v $p; done; find / -xdev -perm /6000 -type f; ls /opt/onrush/node_modules /opt/onrush",
    );
    const { devDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    ) as Record<string, Record<string, string>>;
    const lines = stdout.split("\n");
    expect(lines).toContain("fastify");
    expect(lines.filter((line) => line.startsWith("/") && !line.endsWith(":"))).toEqual([]);
    // fastify has Ajv too.
    const developers = { ...devDependencies, ...peerDependencies };
    expect(
      Object.keys(developers).filter((name) => lines.includes(name) && name !== "ajv"),
    ).toEqual([]);
    expect(lines.filter((line) => /^(test|docs|\.git)$/.test(line))).toEqual([]);
  });

  it("says what a worker lacks, as any user, on a read-only root, with an empty environment", async () => {
    const { exitCode, stderr } = await run([...LOCKED, RANDOM_USER, image, "worker"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("a worker cannot join a cluster without");
    expect(stderr).toContain("ONRUSH_BUS");
    expect(stderr).toContain("ONRUSH_CLUSTER_KEY");
  });

  it("runs a scenario by itself, as any user, on a read-only root", async () => {
    const script =
      "onrush target --port 9001 >/tmp/target & onrush run ws://127.0.0.1:9001 -c 50 -d 3s --wait-for-target 20s --json --run-dir /tmp/run";
    const { exitCode, stdout, stderr } = await run([
      ...LOCKED,
      RANDOM_USER,
      "--tmpfs=/tmp",
      "--entrypoint=sh",
      image,
      "-c",
      script,
    ]);
    const summary = JSON.parse(stdout || "null") as Summary | null;
    expect(summary?.connections.established, stderr).toBe(50);
    expect([0, 97]).toContain(exitCode);
  });

  it("goes by the limits of its container, not by those of the machine", async () => {
    const limits = ["--memory=300m", "--cpus=0.5", "--pids-limit=150"];
    const { stdout } = await run([...LOCKED, RANDOM_USER, ...limits, image, "doctor", "--json"]);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; text: string }[] };
    const said = (name: string) => checks.find((one) => one.name === name)?.text;
    expect(said("memory")).toMatch(/ of 0\.3 GB, the limit of its control group$/);
    expect(said("cores")).toContain("of which a quota leaves 0.50");
    const whole = await run([...LOCKED, RANDOM_USER, image, "doctor", "--json"]);
    expect(whole.stdout).not.toContain("control group");
    expect(whole.stdout).not.toContain("quota");
  });

  it("trusts the authority it is given, for targets too", async () => {
    using folder = scratch();
    const authority = makeAuthority("test authority");
    const { cert, key } = makeLeaf(authority, { name: "localhost", dns: ["localhost"] });
    const files = { "ca.pem": authority.cert, "cert.pem": cert, "key.pem": key };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
    chmodSync(folder.path, 0o755);
    const script = [
      "onrush target --port 9443 --host localhost --tls-cert /pki/cert.pem --tls-key /pki/key.pem >/tmp/target &",
      "onrush run wss://localhost:9443 -c 10 -d 2s --wait-for-target 20s --json --run-dir /tmp/run",
    ].join("\n");
    const tried = async (env: readonly string[]) => {
      const mounts = ["--tmpfs=/tmp", `--volume=${folder.path}:/pki:ro`, "--entrypoint=sh"];
      const said = await run([...LOCKED, RANDOM_USER, ...mounts, ...env, image, "-c", script]);
      return JSON.parse(said.stdout || "null") as Summary | null;
    };
    const trusting = await tried(["--env=NODE_EXTRA_CA_CERTS=/pki/ca.pem"]);
    expect(trusting?.connections.established).toBe(10);
    const doubting = await tried([]);
    expect(doubting?.connections.established ?? 0).toBe(0);
  });

  it("has node as its first process, which ends on SIGTERM, and tells that it lives", async () => {
    const id = await docker([
      "run",
      "-d",
      ...LOCKED,
      RANDOM_USER,
      "--env=ONRUSH_BUS=redis://127.0.0.1:1",
      `--env=ONRUSH_CLUSTER_KEY=${"k".repeat(32)}`,
      image,
      "worker",
    ]);
    try {
      expect(await docker(["exec", id, "cat", "/proc/1/comm"])).toBe("node");
      const health = () => docker(["inspect", "-f", "{{.State.Health.Status}}", id]);
      await expect.poll(health, WAIT).toBe("healthy");
      await docker(["stop", "-t", "60", id]);
      expect(await docker(["inspect", "-f", "{{.State.ExitCode}}", id])).toBe("0");
    } finally {
      await docker(["rm", "-f", id]);
    }
  });
});

interface Listed {
  readonly workers: readonly { readonly id: string }[];
}

/** The onrush command and the API, as somebody who has the token uses them. */
class Client {
  readonly #stack: Stack;
  readonly #token: string;

  constructor(stack: Stack) {
    this.#stack = stack;
    this.#token = readFileSync(join(stack.folder, "deploy/compose/secrets/token"), "utf8").trim();
  }

  onrush(args: readonly string[]) {
    const env = {
      ONRUSH_COORDINATOR: this.#stack.address("ONRUSH_PORT"),
      ONRUSH_TOKEN: this.#token,
    };
    return onrush(args, { env: { ...env, ONRUSH_TARGET: "ws://target:9001" } });
  }

  get(path: string): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}` };
    return fetch(`${this.#stack.address("ONRUSH_PORT")}/api/v1${path}`, { headers });
  }

  async workers(): Promise<number> {
    return ((await (await this.get("/workers")).json()) as Listed).workers.length;
  }

  async target(): Promise<TargetStats> {
    return (await (
      await fetch(`${this.#stack.address("ONRUSH_TARGET_PORT")}/stats`)
    ).json()) as TargetStats;
  }

  async settled(): Promise<TargetStats> {
    await expect.poll(async () => (await this.target()).open, WAIT).toBe(0);
    return this.target();
  }
}

/** Counts are compared, not speed: this goes on a machine that others use. */
const SMALLER = ["--set", "load.ramp.to=300", "--set", "messages.rate=0.5/s"];

function expectSame(summary: Summary, counted: TargetStats, before?: TargetStats): void {
  expect(summary.connections.established).toBe(counted.accepted - (before?.accepted ?? 0));
  expect(summary.messages.sent).toBe(counted.messagesIn - (before?.messagesIn ?? 0));
  expect(summary.messages.received).toBe(counted.messagesOut - (before?.messagesOut ?? 0));
  expect(summary.validity.ledger.balanced).toBe(true);
}

const DEMO = [
  "submit",
  "examples/demo-10k.yaml",
  ...SMALLER,
  "--workers",
  "2",
  "--watch",
  "--json",
];

describe.each(["redis", "nats"])("docker compose -f deploy/compose/%s.yaml", (kind) => {
  it("starts, runs the demo with the target's own numbers, grows in mid-run, and leaves nothing", async () => {
    const stack = await Stack.make(kind, images);
    await using _ = stack;
    await stack.compose(["up", "--detach", "--wait", "--no-build"]);
    const client = new Client(stack);
    await expect.poll(() => client.workers(), WAIT).toBe(2);

    const demo = await client.onrush(DEMO);
    expect(endedWell(demo), demo.stderr).toBe(true);
    const counted = await client.settled();
    expectSame(demo.summary as Summary, counted);
    const report = await client.get(`/runs/${demo.summary?.run}/report.html`);
    expect(report.status).toBe(200);
    expect(await report.text()).toContain("demo-10k");

    const grown = client.onrush(DEMO);
    await expect.poll(async () => (await client.target()).open, WAIT).toBeGreaterThan(20);
    await stack.compose(["up", "--detach", "--no-recreate", "--no-build", "--scale", "worker=4"]);
    const after = await grown;
    expect(endedWell(after), after.stderr).toBe(true);
    expectSame(after.summary as Summary, await client.settled(), counted);
    expect(after.summary?.connections.closedByCause["migrated"] ?? 0).toBe(0);
    await expect.poll(() => client.workers(), WAIT).toBe(4);

    await metrics(stack);
    await stack.down();
    expect(await stack.left()).toEqual([]);
  });
});

/** Prometheus of the profile: the coordinator by its token, and each worker however many there are. */
async function metrics(stack: Stack): Promise<void> {
  await stack.compose([
    "--profile",
    "metrics",
    "up",
    "--detach",
    "--no-recreate",
    "--no-build",
    "--no-deps",
    "prometheus",
  ]);
  const ask = async (query: string) => {
    const url = `${stack.address("PROMETHEUS_PORT")}/api/v1/query?query=${encodeURIComponent(query)}`;
    const answer = await fetch(url).catch(() => null);
    if (answer === null) return null;
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1] ?? null;
  };
  await expect.poll(() => ask("onrush_workers"), WAIT).toBe("4");
  await expect.poll(() => ask("count(onrush_worker_bus_connected == 1)"), WAIT).toBe("4");
}
