/**
 * Makes sockets read into one shared buffer. Node offers this (`onread`) for sockets one opens but not for
 * those a server accepts, so the accepted handle is given to a socket of our own. Called by the listener.
 * Invariant: where that is not possible (another Node, TLS) the socket is used as it came, only slower.
 */
import type { Buffer } from "node:buffer";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";

/** What is needed of Node's socket: its handle, which no public name leads to. */
interface HandleHolder {
  readonly _handle?: object | null;
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
  const handle = (accepted as unknown as HandleHolder)._handle;
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
  return (socket as unknown as HandleHolder)._handle === handle ? socket : null;
}
