/**
 * Goal: a service nobody of us wrote is loaded as its clients use it: handshake with a token, client id captured, subscribe,
 * publish, broadcast; and what the report says equals what the service counted. Method: faye with a count of its own, the
 * built command, examples/pubsub-faye.yaml as it stands.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startFaye } from "../support/faye-service.ts";
import { endedWell, onrush, scratch } from "../support/programs.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/pubsub-faye.yaml", import.meta.url));
const TOKEN = "a-token-for-faye";

describe("faye", () => {
  it("is loaded with logins, subscriptions, messages and what they are broadcast to", async () => {
    await using service = await startFaye(TOKEN);
    using folder = scratch();
    const env = { FAYE_TOKEN: TOKEN, ONRUSH_TARGET: service.url };
    const args = ["--json", "--set", "load.steady.hold=4s", "--run-dir", join(folder.path, "run")];
    const result = await onrush(["run", EXAMPLE, ...args], { env });
    const { summary } = result;
    expect(summary?.thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(endedWell(result), result.stderr).toBe(true);
    expect(summary?.failures).toEqual([]);
    const { counts } = service;
    const established = summary?.connections.established;
    expect(established).toBe(100);
    expect(counts).toMatchObject({ handshakes: 100, subscribed: 100, refused: 0 });
    expect(counts.disconnected).toBe(100);
    const { byName } = summary?.messages ?? {};
    expect(byName?.["publish"]?.sent).toBe(counts.published);
    expect(byName?.["publish"]?.matched).toBe(counts.published);
    expect(counts.published).toBeGreaterThan(50);
    for (const step of ["handshake", "subscribe", "disconnect"]) {
      expect(byName?.[step]?.matched, step).toBe(100);
    }
    expect(summary?.push?.["said"]?.received).toBe(counts.delivered);
    expect(counts.delivered).toBeGreaterThan(3 * counts.published);
  });

  it("refuses a wrong token, and the probe shows its own words", async () => {
    await using service = await startFaye(TOKEN);
    const env = { FAYE_TOKEN: "something-else", ONRUSH_TARGET: service.url };
    const { exitCode, stdout } = await onrush(["probe", EXAMPLE, "-d", "2s"], { env });
    expect(exitCode).toBe(99);
    expect(stdout).toContain("401::a token is wanted");
    expect(stdout).toContain("a reply that says it failed");
    expect(stdout).not.toContain("something-else");
    expect(service.counts).toMatchObject({ refused: 1, handshakes: 0 });
  });
});
