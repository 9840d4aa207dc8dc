/**
 * Sessions of workers and their claims. Used by nats-bus.ts. Invariants: epochs only grow, over a wiped store too; a claim
 * counts while its session is there, so ending a session releases all its claims at once; a session that was ended stays so.
 */
import type { Clock } from "../../time/clock.ts";
import { RECORD_LIMITS, readNumber, STRANGERS_KEPT, type StoredSession } from "../transport.ts";
import { safe } from "./documents.ts";
import { type NatsStore, parseJson } from "./store.ts";

/** Records that belong to nobody and are removed in one visit, and at once. */
const MOST_DROPPED = 2000;
const DROPPED_AT_ONCE = 50;
/** Tries of a compare-and-set that others race for. */
const ATTEMPTS = 50;

/** Both are text that is checked elsewhere. */
interface Session {
  readonly info: string;
  readonly status: string;
}

export class NatsSessions {
  readonly #store: NatsStore;
  readonly #clock: Pick<Clock, "wallMs">;
  /** What this side wrote last, by epoch: a renewal is one call. */
  readonly #written = new Map<number, { revision: number; info: string }>();
  #visiting: Promise<void> = Promise.resolve();

  constructor(store: NatsStore, clock: Pick<Clock, "wallMs">) {
    this.#store = store;
    this.#clock = clock;
  }

  async open(info: string, nonce: string): Promise<number> {
    const nonceKey = `nonce.${safe(nonce)}`;
    const known = await this.#store.get(nonceKey);
    if (known !== null) return numberOf(known.value);
    const epoch = await this.#nextEpoch();
    if ((await this.#store.cas(nonceKey, String(epoch), 0)) === "conflict") {
      // The same call was carried out twice: the first one counts.
      const first = await this.#store.get(nonceKey);
      if (first !== null) return numberOf(first.value);
    }
    const session: Session = { info, status: "" };
    const revision = await this.#store.cas(sessionKey(epoch), JSON.stringify(session), 0);
    if (revision !== "conflict") this.#written.set(epoch, { revision, info });
    return epoch;
  }

  /** Makes a session known that this store has forgotten. */
  async resume(epoch: number, info: string): Promise<"ok" | "gone"> {
    if (await this.#isEnded(epoch)) return "gone";
    const current = await this.#store.get("epoch");
    if (current === null) {
      // Whoever is first says where to count on; a conflict means that somebody else did.
      await this.#store.cas("epoch", String(Math.max(epoch, this.#clock.wallMs())), 0);
    }
    const session: Session = { info, status: "" };
    const revision = await this.#store.cas(sessionKey(epoch), JSON.stringify(session), 0);
    if (revision !== "conflict") this.#written.set(epoch, { revision, info });
    return "ok";
  }

  async renew(epoch: number, status: string): Promise<"ok" | "gone" | "unknown"> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const written = this.#written.get(epoch) ?? (await this.#read(epoch));
      if (written === null) return (await this.#isEnded(epoch)) ? "gone" : "unknown";
      const { info } = written;
      const session: Session = { info, status };
      const value = JSON.stringify(session);
      const revision = await this.#store.cas(sessionKey(epoch), value, written.revision);
      if (revision !== "conflict") {
        this.#written.set(epoch, { revision, info });
        return "ok";
      }
      // Ended, or written by a call whose answer was lost.
      this.#written.delete(epoch);
    }
    return "gone";
  }

  async end(epoch: number): Promise<void> {
    this.#written.delete(epoch);
    await this.#store.put(endedKey(epoch), "1");
    await this.#store.forget(sessionKey(epoch));
  }

  /** One after another: one that takes longer than its caller waits goes on, and removes what it has found. */
  visit(isOurs: (session: StoredSession) => boolean, nowMs: number): Promise<void> {
    const visiting = this.#visiting.then(() => this.#visit(isOurs, nowMs));
    this.#visiting = visiting.catch(() => {});
    return visiting;
  }

  async #visit(isOurs: (session: StoredSession) => boolean, nowMs: number): Promise<void> {
    const strangers: { key: string; revision: number }[] = [];
    let seen = 0;
    let oldestOfOurs = Number.POSITIVE_INFINITY;
    let last = 0;
    await this.#store.visit("session.>", (key, { value, writtenMs, revision }) => {
      const session = sessionOf(value);
      const stored: StoredSession = {
        key: key.slice("session.".length),
        info: session?.info ?? null,
        status: session?.status ?? null,
        silentMs: Math.max(0, nowMs - writtenMs),
      };
      last = Math.max(last, revision);
      if (isOurs(stored)) oldestOfOurs = Math.min(oldestOfOurs, revision);
      else if (++seen > STRANGERS_KEPT) strangers.push({ key, revision });
    });
    if (strangers.length === 0) return;
    // Workers write again and again, so what is older than the oldest of theirs goes with one call, however much it is.
    const from = Math.min(oldestOfOurs, last + 1);
    // To the server, "before the first" means everything.
    if (from > 1) await this.#store.forgetBefore("session.>", from);
    const left = strangers.filter(({ revision }) => revision >= from).slice(0, MOST_DROPPED);
    for (let at = 0; at < left.length; at += DROPPED_AT_ONCE) {
      const some = left.slice(at, at + DROPPED_AT_ONCE);
      await Promise.all(some.map(({ key }) => this.#store.forget(key)));
    }
  }

  async claim(run: string, slice: number, epoch: number): Promise<"held" | "taken"> {
    if (!(await this.#isLive(epoch))) return "taken";
    const key = `${claimsOf(run)}.${slice}`;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const current = await this.#store.get(key);
      const holder = current === null ? null : numberOf(current.value);
      if (holder === epoch) return "held";
      if (holder !== null && (await this.#isLive(holder))) return "taken";
      const revision = await this.#store.cas(key, String(epoch), current?.revision ?? 0);
      if (revision !== "conflict") return "held";
    }
    return "taken";
  }

  async release(run: string, slice: number, epoch: number): Promise<void> {
    const key = `${claimsOf(run)}.${slice}`;
    const current = await this.#store.get(key);
    // A live holder is never replaced, so it is still its claim that goes.
    if (current !== null && numberOf(current.value) === epoch) await this.#store.forget(key);
  }

  async claims(run: string): Promise<ReadonlyMap<number, number>> {
    const prefix = `${claimsOf(run)}.`;
    const [claims, sessions] = await Promise.all([
      this.#store.list(`${prefix}>`),
      this.#store.list("session.>"),
    ]);
    const held = new Map<number, number>();
    for (const [key, { value }] of claims) {
      const epoch = numberOf(value);
      const slice = readNumber(key.slice(prefix.length));
      if (slice !== null && sessions.has(sessionKey(epoch))) held.set(slice, epoch);
    }
    return held;
  }

  async forgetRun(run: string): Promise<void> {
    await this.#store.forget(`${claimsOf(run)}.>`);
  }

  async #isEnded(epoch: number): Promise<boolean> {
    return (await this.#store.get(endedKey(epoch))) !== null;
  }

  async #isLive(epoch: number): Promise<boolean> {
    return (await this.#store.get(sessionKey(epoch))) !== null;
  }

  async #read(epoch: number): Promise<{ revision: number; info: string } | null> {
    const entry = await this.#store.get(sessionKey(epoch));
    if (entry === null) return null;
    // What somebody else has written over it is not known; the next status says what there is to say.
    return { revision: entry.revision, info: sessionOf(entry.value)?.info ?? "" };
  }

  /** A fresh store counts from the wall clock on, above all that a store before it gave out. */
  async #nextEpoch(): Promise<number> {
    for (;;) {
      const current = await this.#store.get("epoch");
      const last = current === null ? 0 : numberOf(current.value);
      const epoch = last === 0 ? this.#clock.wallMs() : last + 1;
      const revision = await this.#store.cas("epoch", String(epoch), current?.revision ?? 0);
      if (revision !== "conflict") return epoch;
    }
  }
}

function sessionKey(epoch: number): string {
  return `session.${epoch}`;
}

function endedKey(epoch: number): string {
  return `ended.${epoch}`;
}

function claimsOf(run: string): string {
  return `claim.${safe(run)}`;
}

/** 0 for what is no number. */
function numberOf(value: Uint8Array): number {
  return readNumber(Buffer.from(value).toString()) ?? 0;
}

/** Without a schema: a hundred thousand records of nobody are read in one visit. */
function sessionOf(value: Uint8Array): Session | null {
  const { info, status } = (parseJson(value) ?? {}) as Partial<Record<string, unknown>>;
  return isText(info, RECORD_LIMITS.session) && isText(status, RECORD_LIMITS.status)
    ? { info, status }
    : null;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length <= most;
}
