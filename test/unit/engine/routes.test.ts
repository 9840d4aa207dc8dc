/** Which address and which source address a connection uses: spread evenly, in turn when one refuses. */
import { describe, expect, it } from "vitest";
import { Routes } from "../../../worker/reach/routes.ts";

const target = (addresses: readonly string[], accepting = addresses.length, weight = 1) => ({
  addresses,
  accepting,
  weight,
  loopback: addresses.every((address) => address.startsWith("127.")),
});

const counted = (values: readonly unknown[]) => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
};

const auto = { connections: 10, localAddresses: "auto", ports: 28_232 } as const;

describe("routes", () => {
  it("spread connections evenly over the addresses that accept", () => {
    const routes = new Routes([target(["10.0.0.1", "10.0.0.2", "10.0.0.3"], 2)], auto);
    const used = Array.from({ length: 100 }, (_, index) => routes.route(index, 0, 0).address);
    expect(counted(used)).toEqual({ "10.0.0.1": 50, "10.0.0.2": 50 });
  });

  it("try each address once, those that did not accept last", () => {
    const routes = new Routes([target(["a", "b", "c", "d"], 2)], auto);
    const tried = (index: number) =>
      [0, 1, 2, 3].map((tries) => routes.route(index, 0, tries).address);
    expect(tried(0)).toEqual(["a", "b", "c", "d"]);
    expect(tried(1)).toEqual(["b", "a", "c", "d"]);
    const another = (tries: number) => routes.hasAnother(0, tries, "tcp-refused");
    expect([0, 1, 2, 3].map(another)).toEqual([true, true, true, false]);
    expect(routes.hasAnother(0, 0, "upgrade-status")).toBe(false);
    expect(routes.hasAnother(0, 0, "generator-ports")).toBe(false);
  });

  it("use every pair of source address and address", () => {
    const localAddresses = ["10.1.0.1", "10.1.0.2"];
    const routes = new Routes([target(["10.0.0.1", "10.0.0.2"])], { ...auto, localAddresses });
    const pairs = Array.from({ length: 100 }, (_, index) =>
      Object.values(routes.route(index, 0, 0)).join(),
    );
    expect(Object.values(counted(pairs))).toEqual([25, 25, 25, 25]);
  });

  it("bind to a source address of the same family only", () => {
    const localAddresses = ["10.1.0.1", "2001:db8::1"];
    const routes = new Routes([target(["10.0.0.1", "2001:db8::9"])], { ...auto, localAddresses });
    expect(routes.route(0, 0, 0)).toEqual({ address: "10.0.0.1", localAddress: "10.1.0.1" });
    expect(routes.route(1, 0, 0)).toEqual({ address: "2001:db8::9", localAddress: "2001:db8::1" });
    const v4 = new Routes([target(["2001:db8::9"])], { ...auto, localAddresses: ["10.1.0.1"] });
    expect(v4.route(0, 0, 0).localAddress).toBeNull();
  });

  it("tell the ports in use at the busiest place", () => {
    const twoTargets = [target(["10.0.0.1", "10.0.0.2"], 2, 3), target(["10.0.0.3"])];
    expect(new Routes(twoTargets, auto).portsInUse(800)).toBe(300);
    const sources = { ...auto, localAddresses: ["10.1.0.1", "10.1.0.2"] };
    expect(new Routes(twoTargets, sources).portsInUse(800)).toBe(400);
  });
});
