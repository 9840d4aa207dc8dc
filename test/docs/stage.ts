/**
 * What a document takes for granted, for one document: a folder with the files it names, a target, a broker, earlier runs,
 * and the command `onrush`. Used by test/integration/docs.test.ts. Invariants: addresses and durations of a document are
 * replaced by ours, and nothing else of a command line; what was started ends with the stage, by pid.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { makeAuthority, makeLeaf } from "../conformance/certificates.ts";
import { freePort } from "../support/ports.ts";
import { type BrokerServer, startBroker } from "../support/servers.ts";
import { type Fence, fencesOf, ROOT } from "./fences.ts";

const ENTRY = join(ROOT, "dist/coordinator/cli/main.js");
const READY_MS = 30_000;

export interface Printed {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Service {
  readonly command: string;
  readonly child: ChildProcess;
  readonly printed: { stdout: string; stderr: string };
}

/** Ends every process that one left behind, should the tests end early. */
const started = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of started) child.kill("SIGTERM");
});

export class Stage implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "onrush-docs-"));
  readonly #ports = new Map<string, number>();
  readonly #services: Service[] = [];
  #broker: BrokerServer | null = null;

  /** @param targetPort of a target that is there already; null for a document that starts its own */
  constructor(targetPort: number | null) {
    if (targetPort !== null) this.#ports.set("9001", targetPort);
    mkdirSync(join(this.folder, "bin"));
    const shim = join(this.folder, "bin/onrush");
    writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${ENTRY}" "$@"\n`);
    chmodSync(shim, 0o755);
    mkdirSync(join(this.folder, ".config/fish/completions"), { recursive: true });
  }

  /** Files that blocks of the document name: `# name.yaml` on the first line, or a name after the language. */
  async write(fence: Fence): Promise<void> {
    const named =
      /^\S+ (\S+)$/.exec(fence.info)?.[1] ?? /^# ([\w./-]+\.\w+)$/.exec(fence.lines[0] ?? "")?.[1];
    if (named === undefined || named.startsWith(".")) return;
    this.writeFile(named, await this.ours(`${fence.lines.join("\n")}\n`));
  }

  writeFile(name: string, text: string): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  copy(from: string, name: string): void {
    cpSync(from, join(this.folder, name), { recursive: true });
  }

  /** The certificates that commands and scenarios name. */
  writeCertificates(): void {
    const authority = makeAuthority("docs");
    const leaf = makeLeaf(authority, {
      name: "localhost",
      dns: ["localhost"],
      ips: ["127.0.0.1"],
    });
    this.writeFile("ca.pem", authority.cert);
    for (const name of ["cert.pem", "client.pem"]) this.writeFile(name, leaf.cert);
    for (const name of ["key.pem", "client-key.pem"]) this.writeFile(name, leaf.key);
  }

  /** A text of the document with our addresses in place of its own. */
  async ours(text: string): Promise<string> {
    let result = text
      .replace(/wss?:\/\/chat\.example/g, "ws://127.0.0.1:9001")
      .replace(/:9002\b/g, ":9001")
      .replaceAll("/var/lib/onrush", join(this.folder, "data"))
      .replaceAll("runs/<id>", "runs/before");
    if (/redis:\/\//.test(result)) {
      this.#broker ??= await startBroker("redis");
      result = result.replace(/redis:\/\/(broker|127\.0\.0\.1):6379/g, this.#broker.url);
    }
    for (const port of ["9001", "9443", "7800", "7700", "9464", "4318"]) {
      if (!new RegExp(`(:|--port )${port}\\b`).test(result)) continue;
      const own = await this.port(port);
      result = result.replace(new RegExp(`(:|--port )${port}\\b`, "g"), `$1${own}`);
    }
    return result;
  }

  async port(of: string): Promise<number> {
    const known = this.#ports.get(of) ?? (await freePort());
    this.#ports.set(of, known);
    return known;
  }

  /** Runs a command line to its end, as a shell does. */
  async run(command: string): Promise<Printed> {
    const { child, printed } = await this.#spawn(command);
    const [exitCode] = (await once(child, "close")) as [number | null];
    started.delete(child);
    return { exitCode, ...printed };
  }

  /** Starts a command that goes on until it is told to end; the one before on the same port is ended first. */
  async serve(command: string): Promise<void> {
    const port = /--port (\d+)/.exec(command)?.[1];
    const same = this.#services.find(
      (service) => port !== undefined && service.command.includes(`--port ${port}`),
    );
    if (same !== undefined) {
      this.#services.splice(this.#services.indexOf(same), 1);
      await end(same);
    }
    const service = { command, ...(await this.#spawn(`exec ${command}`)) };
    this.#services.push(service);
    const { child, printed } = service;
    const isReady = command.startsWith("onrush worker")
      ? () => printed.stderr.includes("joined as")
      : () => printed.stdout.includes("\n");
    const from = performance.now();
    while (!isReady()) {
      if (child.exitCode !== null || performance.now() - from > READY_MS) {
        throw new Error(`not ready: ${command}\n${printed.stdout}${printed.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Starts the targets of this document again: what they do wrong by the clock or by number lies ahead of them again. */
  async renewTargets(): Promise<void> {
    const targets = this.#services.filter(({ command }) => command.startsWith("onrush target"));
    for (const { command } of targets) await this.serve(command);
  }

  /** Ends what goes on, the newest first. @returns each command with its exit code */
  async endServices(): Promise<Map<string, number | null>> {
    const codes = new Map<string, number | null>();
    for (const service of this.#services.splice(0).reverse()) {
      codes.set(service.command, await end(service));
    }
    return codes;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  remove(name: string): void {
    rmSync(join(this.folder, name), { recursive: true, force: true });
  }

  async #spawn(command: string): Promise<Omit<Service, "command">> {
    const coordinator = `http://127.0.0.1:${await this.port("7700")}`;
    const child = spawn("bash", ["-o", "pipefail", "-c", command], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: `${join(this.folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
        HOME: this.folder,
        NO_COLOR: "1",
        ONRUSH_COORDINATOR: coordinator,
        ONRUSH_WORKER_LEAVE_MS: "2000",
        GITHUB_STEP_SUMMARY: join(this.folder, "step-summary.md"),
      },
    });
    started.add(child);
    const printed = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      printed.stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      printed.stderr += chunk;
    });
    return { child, printed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endServices();
    await this.#broker?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function end({ child }: Service): Promise<number | null> {
  started.delete(child);
  if (child.exitCode !== null) return child.exitCode;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const [code] = (await ended) as [number | null];
  return code;
}

/** All blocks of a document that are files. */
export function filesOf(document: string): Fence[] {
  return fencesOf(document).filter(({ info }) => /^(yaml|json|csv)\b/.test(info));
}
