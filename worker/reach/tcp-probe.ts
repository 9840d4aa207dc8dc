/**
 * Does anything listen where the load is to go? A TCP connection to each address of each target, ended at once, before
 * the run: a run against nothing would only measure refusals. Called by an engine while it prepares.
 * Invariant: no byte is sent, so a target counts no WebSocket connection, though its system a TCP one.
 */
import { connect } from "node:net";
import { OnrushError } from "../../shared/errors.ts";

/** Patience with an address that neither accepts nor refuses. */
const MAX_PATIENCE_MS = 5000;

export interface ListeningTarget {
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly addresses: readonly string[];
  readonly accepting: number;
}

/**
 * The target, with the addresses that accept before those that do not.
 * @throws OnrushError ONRUSH_TARGET_UNREACHABLE when none does
 */
export async function probeTarget<T extends ListeningTarget>(
  target: T,
  connectTimeoutMs: number,
): Promise<T> {
  const patienceMs = Math.min(connectTimeoutMs, MAX_PATIENCE_MS);
  const { host, port } = target.endpoint;
  const seen = await Promise.all(
    target.addresses.map((address) => probeAddress({ address, port, patienceMs })),
  );
  const listening = target.addresses.filter((_, at) => seen[at] === null);
  if (listening.length === 0) {
    const why = seen.map((reason, at) =>
      target.addresses.length === 1 ? reason : `${target.addresses[at]}: ${reason}`,
    );
    throw new OnrushError({
      code: "ONRUSH_TARGET_UNREACHABLE",
      message: `nothing accepts connections at ${host}:${port} (${why.join(", ")})`,
      remedy: "start the target, or correct its address in the scenario",
    });
  }
  const others = target.addresses.filter((_, at) => seen[at] !== null);
  return { ...target, addresses: [...listening, ...others], accepting: listening.length };
}

/** Why nothing listens there, or null when something does. */
function probeAddress(at: {
  readonly address: string;
  readonly port: number;
  readonly patienceMs: number;
}): Promise<string | null> {
  const { address, port, patienceMs } = at;
  return new Promise((resolve) => {
    const end = (why: string | null) => {
      socket.destroy();
      resolve(why);
    };
    const socket = connect({ host: address, port, autoSelectFamily: false });
    socket.setTimeout(patienceMs, () => end(`no answer within ${patienceMs} ms`));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.once("connect", () => end(null));
  });
}
