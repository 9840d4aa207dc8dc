/**
 * Goal: checkpoints act once, the environment decides as it was asked to, clean-up is done however a run ended, and all of it is over in its
 * time and leaves nothing behind. Method: real runs against the bundled target; services that answer, hang, and break off in mid-answer;
 * commands that fork.
 */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actScript, runsOf } from "../support/act-script.ts";
import { Coordinator, startWorker } from "../support/coordinator.ts";
import { endedWell, onrush, runScenario, scratch, startTarget } from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const WAIT = { timeout: 60_000, interval: 50 };

function scenario(target: string, parts: object, hold = "4s") {
  return {
    ...{ version: 1, name: "guarded", target, seed: 3 },
    load: [
      { phase: "open", ramp: "burst", to: 20, hold: "1s" },
      { phase: "steady", hold },
    ],
    messages: {
      rate: "2/s",
      mix: [{ name: "say", send: { text: "hi" }, reply: { match: "echo" } }],
    },
    ...parts,
  };
}

/** A service that takes down what it is asked. */
async function service(listener: RequestListener) {
  const asked: { path: string; body: string }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      asked.push({ path: request.url ?? "", body });
      listener(request, response);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    sockets,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** /breaks ends its socket in mid-answer, /hangs says nothing, /down is 503; all else is fine. */
const behaving: RequestListener = ({ url = "" }, response) => {
  if (url.startsWith("/hangs")) return;
  if (url.startsWith("/breaks")) {
    response.writeHead(200, { "content-length": "100" }).write("half of an ans");
    setTimeout(() => response.socket?.destroy(), 50);
    return;
  }
  response.writeHead(url.startsWith("/down") ? 503 : 200);
  response.end('ok {"open":12}');
};

/** Processes whose command line has this text. */
function running(text: string): string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}

describe("checkpoints", () => {
  it("act once when their conditions hold, and end the run", async () => {
    await using target = await startTarget();
    using hooks = await service(behaving);
    using folder = scratch();
    const checkpoints = [
      {
        name: "marked",
        at: "steady+1s",
        do: [{ mark: "here" }, { fault: { kind: "disconnect", who: "50%", name: "cut" } }],
      },
      { name: "never", when: "latency.p50 > 100000.0", do: ["abort"] },
      {
        ...{
          name: "busy",
          at: "steady+4s",
          when: "messages.rate > 1.0 && connections.open >= 1",
          for: "2s",
          window: "3s",
        },
        do: [
          { webhook: `${hooks.url}/told` },
          { webhook: { url: `${hooks.url}/breaks`, timeout: "5s" } },
          { webhook: { url: `${hooks.url}/hangs`, timeout: "1s" } },
          "abort",
        ],
      },
    ];
    const parts = {
      checkpoints,
      connect: { reconnect: { policy: "fixed", min: "100ms", attempts: 20 } },
    };
    const result = await runScenario(scenario(target.url, parts, "60s"), folder.path);
    const { summary, stderr } = result;
    expect(result.exitCode, stderr).toBe(99);
    expect(summary?.validity.ledger.balanced, stderr).toBe(true);
    expect(summary?.durationSeconds).toBeLessThan(50);
    const [marked, never, busy] = summary?.checkpoints ?? [];
    expect(marked).toMatchObject({
      at: expect.any(Number),
      actions: [
        { ok: true, outcome: "here" },
        { kind: "fault", ok: true },
      ],
    });
    expect(summary?.faults).toMatchObject([{ id: "cut", kind: "disconnect", affected: 10 }]);
    expect(never).toMatchObject({ at: null, actions: [] });
    expect(busy?.at).toBeGreaterThanOrEqual(7000);
    expect(busy?.observed["messages.rate"]).toBeGreaterThan(1);
    expect(busy?.actions).toMatchObject([
      { kind: "webhook", ok: true, outcome: expect.stringMatching(/^HTTP 200 ok/) },
      { kind: "webhook", ok: true, outcome: expect.stringMatching(/^HTTP 200 half/) },
      { kind: "webhook", ok: false, outcome: "no answer within 1 s" },
      { kind: "abort", ok: true },
    ]);
    expect(summary?.thresholds).toMatchObject([
      { metric: "checkpoint{name=never}", passed: true },
      { metric: "checkpoint{name=busy}", rule: "reached == 0", observed: 1, passed: false },
    ]);
    expect(summary?.warnings.join()).toContain("Checkpoint busy: webhook failed");
    expect(hooks.asked.map(({ path }) => path).sort()).toEqual(["/breaks", "/hangs", "/told"]);
    const body = hooks.asked.find(({ path }) => path === "/told")?.body ?? "";
    expect(JSON.parse(body)).toMatchObject({
      scenario: "guarded",
      checkpoint: "busy",
      at: expect.any(Number),
    });
    await expect.poll(() => hooks.sockets.size, WAIT).toBe(0);
    const page = await onrush(["report", result.runDirectory, "--format", "md"]);
    expect(page.stdout).toContain("## Checkpoints");
    expect(page.stdout).toContain("no answer within 1 s");
  }, 240_000);
});

describe("checkpoints on phases", () => {
  it("hold one for longer, end another before its time, and the plan still adds up", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const checkpoints = [
      { name: "hold", at: "steady+1s", do: [{ hold: "3s" }] },
      { name: "skip", at: "long+1s", do: ["skip"] },
      { name: "too early", at: "grow", do: ["skip"] },
    ];
    const load = [
      { phase: "grow", ramp: "linear", to: 20, over: "2s" },
      { phase: "steady", hold: "8s" },
      { phase: "long", ramp: "burst", to: 30, hold: "60s" },
      { phase: "down", ramp: "linear", to: 0, over: "1s" },
    ];
    const result = await runScenario(
      { ...scenario(target.url, { checkpoints }), load },
      folder.path,
    );
    const { summary, stderr } = result;
    expect(endedWell(result), stderr).toBe(true);
    expect(
      summary?.checkpoints?.map(({ actions }) => actions[0]?.ok),
      stderr,
    ).toEqual([...[true, true, false]]);
    expect(summary?.checkpoints?.[2]?.actions[0]?.outcome).toContain("changes the number");
    const spans = summary?.phases.map(({ phase, from, to }) => [phase, (to - from) / 1000]);
    const skipped = spans?.[2]?.[1] as number;
    expect(spans).toEqual([
      ...[
        ["grow", 2],
        ["steady", 11],
        ["long", skipped],
        ["down", 1],
      ],
    ]);
    expect(skipped).toBeGreaterThanOrEqual(2);
    expect(skipped).toBeLessThan(50);
    expect(summary?.durationSeconds).toBeGreaterThanOrEqual(14 + skipped - 0.1);
    expect(summary?.connections).toMatchObject({ planned: 30, attempted: 30, peak: 30 });
    expect(summary?.connections.closedByCause).toEqual({ plan: 30 });
    const { planned = 0, sent = 0, skipped: left = 0 } = summary?.messages ?? {};
    expect(planned).toBe(sent + left);
    // By the plan as it became: two messages a second of each connection that is open.
    const wanted = 2 * (20 + 11 * 20 + skipped * 30 + 15);
    expect(Math.abs(planned - wanted)).toBeLessThan(0.05 * wanted);
    expect((await target.stats()).accepted).toBe(30);
  }, 240_000);
});

describe("the environment", () => {
  it("keeps a run from starting, by what hangs, is down or is too little; and it is cleaned up all the same", async () => {
    await using target = await startTarget();
    using services = await service(behaving);
    using folder = scratch();
    const before = [
      { url: `${services.url}/`, body: "ok" },
      { url: `${services.url}/hangs`, timeout: "1s", name: "hanging" },
      { url: `${services.url}/breaks`, body: "answer" },
      { url: `${services.url}/down`, severity: "warning", name: "down" },
      { files: 1_048_576, severity: "warning", name: "many files" },
      { clock: "1s" },
      { disk: "1mb" },
      { version: process.versions.node, of: "node" },
    ];
    const cleanup = [{ kind: "call", url: `${services.url}/reset`, method: "POST" }];
    const result = await runScenario(
      scenario(target.url, { environment: { before }, cleanup }),
      folder.path,
    );
    const { summary, stderr } = result;
    expect(result.exitCode, stderr).toBe(98);
    expect(summary?.reason).toContain("hanging: no answer within 1 s");
    expect(stderr).toContain("environment.before");
    expect(summary?.environment?.before.map(({ ok }) => ok)).toEqual([
      ...[true, false, false, false, expect.any(Boolean), true, true, true],
    ]);
    expect(summary?.started).toBe(false);
    expect(summary?.warnings.join()).toContain("down: HTTP 503");
    expect(summary?.cleanup).toMatchObject([{ ok: true }]);
    expect(services.asked.filter(({ path }) => path === "/reset")).toHaveLength(1);
    expect((await target.now()).accepted).toBe(0);
    await expect.poll(() => services.sockets.size, WAIT).toBe(0);
  }, 240_000);

  it("fails a run afterwards, and clean-up leaves nothing running", async () => {
    await using target = await startTarget();
    using services = await service(behaving);
    using folder = scratch();
    const token = `left-${process.pid}-${Date.now()}`;
    const path = actScript(
      folder.path,
      `[ "$1" = fork ] && { setsid sh -c 'sleep 1000' ${token} >/dev/null 2>&1 & exit 0; }\n` +
        `[ "$1" = hang ] && { setsid sh -c 'trap "" TERM; sleep 1000' ${token} & sleep 1000; }\nexit 3`,
    );
    const stats = `${target.url.replace("ws:", "http:").replace(/\/$/, "")}/stats`;
    const environment = {
      before: [{ url: stats }],
      after: [
        { metric: stats, json: "body.accepted", limit: "== 20", name: "all came" },
        { url: `${services.url}/down`, name: "is up" },
        { url: `${services.url}/down`, severity: "warning", name: "may be up" },
      ],
    };
    const cleanup = [
      { kind: "command", run: [path, "fork"], name: "forks" },
      { kind: "command", run: [path, "hang"], name: "hangs", timeout: "1s" },
      { kind: "command", run: [path, "fail"], name: "fails" },
      { kind: "call", url: `${services.url}/hangs`, timeout: "1s", name: "is not heard" },
      { kind: "call", url: `${services.url}/last`, name: "last" },
    ];
    const args = ["--allow-command", path];
    const result = await runScenario(
      scenario(target.url, { environment, cleanup }, "1s"),
      folder.path,
      { args },
    );
    const { summary, stderr } = result;
    expect(result.exitCode, stderr).toBe(99);
    expect(summary?.environment?.after).toMatchObject([
      { name: "all came", ok: true, outcome: "20" },
      { name: "is up", ok: false },
      { name: "may be up", ok: false, severity: "warning" },
    ]);
    expect(
      summary?.cleanup?.map(({ name, ok, outcome }) => [name, ok, outcome?.split(/[ :]/)[0]]),
    ).toEqual([
      ["forks", true, "exit"],
      ["hangs", false, "ended"],
      ["fails", false, "exit"],
      ["is not heard", false, "no"],
      ["last", true, "HTTP"],
    ]);
    const warnings = summary?.warnings.join() ?? "";
    for (const name of ["may be up", "Clean-up hangs", "Clean-up fails", "Clean-up is not heard"]) {
      expect(warnings).toContain(name);
    }
    expect(summary?.thresholds.filter(({ passed }) => !passed)).toMatchObject([
      { metric: "environment{name=is up}" },
    ]);
    expect(runsOf(folder.path)).toEqual(["fork forks", "hang hangs", "fail fails"]);
    // Its time ended with the load.
    expect(summary?.durationSeconds).toBeLessThan(20);
    await expect.poll(() => running(token), WAIT).toEqual([]);
  }, 240_000);
});

describe("clean-up", () => {
  it("is done when a run is aborted by hand", async () => {
    // Replies take longer than the test waits, so that a drain has something to wait for.
    await using target = await startTarget({ reply: { delay: 25_000 } });
    using services = await service(behaving);
    using folder = scratch();
    const cleanup = [{ kind: "call", url: `${services.url}/reset` }];
    const environment = { after: [{ url: `${services.url}/after` }] };
    const mix = [{ name: "say", send: { text: "hi" }, reply: { match: "echo", within: "30s" } }];
    const parts = { cleanup, environment, messages: { rate: "2/s", mix } };
    const result = await runScenario(scenario(target.url, parts, "60s"), folder.path, {
      onStart: (child) => {
        let presses = 0;
        child.stderr?.on("data", (chunk: Buffer) => {
          const text = chunk.toString();
          if (presses > 0 || !text.includes("open 20")) return;
          presses = 1;
          child.kill("SIGINT");
          // Two at once count as one.
          setTimeout(() => child.kill("SIGINT"), 1500);
        });
      },
    });
    expect(result.exitCode, result.stderr).toBe(130);
    expect(result.summary?.cleanup).toMatchObject([{ ok: true }]);
    expect(services.asked.map(({ path }) => path)).toEqual(["/reset"]);
  }, 240_000);

  it("is not begun for a command that nobody has allowed: nothing starts", async () => {
    await using target = await startTarget();
    using folder = scratch();
    const cleanup = [{ kind: "command", run: ["/bin/false"] }];
    const result = await runScenario(scenario(target.url, { cleanup }), folder.path);
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain("--allow-command /bin/false");
    const elsewhere = { checkpoints: [{ at: "steady", do: [{ webhook: "http://192.0.2.1/" }] }] };
    using other = scratch();
    const refused = await runScenario(scenario(target.url, elsewhere), other.path);
    expect(refused.exitCode).toBe(98);
    expect(refused.stderr).toContain("--allow-target 192.0.2.1");
  }, 240_000);
});

describe.skipIf(missing("redis") !== null)("with a coordinator that is killed", () => {
  it("no action is taken twice, and it is cleaned up", async () => {
    const broker = await startBroker("redis");
    await using target = await startTarget();
    using services = await service(behaving);
    using folder = scratch();
    const data = join(folder.path, "data");
    const checkpoints = [
      {
        name: "there",
        at: "steady+1s",
        do: ["mark", { webhook: { url: `${services.url}/hangs`, timeout: "1m" } }],
      },
      {
        name: "later",
        when: "messages.rate > 1.0",
        at: "steady+8s",
        do: [{ webhook: `${services.url}/later` }],
      },
    ];
    const cleanup = [{ kind: "call", url: `${services.url}/reset` }];
    const environment = { before: [{ url: `${services.url}/before` }, { files: 20 }] };
    const body = scenario(target.url, { checkpoints, cleanup, environment }, "20s");
    const coordinator = await Coordinator.start({ bus: broker.url, data });
    const worker = startWorker(broker.url, "w");
    try {
      const id = await coordinator.submit(body, "?workers=1");
      await expect.poll(() => services.asked.map(({ path }) => path), WAIT).toContain("/hangs");
      await coordinator.kill();
      await coordinator.start();
      const summary = await coordinator.result(id);
      const [there, later] = summary.checkpoints ?? [];
      expect(there?.actions).toMatchObject([
        { kind: "mark", ok: true },
        { kind: "webhook", ok: false, outcome: expect.stringMatching(/^nobody knows/) },
      ]);
      expect(later?.actions).toMatchObject([{ kind: "webhook", ok: true }]);
      expect(summary.environment?.before).toMatchObject([{ ok: true }, { ok: true }]);
      expect(summary.cleanup).toMatchObject([{ ok: true }]);
      expect(services.asked.map(({ path }) => path)).toEqual([
        "/before",
        "/hangs",
        "/later",
        "/reset",
      ]);
    } finally {
      await worker.leave();
      await coordinator.kill();
      await broker.stop();
    }
  }, 240_000);
});
