/**
 * Goal: the number of connections is that of what runs out first, and each limit names the command that raises it.
 * Method: machines with known figures, one short of one thing each.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limitsOf, MESSAGES_PER_CORE, type Place } from "../../../coordinator/doctor/capacity.ts";
import type { Machine } from "../../../coordinator/doctor/machine.ts";
import { machine } from "./machine.ts";

const elsewhere: Place = { loopback: false, sourceAddresses: 1 };
const here: Place = { loopback: true, sourceAddresses: 1 };

const least = (over: Partial<Machine>, place: Place) => limitsOf(machine(over), place)[0];

describe("limitsOf", () => {
  it("a usual host is limited by its ports, and told how to get more of them", () => {
    const limit = least({}, elsewhere);
    expect(limit?.what).toBe("local ports");
    expect(limit?.connections).toBe(Math.floor(28_232 * 0.9));
    expect(limit?.remedies).toEqual([
      'sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"',
      expect.stringContaining("localAddresses"),
    ]);
  });

  it("ports do not limit what goes to this machine, but for macOS", () => {
    expect(limitsOf(machine(), here).map(({ what }) => what)).not.toContain("local ports");
    expect(least({ platform: "darwin" }, here)).toMatchObject({
      what: "local ports",
      connections: 12_000,
    });
  });

  it("more source addresses are more ports; all ports in use need more addresses", () => {
    const wide = { ports: { range: [1024, 65_535] as const, timeWait: 0 } };
    const [one, two] = [1, 2].map((sourceAddresses) =>
      limitsOf(machine(wide), { loopback: false, sourceAddresses }).find(
        ({ what }) => what === "local ports",
      ),
    );
    expect(two?.connections).toBe(2 * (one?.connections ?? 0));
    expect(one?.remedies.join()).not.toContain("ip_local_port_range");
    const known = { ...wide, addresses: ["10.0.0.5", "10.0.0.6"] };
    const remedies = limitsOf(machine(known), elsewhere).flatMap((limit) => limit.remedies);
    expect(remedies.join()).toContain("localAddresses: [10.0.0.5, 10.0.0.6]");
  });

  it("cores limit too, by the messages of each connection; the assumption is said", () => {
    const two = { cores: { available: 2, quota: null } };
    expect(least(two, here)).toMatchObject({
      what: "processor cores",
      connections: MESSAGES_PER_CORE / 2,
      basis:
        "2 cores, one of them for the system and half of the rest for the target; 15,000 messages a second for a core, assuming 1 message a second for each connection (estimate)",
    });
    expect(least(two, elsewhere)?.connections).toBe(MESSAGES_PER_CORE);
    const busy = least(two, { ...elsewhere, messagesPerSec: 10 });
    expect(busy?.connections).toBe(MESSAGES_PER_CORE / 10);
    expect(busy?.basis).not.toContain("assuming");
    const silent = limitsOf(machine(two), { ...here, messagesPerSec: 0 });
    expect(silent.map(({ what }) => what)).not.toContain("processor cores");
    const quota = least({ cores: { available: 64, quota: 1.5 } }, elsewhere);
    expect(quota).toMatchObject({ what: "processor cores", connections: MESSAGES_PER_CORE });
  });

  const SHORTAGES: readonly [what: string, over: Partial<Machine>, number, remedy: RegExp][] = [
    [
      "open files",
      {
        files: { soft: 250, hard: 250, systemMax: null, systemUsed: null },
        // So many workers of 50 connections each take 23 GB.
        memory: { totalBytes: 64e9, availableBytes: 64e9, limitBytes: null },
      },
      256 * 50,
      /prlimit --pid \$\$ --nofile=1048576:1048576/,
    ],
    [
      "open files of the system",
      { files: { soft: 20_000, hard: null, systemMax: 5000, systemUsed: 1000 } },
      4000,
      /sysctl -w fs\.file-max=\d+/,
    ],
    ["threads", { maxThreads: 16 }, 19_800, /pids-limit/],
    [
      "connection tracking",
      { tracking: { max: 8192, used: 192 } },
      8000,
      /sysctl -w net\.netfilter\.nf_conntrack_max=32768/,
    ],
  ];

  it.each(SHORTAGES)("%s", (what, over, connections, remedy) => {
    const limit = least(over, elsewhere);
    expect(limit).toMatchObject({ what, connections });
    expect(limit?.remedies.join("\n")).toMatch(remedy);
  });

  it("memory: half as many when the target shares it", () => {
    const memory = { totalBytes: 2e9, availableBytes: 1e8, limitBytes: null };
    const [far, near] = [least({ memory }, elsewhere), least({ memory }, here)];
    expect(far?.what).toBe("memory");
    expect(near?.connections).toBeCloseTo((far?.connections ?? 0) / 2, -1);
  });

  it("an empty connection table tracks nothing, so it does not limit loopback", () => {
    const what = (used: number) =>
      limitsOf(machine({ tracking: { max: 1000, used } }), here).map((limit) => limit.what);
    expect(what(0)).not.toContain("connection tracking");
    expect(what(1)).toContain("connection tracking");
  });

  it("is sorted, never negative, and every limit has a remedy and a basis", () => {
    const over = fc.record({
      files: fc.record({
        soft: fc.nat(2_000_000),
        hard: fc.option(fc.nat(2_000_000)),
        systemMax: fc.option(fc.nat(10_000_000)),
        systemUsed: fc.option(fc.nat(10_000_000)),
      }),
      maxThreads: fc.option(fc.nat(100_000)),
      tracking: fc.option(fc.record({ max: fc.nat(1e6), used: fc.nat(1e6) })),
    });
    fc.assert(
      fc.property(over, fc.boolean(), (facts, loopback) => {
        const limits = limitsOf(machine(facts), { loopback, sourceAddresses: 1 });
        const numbers = limits.map(({ connections }) => connections);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        for (const { connections, remedies, basis } of limits) {
          expect(connections).toBeGreaterThanOrEqual(0);
          expect(remedies.length).toBeGreaterThan(0);
          expect(basis).not.toBe("");
        }
      }),
    );
  });
});
