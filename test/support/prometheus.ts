/**
 * A real Prometheus for tests, with its promtool: a private child of the test run on a free loopback port, killed by pid.
 * Found in this order: the folder in ONRUSH_TEST_PROMETHEUS_DIR; PATH; a cache in node_modules/.cache/onrush. Where tests
 * decide (CI=true) the cache is filled from the Debian package, or the package installed, and its absence is a failure.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tied } from "../../shared/lifeline.ts";
import { cacheOf, install, unpack } from "./debian.ts";
import { freePort } from "./ports.ts";

/** Of Debian. */
const PACKAGE = "prometheus";
const PROGRAMS = ["prometheus", "promtool"] as const;
const START_MS = 30_000;

/** Where both programs are. */
let found: string | null | undefined;

function folderOfPrograms(): string | null {
  if (found === undefined) found = given() ?? onPath() ?? inCache() ?? fetched();
  return found;
}

function holdsAll(folder: string): boolean {
  return folder !== "" && PROGRAMS.every((name) => existsSync(join(folder, name)));
}

function given(): string | null {
  const folder = process.env["ONRUSH_TEST_PROMETHEUS_DIR"];
  if (!folder) return null;
  if (holdsAll(folder)) return folder;
  throw new Error(`ONRUSH_TEST_PROMETHEUS_DIR: ${PROGRAMS.join(" and ")} are not in ${folder}`);
}

function onPath(): string | null {
  if (process.env["ONRUSH_TEST_NO_INSTALLED"] === "1") return null;
  return (process.env["PATH"] ?? "").split(delimiter).find(holdsAll) ?? null;
}

function inCache(): string | null {
  const folder = join(cacheOf(PACKAGE), "usr/bin");
  return holdsAll(folder) ? folder : null;
}

function fetched(): string | null {
  // Only where tests decide: it is large.
  if (process.env["CI"] !== "true") return null;
  unpack(cacheOf(PACKAGE), [PACKAGE]);
  const unpacked = inCache();
  if (unpacked !== null) return unpacked;
  install(PACKAGE);
  return onPath();
}

/** Without one nothing is scraped by it: where tests decide, that is a failure. */
export function lacksPrometheus(): boolean {
  if (folderOfPrograms() !== null) return false;
  if (process.env["CI"] === "true") throw new Error("no Prometheus to be had, and CI=true");
  process.stderr.write(
    "\nNO PROMETHEUS ON PATH, nor in ONRUSH_TEST_PROMETHEUS_DIR: runs are not scraped by a real one\n\n",
  );
  return true;
}

function program(name: (typeof PROGRAMS)[number]): string {
  const folder = folderOfPrograms();
  if (folder === null) throw new Error("there is no Prometheus");
  return join(folder, name);
}

/** What promtool says, stdout and stderr; empty when it finds nothing wrong and says nothing. */
export function promtool(args: readonly string[], input = ""): { text: string; ok: boolean } {
  try {
    const text = execFileSync(program("promtool"), args, {
      input,
      encoding: "utf8",
      stdio: "pipe",
    });
    return { text, ok: true };
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return { text: `${stdout ?? ""}${stderr ?? ""}`, ok: false };
  }
}

/** A result of the query API; see its documentation at Prometheus. */
export interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { readonly metric: object }[] };
}

export interface PrometheusServer extends AsyncDisposable {
  /** What it says to an expression, now. */
  query(expression: string): Promise<Answer>;
  /** The API at this path, as it comes. */
  get(path: string): Promise<unknown>;
}

interface Scrape {
  /** What is scraped. */
  readonly scrape: string;
  readonly rules: string;
  /** What it says to be served. */
  readonly token?: string;
}

/** Scrapes the address once a second. @param folder its configuration and its data, the caller's to remove */
export async function startPrometheus(
  folder: string,
  { scrape, rules, token }: Scrape,
): Promise<PrometheusServer> {
  const { host, pathname } = new URL(scrape);
  const config = {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: [rules],
    scrape_configs: [
      {
        job_name: "onrush",
        metrics_path: pathname,
        static_configs: [{ targets: [host] }],
        ...(token === undefined ? {} : { authorization: { credentials: token } }),
      },
    ],
  };
  const file = join(folder, "prometheus.yml");
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    ...tied(program("prometheus"), [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${address}`,
    ]),
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-4000);
  });
  const get = async (path: string) => (await fetch(`http://${address}${path}`)).json();
  await ready(child, address, () => said);
  return {
    query: async (expression) =>
      (await get(`/api/v1/query?query=${encodeURIComponent(expression)}`)) as Answer,
    get,
    [Symbol.asyncDispose]: () => kill(child),
  };
}

async function ready(child: ChildProcess, address: string, said: () => string): Promise<void> {
  const giveUpAt = performance.now() + START_MS;
  for (;;) {
    try {
      if ((await fetch(`http://${address}/-/ready`)).ok) return;
    } catch {
      // Not there yet.
    }
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      await kill(child);
      throw new Error(`Prometheus did not start: ${said()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
