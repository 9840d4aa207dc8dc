/**
 * Goal: a command of a fault is over in its time, with all that it has started, and sees nothing that it is not to see. Method: real
 * commands that fork, ignore signals, leave their group and write without end; the processes are looked for afterwards by their ids.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../../../coordinator/outside/run-command.ts";
import { systemTimers } from "../../../shared/time/timer.ts";

const WAIT = { timeout: 30_000, interval: 20 };
const LONG_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), "onrush-command-"));
afterAll(() => rmSync(folder, { recursive: true }));

function shell(script: string, limitMs = LONG_MS, signal = new AbortController().signal) {
  const limits = { run: "r1", fault: "f1", limitMs, timers: systemTimers, signal };
  return runCommand("/bin/sh", ["-c", script, "sh", folder], limits);
}

/** The ids that a script has written, one a line. */
async function pidsIn(name: string, count: number): Promise<number[]> {
  const path = join(folder, name);
  const read = () =>
    existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").map(Number) : [];
  await expect.poll(() => read().length, WAIT).toBe(count);
  return read();
}

/** Gone, or dead and only not collected yet. */
function isGone(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

const onLinux = process.platform === "linux";

describe.skipIf(!onLinux)("a command of a fault", () => {
  it("tells how it ended, and the end of what it wrote", async () => {
    expect(await shell("echo done")).toEqual({ ok: true, outcome: "exit 0 done" });
    const failed = await shell("yes no | head -c 100000; echo last >&2; exit 3");
    expect(failed.ok).toBe(false);
    expect(failed.outcome).toMatch(/^exit 3 /);
    expect(failed.outcome.length).toBeLessThanOrEqual(4096);
    expect(
      await runCommand("/nowhere/at-all", [], {
        ...{ run: "r", fault: "f", limitMs: LONG_MS, timers: systemTimers },
        signal: new AbortController().signal,
      }),
    ).toMatchObject({ ok: false });
  });

  it("has an environment of its own, and no shell reads its arguments", async () => {
    const limits = { run: "r1", fault: "f1", limitMs: LONG_MS, timers: systemTimers };
    const signal = new AbortController().signal;
    const printed = await runCommand("/usr/bin/env", [], { ...limits, signal });
    const names = printed.outcome
      .split(/ (?=[A-Z_]+=)/)
      .slice(1)
      .map((one) => one.split("=")[0]);
    expect(names.sort()).toEqual(["ONRUSH_COMMAND", "ONRUSH_FAULT", "ONRUSH_RUN", "PATH"]);
    const literal = await runCommand("/bin/echo", ["$(id)", "; id"], { ...limits, signal });
    expect(literal.outcome).toBe("exit 0 $(id) ; id");
  });

  it("is ended at its limit with all that it has started, also what has left its group", async () => {
    const script = `
      trap '' TERM INT HUP
      echo $$ >> $1/forks
      (trap '' TERM; echo $(sh -c 'echo $PPID') >> $1/forks; while :; do sleep 1000; done) &
      setsid sh -c 'echo $$ >> "$1/forks"; (setsid sleep 1000 &) ; sleep 1000' sh $1 &
      while :; do sleep 1000; done`;
    const running = shell(script, 8000);
    const pids = await pidsIn("forks", 3);
    const { ok, outcome } = await running;
    expect(ok).toBe(false);
    expect(outcome).toMatch(/^ended after 8 s:/);
    await expect.poll(() => pids.filter((pid) => !isGone(pid)), WAIT).toEqual([]);
  });

  it("takes what it left in its group with it when it ends by itself, though that holds its output", async () => {
    const { ok } = await shell("sleep 1000 & echo $! > $1/left; exit 0");
    expect(ok).toBe(true);
    const [left = 0] = await pidsIn("left", 1);
    await expect.poll(() => isGone(left), WAIT).toBe(true);
  });

  it("is ended with the run", async () => {
    const over = new AbortController();
    const running = shell("echo $$ > $1/aborted; sleep 1000", LONG_MS, over.signal);
    const [pid = 0] = await pidsIn("aborted", 1);
    over.abort();
    expect((await running).outcome).toMatch(/^ended with the run/);
    await expect.poll(() => isGone(pid), WAIT).toBe(true);
  });
});
