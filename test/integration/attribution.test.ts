import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { runMetrics } from "../../coordinator/http/metrics/run-metrics.ts";
import { runMeasures } from "../../coordinator/live/measures.ts";
import { failureTables } from "../../coordinator/report/model/failures.ts";
import { rebuildRun } from "../../coordinator/report/rebuild.ts";
import { runScenario, scratch, startTarget } from "../support/programs.ts";

/**
 * Goal: what goes wrong is counted once, under what it is, where it happened. Method: whole runs against the bundled target,
 * which does wrong by exact numbers, and against servers of the test's own, which keep count.
 */

const ECHO = {
  name: "echo",
  send: { binary: { size: 64, fill: "random" } },
  reply: { match: "echo", within: "2s" },
};

const AUDIT = { integrity: { stamp: true } };

function scenario(url: string, over: object = {}) {
  return {
    target: url,
    load: [
      { phase: "ramp", ramp: "linear", to: 20, over: "1s" },
      { phase: "steady", hold: "3s" },
    ],
    messages: { rate: "10/s", mix: [ECHO] },
    ...over,
  };
}

interface Service extends AsyncDisposable {
  readonly url: string;
  readonly server: WebSocketServer;
}

async function serve(
  onMessage: (socket: WebSocket, data: RawData, binary: boolean) => void,
): Promise<Service> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, binary) => onMessage(socket, data, binary));
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    server,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

describe.concurrent("damaged echoes", () => {
  it.each(["stamp", "body", "any"])(
    "are found, each of them, where a bit flips: %s",
    async (where) => {
      const k = 23;
      await using target = await startTarget({
        reply: { corrupt: { every: 5, count: k, where } },
      });
      using folder = scratch();
      const { summary } = await runScenario(scenario(target.url, AUDIT), folder.path);
      expect((await target.stats()).behaviours["corrupted"]).toBe(k);
      expect(summary?.messages).toMatchObject({
        corrupt: k,
        duplicated: 0,
        unsolicited: 0,
        leaked: 0,
      });
      const { expected, matched, timedOut, unanswered } = summary?.messages ?? {};
      expect((expected ?? 0) - (matched ?? 0) - (timedOut ?? 0) - (unanswered ?? 0)).toBe(k);
      const corrupt = summary?.failures.filter(({ kind }) => kind === "corrupt") ?? [];
      expect(corrupt.reduce((sum, { count }) => sum + count, 0)).toBe(k);
      expect(summary?.validity.ledger).toEqual({ balanced: true, differences: {} });
    },
  );

  it("cut short are found beside messages that are pushed in their length", async () => {
    const told = { echoed: 0, cut: 0, pushed: 0 };
    await using service = await serve((socket, data, binary) => {
      socket.send(Buffer.alloc(64, told.pushed++));
      if (told.echoed++ % 10 !== 9) socket.send(data, { binary });
      else socket.send((data as Buffer).subarray(0, 8 + (told.cut++ % 50)));
    });
    using folder = scratch();
    const { summary } = await runScenario(scenario(service.url, AUDIT), folder.path);
    expect(summary?.messages).toMatchObject({
      sent: told.echoed,
      received: told.echoed + told.pushed,
      matched: told.echoed - told.cut,
      corrupt: told.cut,
      unsolicited: told.pushed,
      duplicated: 0,
      leaked: 0,
      timedOut: 0,
    });
    expect(told.cut).toBeGreaterThan(10);
  });
});

describe.concurrent("a missing reply", () => {
  it("is one failure, in the phase in which every result counts it", async () => {
    await using target = await startTarget({ reply: { drop: { share: 0.1 } } });
    using folder = scratch();
    const { summary, runDirectory } = await runScenario(scenario(target.url, AUDIT), folder.path);
    const { dropped } = (await target.stats()).behaviours;
    expect(summary?.messages.timedOut).toBe(dropped);
    const all = summary?.failures.reduce((sum, { count }) => sum + count, 0);
    expect(all).toBe(dropped);
    const byPhase = summary?.phases.map(({ messages }) => messages.timedOut) ?? [];
    expect(byPhase).toHaveLength(2);
    for (const missed of byPhase) expect(missed).toBeGreaterThan(0);
    // The same in the tables of the report, and in what is scraped.
    const { fold } = await rebuildRun(runDirectory);
    const tables = failureTables(fold);
    expect(tables.total).toBe(dropped);
    expect(tables.byPhase.columns).toEqual(["ramp", "steady"]);
    expect(tables.byPhase.rows).toEqual([{ kind: "reply-timeout", counts: byPhase }]);
    const families = runMetrics(runMeasures(fold, { state: "done", elapsedUs: null }));
    const told = (name: string) =>
      families
        .find((family) => family.name === name)
        ?.samples.filter(({ value }) => value > 0)
        .map(({ labels, value }) => [labels["phase"], value]);
    expect(told("onrush_run_messages_timed_out_total")).toEqual([
      ["ramp", byPhase[0]],
      ["steady", byPhase[1]],
    ]);
    expect(told("onrush_run_failures_total")).toEqual(told("onrush_run_messages_timed_out_total"));
  });

  it("that comes late is not the next one's, and results say what cannot be told", async () => {
    await using target = await startTarget({ reply: { delay: 650 } });
    using folder = scratch();
    const mix = [
      {
        name: "ping",
        send: { text: "ping" },
        reply: { match: "next", within: "300ms" },
      },
    ];
    const { exitCode, summary } = await runScenario(
      scenario(target.url, { messages: { rate: "2/s", mix } }),
      folder.path,
    );
    const { matched, timedOut, expected, late, ambiguous, latencyMs } = summary?.messages ?? {};
    expect([matched, timedOut, latencyMs]).toEqual([0, expected, null]);
    expect(late).toBeGreaterThan(0);
    expect(ambiguous).toBeGreaterThan(0);
    expect(ambiguous).toBeLessThanOrEqual(late ?? 0);
    const said = `Late replies that could also have answered a newer message: ${ambiguous} of ${late}.`;
    expect(summary?.validity.notes.some((note) => note.startsWith(said))).toBe(true);
    // Nothing was answered in time; a machine that others use may have made the run invalid.
    expect([99, 97]).toContain(exitCode);
  });
});

describe("a service that cuts its connections", () => {
  it("is told by drops, by their phase, by what was left unanswered and by what it said", async () => {
    let cut = false;
    await using service = await serve((socket, _, binary) => {
      if (!cut)
        socket.send(`{"type":"error","code":"not_in_room","text":"<b>\u001b[2J"}`, { binary });
    });
    using folder = scratch();
    const { summary } = await runScenario(
      scenario(service.url, {
        messages: {
          rate: "4/s",
          mix: [
            {
              name: "say",
              send: { json: { type: "say" } },
              reply: { where: "m.type == 'ack'", within: "20s" },
            },
          ],
        },
      }),
      folder.path,
      {
        onStart: () => {
          const timer = setInterval(() => {
            if (service.server.clients.size < 20) return;
            clearInterval(timer);
            setTimeout(() => {
              cut = true;
              for (const client of service.server.clients) client.close(4002, "going away");
            }, 1200);
          }, 50);
        },
      },
    );
    const { expected, unanswered, unsolicited, lost } = summary?.messages ?? {};
    expect([unanswered, lost]).toEqual([expected, expected]);
    expect(unsolicited).toBeGreaterThan(0);
    const kinds = Object.fromEntries(
      (summary?.failures ?? []).map(({ kind, signature, count }) => [
        `${kind} ${signature}`,
        count,
      ]),
    );
    expect(kinds).toEqual({ "close-code 4002 going away": 20, "unanswered say": expected });
    const sample = summary?.failures.find(({ kind }) => kind === "unanswered")?.samples[0];
    expect(sample?.detail).toBe(
      'came instead: {"type":"error","code":"not_in_room","text":"<b>\\u{1b}[2J"}',
    );
    const { fold } = await rebuildRun(join(folder.path, "run"));
    expect([0, 1].map((phase) => fold.merge.counters(new Set([phase])).dropped)).toEqual([0, 20]);
    expect([0, 1].map((phase) => fold.merge.failures.inPhase(phase, "close-code"))).toEqual([
      0, 20,
    ]);
  });
});
