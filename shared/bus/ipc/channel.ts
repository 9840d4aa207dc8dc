/**
 * A message channel between two ends that live and die together: child process IPC.
 * The ipc client and server know only this interface.
 * Invariant: messages arrive in order or the channel closes; nothing arrives after it closed.
 */
export interface Channel {
  /**
   * Queues a message (structured clone). Ignored once the channel is closed.
   * @returns false when the other end reads slowly: hold back what may be lost.
   * @throws DataCloneError when the message cannot be cloned.
   */
  post(message: unknown): boolean;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when either end closed or died. */
  onClose(listener: () => void): void;
  close(): void;
}

/** What `process` and a ChildProcess have in common. Needs `serialization: "advanced"` for Uint8Array. */
export interface ProcessPeer {
  readonly connected: boolean;
  send(message: object, callback: (error: Error | null) => void): boolean;
  disconnect(): void;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  off(event: "message", listener: (message: unknown) => void): unknown;
}

/** Unwritten messages after which the other end counts as slow, and after which it counts as dead. */
const SLOW_AT = 512;
const DEAD_AT = 16_384;

/** A channel over child process IPC; either end. */
export function processChannel(peer: ProcessPeer): Channel {
  let unwritten = 0;
  let open = peer.connected;
  const closeListeners: (() => void)[] = [];
  const messageListeners: ((message: unknown) => void)[] = [];
  const deliver = (message: unknown) => {
    for (const listener of messageListeners) listener(message);
  };
  const finish = () => {
    if (!open) return;
    open = false;
    peer.off("message", deliver);
    if (peer.connected) peer.disconnect();
    for (const listener of closeListeners) listener();
  };
  peer.on("message", deliver);
  peer.on("disconnect", finish);
  return {
    post(message) {
      if (!open) return false;
      unwritten += 1;
      peer.send({ message }, (error) => {
        unwritten -= 1;
        if (error !== null && error !== undefined) finish();
      });
      if (unwritten > DEAD_AT) finish();
      return unwritten <= SLOW_AT;
    },
    onMessage(listener) {
      messageListeners.push((wrapped) => listener(unwrap(wrapped)));
    },
    onClose(listener) {
      closeListeners.push(listener);
      if (!open) queueMicrotask(listener);
    },
    close: finish,
  };
}

/** Messages travel inside an object, so that plain values and `null` cross process IPC as well. */
function unwrap(wrapped: unknown): unknown {
  return typeof wrapped === "object" && wrapped !== null && "message" in wrapped
    ? wrapped.message
    : undefined;
}
