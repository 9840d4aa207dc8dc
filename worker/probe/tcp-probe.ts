/**
 * Does anything listen where the load is to go? One TCP connection per target, closed at once, before the
 * run: a run against nothing would only measure refusals. Called by an engine while it prepares.
 * Invariant: no byte is sent, so a target counts no WebSocket connection.
 */
import { connect } from "node:net";
import { OnrushError } from "../../shared/errors.ts";

/** Patience with a target that neither accepts nor refuses. */
const MAX_PATIENCE_MS = 5000;

export interface ProbedTarget {
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly address: string;
}

/** @throws OnrushError ONRUSH_TARGET_UNREACHABLE for the first target that does not accept */
export async function probeTargets(
  targets: readonly ProbedTarget[],
  connectTimeoutMs: number,
): Promise<void> {
  const patienceMs = Math.min(connectTimeoutMs, MAX_PATIENCE_MS);
  await Promise.all(targets.map((target) => probe(target, patienceMs)));
}

function probe({ endpoint, address }: ProbedTarget, patienceMs: number): Promise<void> {
  const { host, port } = endpoint;
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      socket.destroy();
      reject(
        new OnrushError({
          code: "ONRUSH_TARGET_UNREACHABLE",
          message: `nothing accepts connections at ${host}:${port} (${why})`,
          remedy: "start the target, or correct its address in the scenario",
        }),
      );
    };
    const socket = connect({ host: address, port, autoSelectFamily: false });
    socket.setTimeout(patienceMs, () => fail(`no answer within ${patienceMs} ms`));
    socket.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
