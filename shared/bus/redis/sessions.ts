/**
 * Sessions of workers and their claims on slices, in hashes. Used by redis-bus.ts. Invariant: epochs only grow, over a
 * wiped store too; a claim goes when its session goes; a session that was ended stays ended.
 */
import { RECORD_LIMITS, readNumber, STRANGERS_KEPT, type StoredSession } from "../transport.ts";
import type { RedisCalls } from "./calls.ts";

/** How long it is known of a session that it was ended; its worker has fenced itself long before. */
const ENDED_SECONDS = 24 * 60 * 60;

export class RedisSessions {
  readonly #calls: RedisCalls;
  readonly #renewMs: number;

  /** @param renewMs a renewal that takes longer rejects */
  constructor(calls: RedisCalls, renewMs: number) {
    this.#calls = calls;
    this.#renewMs = renewMs;
  }

  async open(info: string, nonce: string): Promise<number> {
    const answer = await this.#calls.script("onrushOpenSession", [
      this.#calls.key("epoch"),
      this.#calls.key("nonces"),
      this.#calls.key("sessions"),
      info,
      nonce,
      this.#calls.key("session", ""),
    ]);
    return Number(answer);
  }

  async renew(epoch: number, status: string): Promise<"ok" | "gone" | "unknown"> {
    const values = [
      this.#calls.key("sessions"),
      this.#calls.key("session", `${epoch}`),
      this.#calls.key("ended", `${epoch}`),
      epoch,
      status,
    ];
    const answer = await this.#calls.script("onrushRenewSession", values, this.#renewMs);
    return answer === "ok" || answer === "gone" ? answer : "unknown";
  }

  async resume(epoch: number, info: string): Promise<"ok" | "gone"> {
    const answer = await this.#calls.script("onrushResumeSession", [
      this.#calls.key("sessions"),
      this.#calls.key("session", `${epoch}`),
      this.#calls.key("ended", `${epoch}`),
      this.#calls.key("epoch"),
      epoch,
      info,
    ]);
    return answer === "ok" ? "ok" : "gone";
  }

  /** Releases the session's claims. Harmless for one that ended before. */
  async end(epoch: number): Promise<void> {
    await this.#calls.script("onrushEndSession", [
      this.#calls.key("sessions"),
      this.#calls.key("session", `${epoch}`),
      this.#calls.key("held", `${epoch}`),
      this.#calls.key("ended", `${epoch}`),
      epoch,
      this.#calls.key("claims", ""),
      ENDED_SECONDS,
    ]);
  }

  async visit(isOurs: (session: StoredSession) => boolean): Promise<void> {
    const [key, prefix] = [this.#calls.key("sessions"), this.#calls.key("session", "")];
    const { session, status } = RECORD_LIMITS;
    let [cursor, strangers] = ["0", 0];
    do {
      const values = [key, prefix, cursor, session, status];
      const [next, ...rows] = (await this.#calls.script("onrushScanSessions", values)) as Scanned;
      cursor = next;
      const foreign = rows.filter((row) => !isOurs(sessionOf(row))).map(([name]) => name);
      strangers += foreign.length;
      const surplus = foreign.slice(0, Math.max(0, strangers - STRANGERS_KEPT));
      if (surplus.length > 0) {
        await this.#calls.script("onrushDropSessions", [key, prefix, ...surplus]);
      }
    } while (cursor !== "0");
  }

  async claim(run: string, slice: number, epoch: number): Promise<"held" | "taken"> {
    const held = await this.#calls.script("onrushClaim", [
      this.#calls.key("sessions"),
      this.#calls.key("claims", run),
      this.#calls.key("held", `${epoch}`),
      epoch,
      slice,
      run,
    ]);
    return held === 1 ? "held" : "taken";
  }

  async release(run: string, slice: number, epoch: number): Promise<void> {
    await this.#calls.script("onrushRelease", [
      this.#calls.key("claims", run),
      this.#calls.key("held", `${epoch}`),
      epoch,
      slice,
      run,
    ]);
  }

  async claims(run: string): Promise<ReadonlyMap<number, number>> {
    const claims = await this.#calls.call(() =>
      this.#calls.client.hgetall(this.#calls.key("claims", run)),
    );
    const held = new Map<number, number>();
    for (const [name, holder] of Object.entries(claims)) {
      const [slice, epoch] = [readNumber(name), readNumber(holder)];
      if (slice !== null && epoch !== null) held.set(slice, epoch);
    }
    return held;
  }
}

type Row = readonly [key: string, info: string, status: string, silentMs: string];
type Scanned = readonly [next: string, ...rows: Row[]];

function sessionOf([key, info, status, silentMs]: Row): StoredSession {
  const read = (text: string) => (text === "-" ? null : text);
  return { key, info: read(info), status: read(status), silentMs: Number(silentMs) };
}
