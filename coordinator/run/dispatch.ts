/**
 * From a plan to workers that hold all of it and are ready: documents, tickets, and the barrier before the
 * start. Called by run.ts. Invariant: when it returns workers, every shard is held by one of them.
 */
import { documentKey, type SessionRecord } from "../../shared/bus/bus.ts";
import { ErrorCode, OnrushError } from "../../shared/errors.ts";
import type { ActiveRun } from "./active-run.ts";

/** For workers to appear, take their shards and prepare. */
const BARRIER_MS = 30_000;
const POLL_MS = 100;
/** Tickets offered at once. */
const OFFER_BATCH = 64;
const MAX_NAMED = 5;
/** A session that was not renewed for so long has fenced itself: its worker stops before this. */
export const SILENT_MS = 25_000;
/** Renewals come each second: who missed several is not counted on. */
const SUSPECT_MS = 5000;

/** A worker that holds shards of the run. */
export interface Holder {
  readonly epoch: number;
  readonly id: string;
  readonly shards: number;
}

/**
 * Puts plan and tickets on the bus once the expected workers are there, so that shards spread over all.
 * @throws OnrushError ONRUSH_WORKER_FAILED when none appears, and what the bus throws
 */
export async function offerShards(run: ActiveRun): Promise<void> {
  await waitForSessions(run);
  if (run.ending) return;
  const { id, bus, plan } = run;
  await bus.putDocument(documentKey.plan(id), plan.document, 0);
  await run.move("offered");
  const shards = [...Array(plan.document.shards).keys()];
  for (let from = 0; from < shards.length; from += OFFER_BATCH) {
    const batch = shards.slice(from, from + OFFER_BATCH);
    await Promise.all(batch.map((shard) => bus.offerTicket({ run: id, shard, offer: 0 })));
  }
  await bus.hint("tickets-offered", id);
}

async function waitForSessions(run: ActiveRun): Promise<void> {
  const { workersExpected } = run.request;
  const deadlineUs = run.nowUs() + BARRIER_MS * 1000;
  for (;;) {
    await run.heedWishes();
    const sessions = await livingSessions(run);
    if (run.ending || sessions.length >= workersExpected) return;
    if (run.nowUs() > deadlineUs) {
      if (sessions.length === 0) throw noWorkers(workersExpected);
      const message = `${sessions.length} of ${workersExpected} expected workers are there; the run goes on with them.`;
      run.log.event({ type: "note", message });
      return;
    }
    await run.pause(POLL_MS);
  }
}

/** Ends the sessions of workers that went without a word before this run, and lists the others. */
async function livingSessions(run: ActiveRun): Promise<readonly SessionRecord[]> {
  const sessions = await run.bus.listSessions();
  for (const { epoch, silentMs } of sessions)
    if (silentMs > SILENT_MS) await run.bus.endSession(epoch);
  return sessions.filter(({ silentMs }) => silentMs < SUSPECT_MS);
}

/**
 * Waits until all shards are claimed and their holders are prepared; offers shards again whose holder went.
 * @returns the holders; empty when the end of the run was asked for meanwhile
 * @throws OnrushError ONRUSH_WORKER_FAILED, or what a failed worker names as its reason
 */
export async function waitUntilReady(run: ActiveRun): Promise<readonly Holder[]> {
  const deadlineUs = run.nowUs() + BARRIER_MS * 1000;
  const offers = new Map<number, number>();
  for (;;) {
    await run.heedWishes();
    if (run.ending) return [];
    const sessions = await run.bus.listSessions();
    const claims = await run.bus.listClaims(run.id);
    const holders = holdersOf(sessions, claims);
    const failed = holders.find(({ session }) => session.status?.state === "failed");
    if (failed) throw workerFailure(failed.session);
    if (claims.size === run.plan.document.shards && holders.every(isReady)) {
      return joined(run, holders);
    }
    await offerAgain(run, claims, offers);
    if (run.nowUs() > deadlineUs) throw notReady(run, sessions, claims);
    await run.pause(POLL_MS);
  }
}

interface SessionHolder {
  readonly session: SessionRecord;
  readonly shards: number;
}

function holdersOf(
  sessions: readonly SessionRecord[],
  claims: ReadonlyMap<number, number>,
): SessionHolder[] {
  const held = new Map<number, number>();
  for (const epoch of claims.values()) held.set(epoch, (held.get(epoch) ?? 0) + 1);
  const holders: SessionHolder[] = [];
  for (const session of sessions) {
    const shards = held.get(session.epoch);
    if (shards !== undefined) holders.push({ session, shards });
  }
  return holders;
}

function isReady({ session, shards }: SessionHolder): boolean {
  const { status } = session;
  return status !== null && status.state === "ready" && status.shardsReady >= shards;
}

function joined(run: ActiveRun, holders: readonly SessionHolder[]): readonly Holder[] {
  return holders.map(({ session: { epoch, info }, shards }) => {
    const { id, host, engines } = info;
    run.log.event({ type: "worker-joined", epoch, id, host, engines, shards });
    return { epoch, id, shards };
  });
}

/** A shard that was claimed and is not any more lost its holder: its old ticket is used up. */
async function offerAgain(
  run: ActiveRun,
  claims: ReadonlyMap<number, number>,
  offers: Map<number, number>,
): Promise<void> {
  for (const shard of offers.keys()) {
    if (claims.has(shard)) continue;
    if (run.bus.kind === "ipc") throw lostBeforeStart();
    const offer = (offers.get(shard) ?? 0) + 1;
    offers.delete(shard);
    await run.bus.offerTicket({ run: run.id, shard, offer });
    run.log.event({ type: "note", message: `Shard ${shard} lost its worker before the start.` });
  }
  for (const shard of claims.keys()) if (!offers.has(shard)) offers.set(shard, 0);
}

/** What to do about what a worker may report; the rest is in its log. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  ONRUSH_TARGET_UNREACHABLE: "Check the target's address; it has to resolve on the worker's host.",
  ONRUSH_TARGET_FORBIDDEN: "Permit the host with --allow-target, here and on the workers.",
  ONRUSH_LIMITS_TOO_LOW: "Raise the limit on the worker's host, or lower the load.",
};

/** The error a worker reports as text: its code and what follows it, when the text names one. */
export function workerFailure({ info, status }: SessionRecord): OnrushError {
  const problem = status?.problem || "it did not say why";
  const [, code = "", text = ""] = /\b(ONRUSH_[A-Z_]+)\b[\s:]*(.*)$/s.exec(problem) ?? [];
  const who = `worker ${info.id} on ${info.host}`;
  if (!Object.hasOwn(ErrorCode, code)) {
    return new OnrushError({
      code: "ONRUSH_WORKER_FAILED",
      message: `${who} cannot run its part: ${problem}`,
      remedy: "Look at the worker's log.",
    });
  }
  const what = text.replace(/ \(shards: [^)]*\)$/, "");
  return new OnrushError({
    code: code as ErrorCode,
    message: `${what} (${who})`,
    remedy: REMEDIES[code as ErrorCode] ?? "Look at the worker's log.",
  });
}

function noWorkers(expected: number): OnrushError {
  return new OnrushError({
    code: "ONRUSH_WORKER_FAILED",
    message: `None of the ${expected} expected workers appeared within ${BARRIER_MS / 1000} s.`,
    remedy: "Look at the workers' logs.",
  });
}

function lostBeforeStart(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_WORKER_FAILED",
    message: "A worker process ended before the run could start.",
    remedy: "Look at its last lines above; too little memory is a frequent cause.",
  });
}

/** Names who is not ready and why. */
function notReady(
  run: ActiveRun,
  sessions: readonly SessionRecord[],
  claims: ReadonlyMap<number, number>,
): OnrushError {
  const { shards } = run.plan.document;
  const waiting = holdersOf(sessions, claims)
    .filter((holder) => !isReady(holder))
    .map(({ session }) => `${session.info.id} is ${session.status?.state ?? "silent"}`);
  const refusing = sessions
    .filter(({ status }) => status?.state === "idle" && status.problem !== "")
    .map(({ info, status }) => `${info.id}: ${status?.problem}`);
  const named = [...waiting, ...refusing].slice(0, MAX_NAMED);
  const capacity = sessions.reduce((sum, { info }) => sum + info.capacity, 0);
  return new OnrushError({
    code: "ONRUSH_WORKER_FAILED",
    message:
      `The run cannot start: after ${BARRIER_MS / 1000} s workers hold ${claims.size} of ${shards} shards` +
      `${named.length > 0 ? ` (${named.join("; ")})` : ""}.`,
    remedy: `The ${sessions.length} workers can hold ${capacity} connections in all; add workers or lower the load.`,
  });
}
