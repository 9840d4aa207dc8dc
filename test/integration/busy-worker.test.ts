import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type BrokerKind, missing } from "../support/servers.ts";

/**
 * A worker whose engines have no idle moment keeps its lease; `npm run chaos:busy` does it for longer, with a shorter lease. The
 * share is low, because on a machine that others use an engine may wait for a target that waits for a processor.
 */
const PROGRAM = fileURLToPath(new URL("../../dist/test/chaos/busy.js", import.meta.url));
const OPTIONS = ["--seconds", "20", "--lease", "8000", "--busy", "0.2"];
const LONGEST_MS = 300_000;

const BROKERS = ["redis", "nats"] as const satisfies readonly BrokerKind[];

it.each(BROKERS)(
  "a busy worker on %s never loses its lease",
  async (kind) => {
    if (missing(kind) !== null) return;
    const child = spawn(process.execPath, [PROGRAM, ...OPTIONS, "--brokers", kind], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const [status] = (await once(child, "close")) as [number | null];
    const figures = JSON.parse(output) as { wrong: string[]; sent: number; planned: number };
    expect(figures.wrong).toEqual([]);
    expect(status).toBe(0);
    // Far over what it can do.
    expect(figures.sent).toBeLessThan(figures.planned / 2);
  },
  LONGEST_MS,
);
