/**
 * A Docker engine as a user has it: `docker` and `docker compose` on the command line. Used by docker.test.ts.
 * Invariant: every call has a bound; what a stack started is gone when its scope ends, and nothing else is touched.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFilesLimit } from "../../shared/open-files.ts";
import { ROOT } from "../house/repository.ts";
import { freePort } from "../support/ports.ts";

const CALL_MS = 600_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

export interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CallOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Whatever it ends with. */
export function call(
  command: string,
  args: readonly string[],
  options: CallOptions = {},
): Promise<Said> {
  const { cwd = ROOT, env = {} } = options;
  const settings = {
    cwd,
    timeout: CALL_MS,
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, ...env },
  };
  return new Promise((resolve) => {
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
      resolve({ exitCode: code, stdout, stderr });
    });
  });
}

/** @returns what it printed. @throws with both its outputs, when it fails */
export async function docker(args: readonly string[], options: CallOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await call("docker", args, options);
  if (exitCode !== 0) throw new Error(`docker ${args.join(" ")}: ${exitCode}\n${stdout}${stderr}`);
  return stdout.trim();
}

export async function hasDocker(): Promise<boolean> {
  return (
    (await call("docker", ["compose", "version"])).exitCode === 0 &&
    (await call("docker", ["info"])).exitCode === 0
  );
}

/** Builds it when nobody names one: ONRUSH_IMAGE. @returns its name */
export async function ourImage(): Promise<string> {
  const given = process.env["ONRUSH_IMAGE"];
  if (given) return given;
  const name = "onrush:test";
  await docker(["build", "-q", "-f", "deploy/docker/Dockerfile", "-t", name, "."]);
  return name;
}

/** Images of others: pulled where there is a registry, else made from Debian's packages. @returns names by service */
export async function imagesOfOthers(): Promise<Readonly<Record<string, string>>> {
  const wanted = {
    REDIS_IMAGE: "redis:7.4-bookworm",
    NATS_IMAGE: "nats:2.10-alpine",
    PROMETHEUS_IMAGE: "prom/prometheus:v3.5.0",
  };
  const names: Record<string, string> = {};
  for (const [variable, image] of Object.entries(wanted)) {
    names[variable] = (await isThere(image)) ? image : await standIn(image);
  }
  return names;
}

/** One that came from a registry: somebody's stand-in of the same name has another user, or other folders. */
async function isThere(image: string): Promise<boolean> {
  const digests = ["image", "inspect", "-f", "{{len .RepoDigests}}", image];
  const { exitCode, stdout } = await call("docker", digests);
  if (exitCode === 0) return Number(stdout) > 0;
  return (await call("docker", ["pull", "-q", image])).exitCode === 0;
}

async function standIn(image: string): Promise<string> {
  const of = /(\w+):/.exec(image)?.[1] ?? "";
  const name = `onrush-test-${of}`;
  await docker([
    "build",
    "-q",
    "-f",
    `test/containers/stand-ins/${of}.Dockerfile`,
    "-t",
    name,
    "test/containers/stand-ins",
  ]);
  return name;
}

/** One of deploy/compose, in a copy of that folder, with secrets, ports and a project of its own. */
export class Stack implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "onrush-compose-"));
  readonly #project: string;
  readonly #file: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(kind: string, env: Readonly<Record<string, string>>) {
    this.#project = `onrush-test-${kind}`;
    this.#file = join(this.folder, `deploy/compose/${kind}.yaml`);
    this.#env = env;
    cpSync(join(ROOT, "deploy"), join(this.folder, "deploy"), {
      recursive: true,
      filter: (path) => !path.includes("compose/secrets/") && !path.endsWith("compose/secrets"),
    });
  }

  static async make(kind: string, images: Readonly<Record<string, string>>): Promise<Stack> {
    const ports = {
      ONRUSH_PORT: await freePort(),
      ONRUSH_TARGET_PORT: await freePort(),
      PROMETHEUS_PORT: await freePort(),
    };
    // The engine may give no more files than this machine does.
    const files = process.env["ONRUSH_NOFILE"] ?? String(openFilesLimit());
    const texts = Object.entries(ports).map(([name, port]) => [name, String(port)]);
    const stack = new Stack(kind, {
      ...images,
      ONRUSH_NOFILE: files,
      ...Object.fromEntries(texts),
    });
    await call("sh", ["deploy/compose/secrets.sh"], { cwd: stack.folder });
    return stack;
  }

  compose(args: readonly string[]): Promise<string> {
    const all = ["compose", "-p", this.#project, "-f", this.#file, ...args];
    return docker(all, { cwd: this.folder, env: this.#env });
  }

  address(variable: "ONRUSH_PORT" | "ONRUSH_TARGET_PORT" | "PROMETHEUS_PORT"): string {
    return `http://127.0.0.1:${this.#env[variable]}`;
  }

  /** What there is of it at the engine: containers, networks, volumes. */
  async left(): Promise<string[]> {
    const label = `label=com.docker.compose.project=${this.#project}`;
    const lists = [
      ["ps", "-aq"],
      ["network", "ls", "-q"],
      ["volume", "ls", "-q"],
    ];
    const found = await Promise.all(lists.map((list) => docker([...list, "--filter", label])));
    return found.flatMap((text) => text.split("\n")).filter((line) => line !== "");
  }

  down(): Promise<string> {
    return this.compose(["--profile", "*", "down", "--volumes", "--remove-orphans"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
