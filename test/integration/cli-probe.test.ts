/**
 * Goal: a probe opens one connection, shows every message that the target counts, says what it was or why not, hides
 * secrets, and ends with the exit code it promises. Method: the built command against the built target.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TraceEvent } from "../../shared/wire/trace.ts";
import { onrush, scratch, startTarget } from "../support/programs.ts";

function scenarioFile(folder: string, parts: object): string {
  const file = join(folder, "scenario.json");
  const load = [{ phase: "steady", ramp: "burst", to: 500, hold: "1h" }];
  writeFileSync(file, JSON.stringify({ version: 1, name: "probed", load, ...parts }));
  return file;
}

const frames = (events: readonly TraceEvent[]) =>
  events.filter((event): event is Extract<TraceEvent, { type: "frame" }> => event.type === "frame");

describe("probe", () => {
  it("shows each message, what it matched, and why another was no reply", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const ask = (type: string, where: string) => ({
      name: type,
      send: { json: { type, id: "{{uuid}}", room: "lobby", text: "hi" } },
      reply: { where, within: "300ms" },
    });
    const mix = [
      ask("say", "m.type == 'ack' && m.id == sent.id"),
      ask("shout", "m.type == 'ack' && m.id == sent.id"),
    ];
    const file = scenarioFile(folder.path, {
      target: target.url,
      messages: { rate: "0.01/s", mix },
    });
    const { exitCode, stdout, stderr } = await onrush(["probe", file, "-d", "7s"]);
    expect(stderr).toBe("");
    expect(stdout).toContain("→ GET / HTTP/1.1");
    expect(stdout).toContain("← HTTP/1.1 101 Switching Protocols");
    expect(stdout).toMatch(/→ text +\d+ B {2}\{"type":"say",.*\(say\)/);
    expect(stdout).toMatch(/✓ say: its reply, \d+\.\d ms/);
    expect(stdout).toContain("? not what shout waits for: m.type == 'ack' && m.id == sent.id");
    expect(stdout).toContain(`m.type == 'ack' is false (m.type is "shout")`);
    expect(stdout).toContain("✗ shout: no reply in time");
    expect(stdout).toContain("closed 1000, by us");
    expect(exitCode).toBe(99);
    const counts = await target.stats();
    expect(counts.accepted).toBe(1);
    expect(stdout.match(/→ text/g)?.length).toBe(counts.messagesIn);
    expect(stdout.match(/← text/g)?.length).toBe(counts.messagesOut);
  });

  it("masks secrets, in what is sent and in what comes back", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const file = scenarioFile(folder.path, {
      target: target.url,
      vars: { token: { env: "CHAT_TOKEN", secret: true } },
      connect: { headers: { authorization: "Bearer {{vars.token}}" } },
      messages: {
        rate: "1/s",
        mix: [
          {
            name: "hello",
            send: { json: { hello: "{{vars.token}}" } },
            reply: { match: "echo", within: "1s" },
          },
        ],
      },
    });
    const env = { CHAT_TOKEN: "very-secret-indeed" };
    const { exitCode, stdout } = await onrush(["probe", file, "-d", "2500ms"], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/← text.*hello/);
    expect(stdout).toContain("authorization: Bearer ***");
    expect(stdout).not.toContain("very-secret-indeed");
  });

  it("of a URL shows what comes, up to --count, and as JSON what the target counted", async () => {
    await using target = await startTarget({ conversation: { ping: { everyMs: 20 } } });
    const { exitCode, stdout } = await onrush(["probe", target.url, "--count", "5", "--json"]);
    expect(exitCode).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as TraceEvent);
    const came = frames(events).filter(({ sent, kind }) => !sent && kind === "text");
    expect(came.slice(0, 5).map(({ text }) => text)).toEqual(
      [1, 2, 3, 4, 5].map((id) => JSON.stringify({ type: "ping", id })),
    );
    expect(events.filter(({ type }) => type === "closed").length).toBe(1);
  });

  it("records a scenario, and writes over nothing", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const file = join(folder.path, "recorded.yaml");
    const say = ['{"type":"join","room":"a"}', '{"type":"say","id":1,"room":"a","text":"x"}'];
    const args = ["probe", target.url, "-d", "1s", "--record", file];
    const { exitCode, stderr } = await onrush([
      ...args,
      ...say.flatMap((text) => ["--send", text]),
    ]);
    expect(stderr).toContain(`written: ${file}`);
    expect(exitCode).toBe(0);
    expect(readFileSync(file, "utf8")).toContain('m.type == "ack" && m.id == sent.id');
    expect((await onrush(["validate", file])).exitCode).toBe(0);
    const again = await onrush(args);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain("exists already");
  });

  it("ends with 98 when no connection comes about, and says why", async () => {
    await using target = await startTarget({ upgrade: { refuse: { count: 1, status: 403 } } });
    const refused = await onrush(["probe", target.url]);
    expect(refused.stdout).toContain("← HTTP/1.1 403");
    expect(refused.stdout).toContain("✗ upgrade-status 403");
    expect(refused.exitCode).toBe(98);
    const foreign = await onrush(["probe", "ws://192.0.2.1:80/"]);
    expect(foreign.exitCode).toBe(98);
    expect(foreign.stderr).toContain("--allow-target");
    expect((await onrush(["probe", target.url, "--role", "lurker"])).exitCode).toBe(2);
    expect((await onrush(["probe", target.url, "-d", "1h"])).exitCode).toBe(2);
    expect(existsSync("recorded.yaml")).toBe(false);
  });

  it("runs the hooks of the scenario, and shows what each call returned", async () => {
    await using target = await startTarget();
    using folder = scratch();
    writeFileSync(
      join(folder.path, "hooks.js"),
      `export const before = () => ({ user: "ann", key: "s3cret-key" });
export const onOpen = (conn) => { if (conn.user === "ann") throw new Error("not her"); };
export const payload = (conn, name) => JSON.stringify({ type: name, user: conn.user });
`,
    );
    const mix = [{ name: "hello", send: { text: "own" }, reply: { match: "echo", within: "5s" } }];
    const file = scenarioFile(folder.path, {
      target: target.url,
      hooks: { file: "hooks.js", set: ["user", { name: "key", secret: true }] },
      messages: { rate: "2/s", mix },
    });
    const { exitCode, stdout } = await onrush(["probe", file, "-d", "3s"]);
    expect(stdout).toMatch(/hook before, \d+\.\d ms: returned \{"user":"ann","key":"\*\*\*"\}/);
    expect(stdout).toMatch(/✗ hook onOpen, \d+\.\d ms: .*not her/);
    expect(stdout).toMatch(
      /hook payload hello, \d+\.\d ms: returned \{"type":"hello","user":"ann"\}/,
    );
    expect(stdout).toMatch(/→ text +\d+ B {2}\{"type":"hello","user":"ann"\} {2}\(hello\)/);
    expect(stdout).not.toContain("s3cret-key");
    expect(exitCode).toBe(99);
  });
});
