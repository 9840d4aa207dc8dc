/**
 * Which source address a connection binds to. A source address has as many connections to one address and port of a
 * target as this machine has ephemeral ports (28,232 by default on Linux), so large runs spread over several; on
 * loopback the whole of 127/8 is ours without any set-up. Called by engines, and by whoever shows a plan.
 * Invariant: a pure function of the run, the machine's ports and the connection's index, so shares stay even whoever
 * runs a shard.
 */

/**
 * Part of the ports up to which the kernel chooses port and address together, which it does well while less than half
 * of the ports of one parity are taken (Linux gives connect() and bind() ports of different parity first).
 */
const KERNEL_CHOICE = 0.42506;

/**
 * Part of the ports used at each address that we choose. Binding first makes the kernel search for a port that is
 * free on its own; beyond a third of the ports the search, not the handshake, becomes the cost of a connection.
 */
const CHOSEN = 0.1417;

/** All of 127/8 but its first and last address. */
const MAX_LOOPBACK_ADDRESSES = 2 ** 24 - 2;

/** Connections to one address and port for which the kernel's choice is left alone. */
export function perKernelChoice(ports: number): number {
  return Math.floor(ports * KERNEL_CHOICE);
}

/** Connections for each address that we choose. */
export function perAddress(ports: number): number {
  return Math.max(1, Math.floor(ports * CHOSEN));
}

export interface SourceNeed {
  /** All connections of the run. */
  readonly connections: number;
  /** Those of them to the busiest address and port of a target. */
  readonly atBusiest: number;
  /** "auto", or the addresses to use. */
  readonly localAddresses: "auto" | readonly string[];
  /** Whether all targets are reached from every address of 127/8. */
  readonly loopback: boolean;
  /** Ephemeral ports of this machine. */
  readonly ports: number;
}

/** Addresses to use in turn; empty for the kernel's choice. */
export function sourceAddresses(need: SourceNeed): readonly string[] {
  const { connections, atBusiest, localAddresses, loopback, ports } = need;
  if (localAddresses !== "auto") return localAddresses;
  if (!loopback || atBusiest <= perKernelChoice(ports)) return [];
  // A port that is bound serves one connection, to whatever target.
  const count = Math.min(Math.ceil(connections / perAddress(ports)), MAX_LOOPBACK_ADDRESSES);
  return Array.from({ length: count }, (_, at) => {
    const host = at + 1;
    return `127.${host >> 16}.${(host >> 8) & 255}.${host & 255}`;
  });
}
