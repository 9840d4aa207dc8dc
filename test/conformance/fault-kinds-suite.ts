/**
 * Goal: every kind of fault keeps the promises of all. Method: each kind of the registry, as its example is written, in a real engine
 * against a real server of the ws package, with TLS too those that stand for a family: it hits as many as it says, is over when it
 * says so, and is nobody else's failure. What the server sees of it: fault-wire-suite.ts. Run by fault-kinds.lean.test.ts and
 * fault-kinds.ws.test.ts.
 */
import { afterAll, describe, type ExpectStatic, expect, it } from "vitest";
import { parseScenario } from "../../shared/scenario/parse.ts";
import {
  FAULT_KINDS,
  type FaultAct,
  faultKindOf,
} from "../../shared/scenario/sections/faults/registry.ts";
import type { StrictConnect } from "../../shared/scenario/strict-connect.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import {
  CONNECTIONS,
  closeServers,
  countsOf,
  phaseSums,
  play,
  SECOND,
} from "../support/fault-run.ts";
import { makeAuthority, makeLeaf } from "./certificates.ts";

/** One of each family, with TLS too. */
const WITH_TLS: ReadonlySet<string> = new Set([
  ...["disconnect", "bad-headers", "flood", "stop-reading", "protocol", "blackhole", "tls-failure"],
]);

const RETRY_US = 0.3 * SECOND;
const UNVERIFIED = { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: false };
const CERTIFICATE = makeLeaf(makeAuthority("faults"), { name: "faults", ips: ["127.0.0.1"] });

/** Kinds that spoil attempts to connect have their victims cut just before, so that they have to connect. */
function occasionFor(reach: string): {
  readonly more: readonly StrictFault[];
  readonly connect: Partial<StrictConnect>;
} {
  if (reach !== "attempts") return { more: [], connect: {} };
  const cut = { kind: "disconnect", who: "100%", how: "reset" };
  return {
    more: [{ ...faultOf(cut), name: "cut", offsetUs: 0.6 * SECOND }],
    connect: {
      timeoutUs: SECOND / 5,
      reconnect: { policy: "fixed", minUs: RETRY_US, maxUs: RETRY_US, attempts: 5 },
    },
  };
}

/** The example of a kind, early in a run of three seconds, and over in time. */
function faultOf(example: Readonly<Record<string, unknown>>): StrictFault {
  const lasts = Object.hasOwn(example, "for");
  const fault = { ...example, at: "steady+500ms", ...(lasts && { for: "1s" }) };
  const text = JSON.stringify({
    ...{ version: 1, target: "ws://127.0.0.1:1/", faults: [fault] },
    load: [
      { phase: "open", ramp: "burst", to: CONNECTIONS, hold: "1s" },
      { phase: "steady", hold: "3s" },
    ],
  });
  const result = parseScenario(text, {
    ...{ fileName: "example.json", env: {} },
    readFile: () => Buffer.alloc(0),
  });
  if (!result.ok) throw new Error(result.issues.map(({ what }) => what).join("; "));
  return result.scenario.faults[0] as StrictFault;
}

/** One run of its example. @param expectHere of the test, as several go on at once */
async function expectPromises(
  name: FaultAct["kind"],
  { driver, isSecure }: { readonly driver: "lean" | "ws"; readonly isSecure: boolean },
  expectHere: ExpectStatic,
): Promise<void> {
  const { example, action } = faultKindOf(name);
  const { more: cut, connect } = occasionFor(action.reach);
  const faults = [
    faultOf(action.reach === "attempts" ? { ...example, who: "100%" } : example),
    ...cut,
  ];
  const secure = isSecure ? { tls: CERTIFICATE } : {};
  const over = { connect: { driver, tls: UNVERIFIED, ...connect } };
  const done = await play(faults, over, undefined, secure);
  const { run, victims } = done;
  const counts = countsOf(done);
  expect(counts["started"]).toBe(victims.length);
  expect(victims.length).toBeGreaterThan(0);
  // Whoever was hit is as before, or was not there any more.
  expect((counts["completed"] ?? 0) + (counts["failed"] ?? 0) + (counts["abandoned"] ?? 0)).toBe(
    victims.length,
  );
  expect(counts["completed"]).toBe(victims.length);
  expect(run.histogram("restore").count).toBe(faults.length * victims.length);
  // Nothing of it is judged.
  const judged = phaseSums(done, false);
  expect(judged).toMatchObject({
    ...{ failed: 0, dropped: 0, reconnects: 0, timedOut: 0, late: 0, unanswered: 0, lost: 0 },
    ...{ skippedNotOpen: 0, skippedBackpressure: 0, corrupt: 0, unsolicited: 0 },
  });
  const sums = run.counters;
  expect(sums.expected).toBe(sums.matched + sums.timedOut + sums.unanswered);
  expect(sums.planned).toBe(
    sums.sent + sums.skippedNotOpen + sums.skippedBehind + sums.skippedBackpressure,
  );
  expect(sums.attempted).toBe(sums.established + sums.failed);
  expect(sums.established).toBe(sums.closed);
  // In the last half second everybody is served again.
  await expectHere
    .poll(() => {
      const last = done.seen.filter(
        ({ closedUs }) => closedUs !== null && done.at(closedUs) > 2.5 * SECOND,
      );
      return new Set(last.map(({ index }) => index)).size;
    })
    .toBe(CONNECTIONS);
}

/** What holds of all kinds. */
export function faultKindsSuite(driver: "lean" | "ws"): void {
  afterAll(closeServers);
  // Each waits for its own three seconds, in one thread.
  describe.concurrent.each(FAULT_KINDS.map((kind) => [kind.kind, kind] as const))(
    "%s",
    (name, { example, doc }) => {
      it("is described, by an example of its own", () => {
        expect(doc).toMatch(/^[A-Z].*[.?]$/);
        expect(example).toMatchObject({ kind: name });
      });

      it("is written back as it was read", () => {
        expect(faultOf(example).act.kind).toBe(name);
      });

      const schemes = WITH_TLS.has(name) ? ["ws", "wss"] : ["ws"];
      it.for(schemes)(
        "hits its victims alone, is over, and is nobody else's failure: %s",
        (one, test) => expectPromises(name, { driver, isSecure: one === "wss" }, test.expect),
      );
    },
  );
}
