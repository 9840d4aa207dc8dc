/**
 * Goal: a client that does not accept the target's certificate, because a fault says so, fails by an injected failure, and one that
 * cannot connect for another reason fails by that. Method: both drivers against a real TLS server, whose certificate is good.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DistrustingOwner, distrusted } from "../../../worker/socket/distrust.ts";
import type { Endpoint } from "../../../worker/socket/driver.ts";
import { leanDriver } from "../../../worker/socket/lean/lean-driver.ts";
import { wsDriver } from "../../../worker/socket/ws/ws-driver.ts";
import { TracingOwner } from "../../conformance/driver-trace.ts";
import { startPairs, stopPairs, tlsEndpoint } from "../../support/linked-pair.ts";

beforeAll(startPairs);
afterAll(stopPairs);

describe.each([leanDriver, wsDriver])("an attempt of the $name driver", (driver) => {
  async function attempt(endpoint: Endpoint): Promise<readonly string[]> {
    const owner = new TracingOwner(driver);
    const request = { path: "/", address: "127.0.0.1", localAddress: null, headers: [] };
    driver.open({ ...request, endpoint }, new DistrustingOwner(owner, "tls-failure"));
    await owner.over;
    return owner.lines;
  }

  it("fails by the fault in the TLS handshake", async () => {
    const lines = await attempt(distrusted(tlsEndpoint()));
    expect(lines).toEqual(["stage tcp", "fail injected-connect: tls-failure"]);
  });

  it("fails by the target where nothing listens", async () => {
    const lines = await attempt(distrusted({ ...tlsEndpoint(), port: 1 }));
    expect(lines).toEqual(["fail tcp-refused: ECONNREFUSED"]);
  });
});
