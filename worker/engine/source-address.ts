/**
 * Which source address a connection binds to. One address has some 28,000 ephemeral ports towards one
 * target, so large runs spread over several; on loopback the whole of 127/8 is ours without any set-up.
 * A pure function of the connection's index, so shares stay even whoever runs a shard.
 */

/** Connections per source address; well under the default ephemeral range of 28,232 ports. */
export const PER_ADDRESS = 20_000;

/**
 * @param connections all connections of the run
 * @param localAddresses "auto", or the addresses to use
 * @param loopback whether the target is a loopback IPv4 address
 * @returns addresses to use in turn; empty for the kernel's choice
 */
export function sourceAddresses(
  connections: number,
  localAddresses: "auto" | readonly string[],
  loopback: boolean,
): readonly string[] {
  if (localAddresses !== "auto") return localAddresses;
  const needed = Math.ceil(connections / PER_ADDRESS);
  if (!loopback || needed <= 1) return [];
  return Array.from({ length: needed }, (_, at) => {
    const host = at + 1;
    return `127.${host >> 16}.${(host >> 8) & 255}.${host & 255}`;
  });
}

export function sourceAddressFor(index: number, addresses: readonly string[]): string | null {
  return addresses.length === 0 ? null : (addresses[index % addresses.length] as string);
}
