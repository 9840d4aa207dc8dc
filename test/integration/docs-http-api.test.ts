/**
 * Goal: the requests of docs/http-api.md are answered as it shows, but for numbers, times and names. Method: they are made
 * by a shell with curl, from top to bottom, to a coordinator with two workers; what goes on is looked at until it is what
 * is shown.
 */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandLine, commandLinesOf, fencesOf } from "../docs/fences.ts";
import { missingLines, missingValues } from "../docs/shown.ts";
import { type Printed, Stage } from "../docs/stage.ts";
import { echoScenario } from "../support/coordinator.ts";
import { startTarget, type Target } from "../support/programs.ts";
import { missing } from "../support/servers.ts";

const DOCUMENT = "docs/http-api.md";
const EVENTUALLY_MS = 30_000;
/** Runs the document speaks of: one that goes on and ends, and one that is over. */
const FIRST = "20261121-084211-echo-81e59d";
const SECOND = "20261121-084235-echo-2763f4";

/** Run, and not compared with what is shown. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  [`curl -s $A/runs/${FIRST}/events | cut -c1-220`]: "which worker joins first is theirs to say",
};
/** Asked of a run that goes on; the one before may be over by now. */
const NEEDS_A_RUN = /actions\/scale|\/metrics/;

const lines = fencesOf(DOCUMENT).flatMap((fence) => commandLinesOf(fence, /\bcurl /));
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
const skip = !hasCurl || missing("redis") !== null;

/** Of a run that goes on, any state may be shown; of one that is over, that a busy machine made it invalid. */
const anyState = (text: string) =>
  text
    .replace(/"state": ?"[a-z]+"/g, '"state":"any"')
    .replace(/"verdict": ?"(pass|invalid)"/g, '"verdict":"sound"')
    .replace(/"exitCode": ?(0|97)\b/g, '"exitCode":"sound"');

function flawsOf({ shown }: CommandLine, { stdout }: Printed): string[] {
  const expected = shown.map(anyState);
  return missingValues(expected, anyState(stdout)) ?? missingLines(expected, anyState(stdout));
}

describe.skipIf(skip)(DOCUMENT, () => {
  let target: Target;
  let stage: Stage;
  const names = new Map<string, string>();

  beforeAll(async () => {
    target = await startTarget();
    stage = new Stage(Number(new URL(target.url).port));
    const scenario = { ...echoScenario(target.url, { connections: 200, holdSeconds: 3 }) };
    stage.writeFile("scenario.yaml", JSON.stringify({ ...scenario, name: "echo" }));
    const bus = "--bus redis://127.0.0.1:6379";
    for (const command of [
      `onrush coordinator ${bus} --listen 127.0.0.1:7700 --data data`,
      `onrush worker ${bus} --engines 1 --capacity 2000 --id worker-a`,
      `onrush worker ${bus} --engines 1 --capacity 2000 --id worker-b`,
    ]) {
      await stage.serve(await stage.ours(command));
    }
  });

  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });

  const ask = async (command: string): Promise<Printed> => {
    let own = await stage.ours(`A=http://127.0.0.1:7700/api/v1; ${command}`);
    for (const [shown, actual] of names) own = own.replaceAll(shown, actual);
    return stage.run(own);
  };

  async function submitted(workers: number): Promise<string> {
    const { stdout } = await ask(
      `curl -s -X POST "$A/runs?workers=${workers}" -H 'Content-Type: application/yaml' --data-binary @scenario.yaml`,
    );
    return (JSON.parse(stdout) as { id: string }).id;
  }

  /** Only looks are repeated. */
  async function answer(line: CommandLine): Promise<Printed> {
    const from = performance.now();
    while (true) {
      const printed = await ask(line.command);
      const isLook = !line.command.includes("-X ") && performance.now() - from < EVENTUALLY_MS;
      const isShown = printed.exitCode === 0 && flawsOf(line, printed).length === 0;
      if (isShown || !isLook || line.command in NOT_COMPARED) return printed;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  it("has requests, and none of the exceptions is stale", () => {
    expect(lines.length).toBeGreaterThan(12);
    const commands = lines.map(({ command }) => command);
    expect(Object.keys(NOT_COMPARED).filter((command) => !commands.includes(command))).toEqual([]);
  });

  it("answers them as shown", { timeout: 150_000 }, async () => {
    for (const line of lines) {
      if (NEEDS_A_RUN.test(line.command)) names.set(FIRST, await submitted(1));
      const printed = await answer(line);
      const said = `${DOCUMENT}:${line.line} ${line.command}\n${printed.stdout}${printed.stderr}`;
      expect(printed.exitCode, said).toBe(0);
      if (!(line.command in NOT_COMPARED)) expect(flawsOf(line, printed), said).toEqual([]);
      const id = /"id":"(\d{8}-\d{6}-[\w-]+)"/.exec(printed.stdout)?.[1];
      if (!names.has(FIRST) && id !== undefined) {
        names.set(FIRST, id);
        names.set(SECOND, id);
      }
    }
  });
});
