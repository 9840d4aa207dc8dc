import { describe, expect, it } from "vitest";
import {
  perAddress,
  perKernelChoice,
  type SourceNeed,
  sourceAddresses,
} from "../../../shared/load/source-address.ts";

const LINUX = 28_232;

const need = (connections: number, more: Partial<SourceNeed> = {}): SourceNeed => ({
  connections,
  atBusiest: connections,
  localAddresses: "auto",
  loopback: true,
  ports: LINUX,
  ...more,
});

describe("source addresses", () => {
  it("leaves the choice to the kernel while one address has ports enough", () => {
    expect(perKernelChoice(LINUX)).toBe(12_000);
    expect(sourceAddresses(need(12_000))).toEqual([]);
    expect(sourceAddresses(need(24_000, { atBusiest: 12_000 }))).toEqual([]);
  });

  it("spreads over 127/8 on loopback", () => {
    expect(perAddress(LINUX)).toBe(4000);
    expect(sourceAddresses(need(20_000))).toEqual([
      "127.0.0.1",
      "127.0.0.2",
      "127.0.0.3",
      "127.0.0.4",
      "127.0.0.5",
    ]);
  });

  it("follows the ports of this machine", () => {
    expect(sourceAddresses(need(150, { ports: 100 }))).toHaveLength(11);
    expect(sourceAddresses(need(42, { ports: 100 }))).toEqual([]);
    expect(sourceAddresses(need(3, { ports: 1 }))).toHaveLength(3);
    expect(sourceAddresses(need(20_000, { ports: 64_512 }))).toEqual([]);
    expect(sourceAddresses(need(28_000, { ports: 64_512 }))).toHaveLength(4);
  });

  it("invents no addresses for a target elsewhere, and uses those it is given", () => {
    expect(sourceAddresses(need(100_000, { loopback: false }))).toEqual([]);
    expect(sourceAddresses(need(10, { localAddresses: ["10.0.0.5"], loopback: false }))).toEqual([
      "10.0.0.5",
    ]);
  });

  it("stays inside 127/8 for millions of connections", () => {
    const addresses = sourceAddresses(need(5_000_000));
    expect(addresses).toHaveLength(1250);
    expect(addresses.at(-1)).toBe("127.0.4.226");
  });
});
