/**
 * What the kernel of a worker's machine counts of TCP, over all programs of its network namespace: the field `kernel` of a
 * frame. Filled by worker/record/kernel-watch.ts. Invariant: the list only ever gains entries, and a name never gets another
 * meaning.
 */

/** In frames: what was added since the frame before, but for gauges. Names in brackets are the kernel's. */
export const KERNEL_FIELDS = [
  /** Segments sent (Tcp OutSegs), and sent again (RetransSegs). */
  "segmentsSent",
  "segmentsRetransmitted",
  /** Resets sent (OutRsts). */
  "resetsSent",
  /** Attempts to connect, made or accepted, that came to nothing (AttemptFails). */
  "attemptsFailed",
  /** Connections that a reset ended (EstabResets). */
  "connectionsReset",
  /** Retransmission time-outs (TcpExt TCPTimeouts). */
  "timeouts",
  /** Of SYN and SYN-ACK (TCPSynRetrans). */
  "synRetransmits",
  /** Retransmitted segments that were lost again (TCPLostRetransmit). */
  "lostRetransmits",
  /** Connections refused for want of room in an accept queue (ListenOverflows, ListenDrops). */
  "listenOverflows",
  "listenDrops",
  /** Gauges (sockstat): sockets in use, in TIME_WAIT, and without a process. */
  "socketsInUse",
  "socketsInTimeWait",
  "socketsOrphaned",
] as const;
export type KernelField = (typeof KERNEL_FIELDS)[number];

export const KERNEL_GAUGES: ReadonlySet<KernelField> = new Set([
  "socketsInUse",
  "socketsInTimeWait",
  "socketsOrphaned",
] as const);
