/** Goal: a run whose connections have no ports here is refused before it starts; nothing else is. */
import { describe, expect, it } from "vitest";
import { type LocalPlan, planLocally } from "../../../coordinator/launch/plan/local-plan.ts";
import { checkPorts } from "../../../coordinator/launch/plan/port-check.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { scenario } from "../../support/scenario.ts";

/** Peaks at 20 connections. */
const planned = (url: string, localAddresses: "auto" | readonly string[] = "auto") => {
  const strict: StrictScenario = scenario(url, { connect: { localAddresses } });
  const local = planLocally({ run: "r", scenario: strict, allowTargets: [], workers: "auto" });
  return { strict, local };
};

const withPorts = (local: LocalPlan, count: number, boundAddresses = local.boundAddresses) => ({
  ...local,
  boundAddresses,
  portRange: [40_000, 40_000 + count - 1] as const,
});

describe("checkPorts", () => {
  it("refuses more connections to one address than there are ports", async () => {
    const { strict, local } = planned("ws://192.0.2.1/");
    await expect(checkPorts(withPorts(local, 19), strict)).rejects.toMatchObject({
      code: "ONRUSH_LIMITS_TOO_LOW",
      exitCode: 98,
      message: expect.stringMatching(
        /^20 connections need 20 local ports .* has 19 \(40000 to 40018\)/,
      ),
      remedy: expect.stringContaining("name 2 source addresses"),
    });
    await checkPorts(withPorts(local, 20), strict);
  });

  it("counts each source address that is bound to", async () => {
    const { strict, local } = planned("ws://127.0.0.1/", ["127.0.0.1", "127.0.0.2"]);
    expect(local.boundAddresses).toBe(2);
    await checkPorts(withPorts(local, 10), strict);
    await expect(checkPorts(withPorts(local, 9), strict)).rejects.toThrow("2 source addresses");
  });

  it("refuses a source address that this machine does not have", async () => {
    const { strict, local } = planned("ws://127.0.0.1/", ["127.0.0.1", "192.0.2.77"]);
    await expect(checkPorts(local, strict)).rejects.toMatchObject({
      exitCode: 98,
      message: expect.stringContaining("192.0.2.77"),
    });
  });

  it("leaves a name that does not resolve to the worker", async () => {
    const { strict, local } = planned("ws://no-such-name.invalid/");
    await checkPorts(withPorts(local, 1), strict);
  });
});
