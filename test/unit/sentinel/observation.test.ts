/** Goal: what cannot be observed keeps nothing else from being observed. Method: bad targets and pages ahead of good ones, on real sockets. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, vi } from "vitest";
import { systemClock } from "../../../shared/time/clock.ts";
import { Observation } from "../../../worker/sentinel/observation.ts";
import type { Seen } from "../../../worker/sentinel/protocol.ts";
import { scenario } from "../../support/scenario.ts";

/** May not be connected to: no list allows it. */
const FORBIDDEN = "192.0.2.1";

it("a target and a page that may not be connected to are told, and the others observed", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.end("up 1\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const base = scenario(`ws://127.0.0.1:${port}/`);
  const [target] = base.targets;
  if (target === undefined) expect.unreachable();
  const seen: Seen[] = [];
  const page = { everyUs: 20_000, pick: ["up"] };
  const observation = new Observation(
    {
      scenario: {
        ...base,
        targets: [{ ...target, url: `ws://${FORBIDDEN}:1/` }, target],
        observe: {
          ladder: { everyUs: 20_000, echo: null },
          metrics: [
            { ...page, url: `http://${FORBIDDEN}:1/` },
            { ...page, url: `http://127.0.0.1:${port}/` },
          ],
        },
      },
      lists: [{ of: "this worker", allowed: [] }],
    },
    (one) => seen.push(one),
  );
  observation.probe(systemClock.monotonicUs());
  observation.read(systemClock.monotonicUs());
  const probes = () => seen.flatMap((one) => ("probe" in one ? [one.probe.target] : []));
  const readings = () => seen.flatMap((one) => ("reading" in one ? [one.reading.pick] : []));
  await vi.waitUntil(() => probes().length > 3 && readings().length > 3, { timeout: 20_000 });
  expect(new Set([...probes(), ...readings()])).toEqual(new Set([1]));
  const problems = seen.flatMap((one) => ("problem" in one ? [one.problem] : []));
  expect(problems.sort()).toEqual([
    expect.stringMatching(`^page 1 is not read: .*${FORBIDDEN}`),
    expect.stringMatching(`^target 1 is not probed: .*${FORBIDDEN}`),
  ]);
  observation.stopReading();
  const before = readings().length;
  const askedBefore = asked;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(readings().length).toBe(before);
  expect(asked - askedBefore).toBeLessThanOrEqual(1);
  server.closeAllConnections();
  server.close();
});
