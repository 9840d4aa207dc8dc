/**
 * Every command of docs/kubernetes.md, from top to bottom, in one shell in a copy of what it names, as a new user types them.
 * Used by main.ts. Invariant: a block is run, or its first line says why it is not; what the shell started ends with it, and
 * nobody's namespace is touched that was there before.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Fence, fencesOf, ROOT } from "../docs/fences.ts";
import { type Checks, mustBeNone } from "./checks.ts";
import { Kubectl } from "./kubectl.ts";

const DOCUMENT = "docs/kubernetes.md";
/** That of the manifests, and of the document. */
const NAMESPACE = "onrush";
const REMOVED_MS = 240_000;
/** The promise of the document. */
const FIRST_REPORT_MS = 600_000;
const BLOCK_MS = 300_000;
/** So many blocks, and no more, may need what a cluster does not always have. */
const MOST_NOT_RUN = 2;
const NOT_RUN = /^bash not run: (.+)$/;
const END = "---end-of-block";

export async function checkDocument(checks: Checks): Promise<void> {
  const fences = fencesOf(DOCUMENT);
  const blocks = fences.filter(({ info }) => info.startsWith("bash"));
  const left = blocks.filter(({ info }) => NOT_RUN.test(info));
  for (const { line, info } of left) {
    checks.skip(`${DOCUMENT}:${line}`, NOT_RUN.exec(info)?.[1] ?? "");
  }
  await checks.check(`${DOCUMENT} has commands, and hardly any that are not run`, async () => {
    const odd = blocks.filter(({ info }) => info !== "bash" && !NOT_RUN.test(info));
    mustBeNone([
      ...(blocks.length > 8 ? [] : [`only ${blocks.length} blocks`]),
      ...(left.length <= MOST_NOT_RUN ? [] : [`${left.length} blocks are not run`]),
      ...odd.map(({ line, info }) => `line ${line}: what is a block of "${info}"?`),
    ]);
  });
  const cluster = new Kubectl(NAMESPACE);
  const isFree = await checks.check("the document has the cluster for itself", async () => {
    const { code } = await cluster.call(["get", "namespace", NAMESPACE]);
    if (code === 0) throw new Error(`there is a namespace ${NAMESPACE}; it is not touched`);
  });
  if (!isFree) return;
  const shell = new Shell(fences);
  const from = performance.now();
  try {
    for (const block of blocks) {
      if (left.includes(block)) continue;
      const went = await checks.check(nameOf(block), () => shell.run(block));
      if (!went) return;
      if (block.lines.some((line) => line.endsWith("> report.html"))) {
        const tookMs = performance.now() - from;
        await checks.check("a report within ten minutes", async () => {
          if (!shell.read("report.html").includes("</html>")) throw new Error("it is no report");
          const minutes = `${(tookMs / 60_000).toFixed(1)} minutes`;
          if (tookMs > FIRST_REPORT_MS) throw new Error(minutes);
          return `${minutes} from an empty cluster to report.html`;
        });
      }
    }
  } finally {
    await shell.end();
    await cluster.text(["delete", "namespace", NAMESPACE, "--ignore-not-found"], {
      withinMs: REMOVED_MS,
    });
  }
}

function nameOf({ line, lines }: Fence): string {
  const [first = ""] = lines;
  return `${DOCUMENT}:${line} ${first.slice(0, 80)}`;
}

class Shell {
  readonly #folder = mkdtempSync(join(tmpdir(), "onrush-k8s-docs-"));
  readonly #child: ChildProcess;
  #said = "";

  /** @param fences of which those that name a file are written */
  constructor(fences: readonly Fence[]) {
    cpSync(join(ROOT, "k8s"), join(this.#folder, "k8s"), { recursive: true });
    for (const { lines } of fences) {
      const name = /^# ([\w.-]+\.\w+)$/.exec(lines[0] ?? "")?.[1];
      if (name !== undefined) writeFileSync(join(this.#folder, name), `${lines.join("\n")}\n`);
    }
    const shim = join(this.#folder, "onrush");
    const entry = join(ROOT, "dist/coordinator/cli/main.js");
    writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${entry}" "$@"\n`);
    chmodSync(shim, 0o755);
    // A group of its own, so that what it left in the background can be ended with it.
    this.#child = spawn("bash", ["--noprofile", "--norc", "-s"], {
      cwd: this.#folder,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: `${this.#folder}${delimiter}${process.env["PATH"] ?? ""}`,
        NO_COLOR: "1",
      },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text;
      });
    }
    this.#child.stdin?.on("error", () => {});
    this.#child.stdin?.write("set -eo pipefail\n");
  }

  /** @throws Error with what it printed when a command of it fails, or it does not end */
  async run({ lines }: Fence): Promise<string> {
    this.#said = "";
    // Its input is the script: commands have another one.
    this.#child.stdin?.write(`{\n${lines.join("\n")}\n} </dev/null\necho "${END}"\n`);
    const giveUpAt = performance.now() + BLOCK_MS;
    while (!this.#said.includes(END)) {
      if (this.#child.exitCode !== null) {
        throw new Error(`ended with ${this.#child.exitCode}:\n${this.#said}`);
      }
      if (performance.now() > giveUpAt) throw new Error(`does not end:\n${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return this.#said.replace(END, "").trim().split("\n").slice(-12).join("\n");
  }

  read(name: string): string {
    return readFileSync(join(this.#folder, name), "utf8");
  }

  async end(): Promise<void> {
    const { pid } = this.#child;
    const ended = this.#child.exitCode === null ? once(this.#child, "exit") : null;
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // Nothing of it is left.
    }
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
