import { describe, expect, it } from "vitest";
import {
  PER_ADDRESS,
  PER_KERNEL_CHOICE,
  sourceAddresses,
  sourceAddressFor,
} from "../../../shared/load/source-address.ts";

describe("source addresses", () => {
  it("leaves the choice to the kernel while one address has ports enough", () => {
    expect(sourceAddresses(PER_KERNEL_CHOICE, "auto", true)).toEqual([]);
    expect(sourceAddressFor(7, [])).toBeNull();
  });

  it("spreads over 127/8 on loopback, evenly by index", () => {
    const addresses = sourceAddresses(20_000, "auto", true);
    expect(addresses).toEqual(["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"]);
    const uses = new Map<string | null, number>();
    for (let index = 0; index < 20_000; index++) {
      const source = sourceAddressFor(index, addresses);
      uses.set(source, (uses.get(source) ?? 0) + 1);
    }
    expect([...uses.values()]).toEqual(new Array(5).fill(PER_ADDRESS));
  });

  it("invents no addresses for a target elsewhere, and uses those it is given", () => {
    expect(sourceAddresses(100_000, "auto", false)).toEqual([]);
    expect(sourceAddresses(10, ["10.0.0.5"], false)).toEqual(["10.0.0.5"]);
  });

  it("stays inside 127/8 for millions of connections", () => {
    const addresses = sourceAddresses(5_000_000, "auto", true);
    expect(addresses).toHaveLength(1250);
    expect(addresses.at(-1)).toBe("127.0.4.226");
  });
});
