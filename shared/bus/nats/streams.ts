/**
 * Makes streams and buckets, or waits for them. Used by every part of the transport. Invariant: only a coordinator makes what
 * all share, since a server that many ask at once to make the same thing refuses some, and an older one may hang.
 */
import type { JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { sleep, type Timers } from "../../time/timer.ts";

const ATTEMPTS = 20;
const PAUSE_MS = 25;
const POLL_MS = 250;
const POLLS = 120;
/** A server that is well answers within milliseconds. */
const LATE_MS = 500;
const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;

export async function ensureStream(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { readonly name: string },
): Promise<void> {
  await racing(() => manager.streams.add(config)).catch(async (error: unknown) => {
    if (!isLostRace(error)) throw error;
    // It is there with other bounds: made by an earlier version.
    await manager.streams.update(config.name, config);
  });
}

/** As ensureStream, for a bucket; one that is there keeps what it holds and gets these bounds. */
export async function ensureBucket(
  connection: NatsConnection,
  manager: JetStreamManager,
  { bucket, history, maxValueSize }: BucketBounds,
): Promise<void> {
  await racing(() => new Kvm(connection).create(bucket, { history, maxValueSize })).catch(
    async (error: unknown) => {
      if (!isLostRace(error)) throw error;
      const { config } = await manager.streams.info(`KV_${bucket}`);
      await manager.streams.update(config.name, { ...config, max_msg_size: maxValueSize });
    },
  );
}

export interface BucketBounds {
  readonly bucket: string;
  /** Values kept per key. */
  readonly history: number;
  readonly maxValueSize: number;
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

/** Resolves when a coordinator has made the stream. @throws Error after half a minute */
export async function awaitStream(
  manager: JetStreamManager,
  stream: string,
  timers: Timers,
): Promise<void> {
  for (let look = 0; ; look++) {
    try {
      await manager.streams.info(stream);
      return;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (look === POLLS) throw new Error("no coordinator has used this server yet");
      await sleep(timers, POLL_MS);
    }
  }
}

/**
 * Asks directly for a message. That is the way to ask, because the other one kills a server of 2.9 that is just making the
 * stream; but where there is no stream, nobody answers. So one that takes long is asked again, if the stream is there.
 * @throws what the server says of the stream when it is not there
 */
export async function answered<T>(
  ask: () => Promise<T>,
  { manager, stream }: { readonly manager: JetStreamManager; readonly stream: string },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), LATE_MS);
  });
  const first = await Promise.race([ask().then((value) => ({ value })), late]).finally(() =>
    clearTimeout(timer),
  );
  if (first !== null) return first.value;
  await manager.streams.info(stream);
  return ask();
}

/** For what is to be gone, and may be gone already. */
export function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/** A stream, bucket or consumer is not there. A client that finds no answer to a write says that JetStream is off. */
export function isNotFound(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return (
    error instanceof Error &&
    (code === STREAM_NOT_FOUND ||
      code === CONSUMER_NOT_FOUND ||
      /not found|not enabled|no responders/i.test(error.message))
  );
}

function isLostRace(error: unknown): boolean {
  return (
    error instanceof Error &&
    /overlap with an existing stream|already in use|already exists/i.test(error.message)
  );
}
