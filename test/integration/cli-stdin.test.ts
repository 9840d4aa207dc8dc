/**
 * Goal: every command that takes a scenario takes it from standard input, too, and says so when none comes; an address in
 * place of a file gets the URL that was meant. Method: the built command with pipes of its own.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { runScenario, scratch, startTarget } from "../support/programs.ts";

const ENTRY = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));

function piped(args: readonly string[], input: string, cwd: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENTRY, ...args], {
    ...{ input, cwd, encoding: "utf8", timeout: 60_000 },
  });
  return { status, stdout, stderr };
}

function scenario(url: string): string {
  return `version: 1
target: ${url}/{{data.users.name}}
data: { users: { csv: users.csv } }
load: [{ phase: a, ramp: burst, to: 2, hold: 300ms }]
`;
}

it("a scenario comes through a pipe, YAML or JSON, files relative to the working directory", async () => {
  await using target = await startTarget();
  using folder = scratch();
  writeFileSync(join(folder.path, "users.csv"), "name\nann\nben\n");
  const text = scenario(target.url.replace(/\/$/, ""));
  for (const command of ["validate", "explain", "plan"]) {
    const { status, stderr } = piped([command, "-"], text, folder.path);
    expect(`${status} ${stderr}`).toBe("0 ");
  }
  const json = JSON.stringify({
    version: 1,
    target: target.url,
    load: [{ phase: "a", ramp: "burst", to: 1, hold: "300ms" }],
  });
  expect(piped(["validate", "-"], json, folder.path).status).toBe(0);
  const run = piped(["run", "-", "--json"], text, folder.path);
  expect(run.status, run.stderr).toBe(0);
  const summary = JSON.parse(run.stdout) as { name: string; connections: { established: number } };
  expect(summary.name).toBe("stdin");
  expect(summary.connections.established).toBe(2);
});

it("what is wrong with it is said by its name, nothing at all too", () => {
  using folder = scratch();
  const wrong = piped(["validate", "-"], "versio: 1\n", folder.path);
  expect(wrong.status).toBe(104);
  expect(wrong.stderr).toContain('stdin:1:1 unknown key "versio"');
  for (const command of ["validate", "explain", "plan", "run", "submit"]) {
    const { status, stderr } = piped([command, "-"], " \n", folder.path);
    expect(status).toBe(104);
    expect(stderr).toContain("standard input is empty");
  }
  const large = piped(["validate", "-"], `# ${"x".repeat(2 * 1024 ** 2)}\n`, folder.path);
  expect(large.status).toBe(104);
  expect(large.stderr).toContain("larger than 1 MiB");
});

it.each([
  ["localhost:22100", "ws://localhost:22100"],
  ["[::1]:22100/chat?x=1", "ws://[::1]:22100/chat?x=1"],
  ["http://127.0.0.1:22100/", "ws://127.0.0.1:22100/"],
  ["https://chat.example/ws", "wss://chat.example/ws"],
])("%s is told to be %s", (given, meant) => {
  using folder = scratch();
  const { status, stderr } = piped(["run", given], "", folder.path);
  expect(status).toBe(104);
  expect(stderr).toContain(`did you mean onrush run ${meant}?`);
});

it("the command that runs it again has the values that are no secret", async () => {
  await using target = await startTarget();
  using folder = scratch();
  const given = {
    version: 1,
    vars: { rooms: 1, room: "lobby", token: "t", key: { env: "KEY", secret: true } },
    target: target.url,
    connect: { headers: { x: "{{vars.rooms}} {{vars.token}} {{vars.key}} {{vars.room}}" } },
    load: [{ phase: "a", ramp: "burst", to: 1, hold: "300ms" }],
    outputs: ["md"],
  };
  const args = [
    ...["-e", "rooms=50", "-e", "token=tok-4711", "-e", "key=s3cr3t-1"],
    ...["-e", "room=with s3cr3t-1 in it", "--set", "vars.rooms=7", "--out", "md"],
  ];
  const run = await runScenario(given, folder.path, { args });
  expect(run.exitCode, run.stderr).toBe(0);
  const { stdout } = spawnSync(
    process.execPath,
    [ENTRY, "report", run.runDirectory, "--format", "md"],
    { encoding: "utf8" },
  );
  expect(stdout).toContain("-e rooms=50");
  expect(stdout).not.toContain("tok-4711");
  expect(stdout).not.toContain("s3cr3t-1");
});
