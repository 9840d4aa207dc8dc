/**
 * Which source address a connection binds to. One address has some 28,000 ephemeral ports towards one
 * target, so large runs spread over several; on loopback the whole of 127/8 is ours without any set-up.
 * Called by engines for each connection, and by whoever shows a plan.
 * Invariant: a pure function of the connection's index, so shares stay even whoever runs a shard.
 */

/**
 * Up to here the kernel chooses port and address together, which it does well while less than half of the ports
 * of one parity are taken (Linux gives connect() and bind() ports of different parity first).
 */
export const PER_KERNEL_CHOICE = 12_000;

/**
 * Connections per address when we choose it. Binding first makes the kernel search for a port that is free on its
 * own; beyond a third of the ports the search, not the handshake, becomes the cost of a connection.
 */
export const PER_ADDRESS = 4000;

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
  if (!loopback || connections <= PER_KERNEL_CHOICE) return [];
  return Array.from({ length: Math.ceil(connections / PER_ADDRESS) }, (_, at) => {
    const host = at + 1;
    return `127.${host >> 16}.${(host >> 8) & 255}.${host & 255}`;
  });
}

export function sourceAddressFor(index: number, addresses: readonly string[]): string | null {
  return addresses.length === 0 ? null : (addresses[index % addresses.length] as string);
}
