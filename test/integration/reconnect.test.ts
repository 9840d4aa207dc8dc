/**
 * Goal: how soon a storm is over, and the report's curve of it, is what the service saw, and a service that says when to come back is heeded. Method: the bundled target keeps
 * its accepts by the 100 ms of wall time; another service refuses once and closes once, saying when, and notes when each connection is back.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { rebuildRun } from "../../coordinator/report/rebuild.ts";
import { endedWell, runScenario, scratch, startTarget } from "../support/programs.ts";

const BIN_MS = 100;
/** Of a busy machine: an accept is counted when the target gets to it, the end of the attempt when the engine does. */
const SLACK_MS = 500;

interface AcceptTimes {
  readonly firstWallMs: number;
  readonly binMs: number;
  readonly counts: readonly number[];
}

describe.concurrent("reconnecting", () => {
  it("takes as long as the target's accepts say", async () => {
    using folder = scratch();
    await using target = await startTarget();
    const result = await runScenario(
      {
        target: target.url,
        connect: { reconnect: { policy: "decorrelated-jitter", min: "1s", max: "5s" } },
        load: [
          { phase: "open", ramp: "linear", to: 300, over: "1s" },
          { phase: "steady", hold: "9s" },
        ],
        faults: [{ at: "steady+2s", kind: "disconnect", who: "50%" }],
      },
      folder.path,
    );
    expect(endedWell(result), result.stdout).toBe(true);
    const [fault] = result.summary?.faults ?? [];
    expect(fault).toMatchObject({ affected: 150, restored: 150, attempts: 150 });
    const stats = await target.stats("?acceptTimes=1");
    const { firstWallMs, binMs, counts } = stats["acceptTimes"] as AcceptTimes;
    expect(binMs).toBe(BIN_MS);
    const zero = Date.parse(result.summary?.startedAt ?? "") + (fault?.from ?? 0);
    // Accepts from the fault on, each at the end of its bin.
    const back = counts.flatMap((count, bin) => {
      const atMs = firstWallMs + (bin + 1) * BIN_MS - zero;
      return atMs > 0 ? Array<number>(count).fill(atMs) : [];
    });
    expect(back).toHaveLength(150);
    const seen = [fault?.recovered.to50Ms, fault?.recovered.to95Ms, fault?.recovered.to99Ms];
    for (const [at, share] of [0.5, 0.95, 0.99].entries()) {
      const truth = back[Math.ceil(share * 150) - 1] ?? 0;
      expect(Math.abs((seen[at] ?? 0) - truth), `${share}`).toBeLessThan(SLACK_MS);
    }
    // The curve of the report, too, at every twentieth of them, and at the marks to the millisecond.
    const { model } = await rebuildRun(result.runDirectory);
    const [curve] = model.recovery;
    expect(curve?.points).toHaveLength(151);
    const timeAt = (share: number) => curve?.points.find((point) => point.share >= share)?.ms;
    expect([0.5, 0.95, 0.99].map(timeAt)).toEqual(seen);
    for (let part = 1; part <= 20; part++) {
      const truth = back[Math.ceil((part / 20) * 150) - 1] ?? 0;
      expect(Math.abs((timeAt(part / 20) ?? 0) - truth), `${part}`).toBeLessThan(SLACK_MS);
    }
    // Between 1 s and 3 s after they were cut: 150 of them take 75 a second, not 150.
    expect(seen[2]).toBeGreaterThan(1000);
    expect(fault?.peakHandshakes).toBeLessThan(130);
  }, 90_000);

  it.each(["lean", "ws"])(
    "waits for what a refusal and a Close say, by the driver %s",
    async (driver) => {
      using folder = scratch();
      const http = createServer();
      const server = new WebSocketServer({ noServer: true });
      const seen = new Map<string, { readonly what: string; readonly atMs: number }[]>();
      http.on("upgrade", (request, socket, head) => {
        const key = new URL(request.url ?? "/", "ws://a").searchParams.get("i") ?? "";
        const events = seen.get(key) ?? [];
        seen.set(key, events);
        if (events.length === 0) {
          events.push({ what: "refused", atMs: Date.now() });
          socket.end("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n");
          return;
        }
        server.handleUpgrade(request, socket, head, (accepted) => {
          events.push({ what: "accepted", atMs: Date.now() });
          if (events.length === 2) accepted.close(1013, "overloaded, retry after 2s");
        });
      });
      http.listen(0, "127.0.0.1");
      await once(http, "listening");
      const { port } = http.address() as AddressInfo;
      try {
        const result = await runScenario(
          {
            target: `ws://127.0.0.1:${port}/?i={{conn.index}}`,
            connect: { reconnect: { policy: "server-hint", min: "10ms", max: "5s" } },
            load: [
              { phase: "open", ramp: "linear", to: 20, over: "1s" },
              { phase: "steady", hold: "6s" },
            ],
          },
          folder.path,
          { args: ["--driver", driver] },
        );
        expect(result.summary?.validity.ledger.balanced).toBe(true);
        expect(result.summary?.connections).toMatchObject({ failed: 20, established: 40 });
        expect(seen.size).toBe(20);
        for (const [first, second, third] of seen.values()) {
          expect([first?.what, second?.what, third?.what]).toEqual([
            "refused",
            "accepted",
            "accepted",
          ]);
          expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
          expect((third?.atMs ?? 0) - (second?.atMs ?? 0)).toBeGreaterThanOrEqual(1990);
        }
        const [refused] = (result.summary?.failures ?? []).filter(
          ({ kind }) => kind === "upgrade-status",
        );
        expect(refused?.samples[0]?.detail).toBe("Retry-After: 1");
      } finally {
        http.close();
        for (const client of server.clients) client.terminate();
      }
    },
    90_000,
  );
});
