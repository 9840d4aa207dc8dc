/**
 * Makes streams and buckets that may be there already. Used by every part of the transport. Invariant: any number of sides may
 * ask at once; one makes it, the others find it (the server refuses some of those who race with an error of its own).
 */
import type { JetStreamManager, StreamConfig } from "@nats-io/jetstream";

const ATTEMPTS = 20;
const PAUSE_MS = 25;

export async function ensureStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { readonly name: string },
): Promise<void> {
  await racing(() => manager.streams.add(config));
}

/** Tries again what lost a race for making something. */
export async function racing<T>(make: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await make();
    } catch (error) {
      if (attempt === ATTEMPTS || !isLostRace(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function isLostRace(error: unknown): boolean {
  return (
    error instanceof Error &&
    /overlap with an existing stream|already in use|already exists/i.test(error.message)
  );
}
