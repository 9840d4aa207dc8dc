/**
 * The two things the target needs of Node's sockets that have no public name. Called by the listener.
 * Invariant: where this Node does not have them, the public way is taken instead: slower, or less sharp.
 *
 * Reading into one shared buffer (`onread`) is offered for sockets one opens but not for those a server
 * accepts, so the accepted handle is given to a socket of our own. And `resetAndDestroy` first waits until
 * all is sent, which for a client that does not read is for ever.
 */
import type { Buffer } from "node:buffer";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";

interface Internals {
  readonly _handle?: object | null;
  resetAndClosing?: boolean;
}

/**
 * A socket on the same handle that reads into `shared` and calls `onRead` with the number of bytes; null
 * when this Node does not let us. `accepted` must have been paused on creation and is not used any more.
 */
export function adopt(
  accepted: Socket,
  shared: Buffer,
  onRead: (length: number) => void,
): Socket | null {
  const handle = (accepted as unknown as Internals)._handle;
  if (typeof handle !== "object" || handle === null || !("useUserBuffer" in handle)) return null;
  const options: SocketConstructorOpts & { handle: object; onread: OnReadOpts } = {
    handle,
    readable: true,
    writable: true,
    onread: {
      buffer: shared,
      callback: (length) => {
        onRead(length);
        return true;
      },
    },
  };
  const socket = new Socket(options);
  return (socket as unknown as Internals)._handle === handle ? socket : null;
}

/** Destroys a TCP socket with a RST, whatever is unsent. */
export function resetNow(socket: Socket): void {
  const internals = socket as unknown as Internals;
  if (socket.destroyed) return;
  if (!("_reset" in internals)) {
    socket.resetAndDestroy();
    return;
  }
  internals.resetAndClosing = true;
  socket.destroy();
}
