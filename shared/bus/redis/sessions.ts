/**
 * Sessions of workers and their claims on lanes, in hashes. Used by redis-bus.ts. Invariant: epochs only grow, over a
 * wiped store too; a claim goes when its session goes; a session that was ended stays ended.
 */
import type { WorkerInfo, WorkerStatus } from "../../wire/worker-info.ts";
import type { SessionRecord } from "../bus.ts";
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

  async open(info: WorkerInfo, nonce: string): Promise<number> {
    const answer = await this.#calls.script("onrushOpenSession", [
      this.#calls.key("epoch"),
      this.#calls.key("nonces"),
      this.#calls.key("sessions"),
      JSON.stringify(info),
      nonce,
      this.#calls.key("session", ""),
    ]);
    return Number(answer);
  }

  async renew(epoch: number, status: WorkerStatus): Promise<"ok" | "gone" | "unknown"> {
    const values = [
      this.#calls.key("sessions"),
      this.#calls.key("session", `${epoch}`),
      this.#calls.key("ended", `${epoch}`),
      epoch,
      JSON.stringify(status),
    ];
    const answer = await this.#calls.script("onrushRenewSession", values, this.#renewMs);
    return answer === "ok" || answer === "gone" ? answer : "unknown";
  }

  async resume(epoch: number, info: WorkerInfo): Promise<"ok" | "gone"> {
    const answer = await this.#calls.script("onrushResumeSession", [
      this.#calls.key("sessions"),
      this.#calls.key("session", `${epoch}`),
      this.#calls.key("ended", `${epoch}`),
      this.#calls.key("epoch"),
      epoch,
      JSON.stringify(info),
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

  async list(): Promise<readonly SessionRecord[]> {
    const rows = (await this.#calls.script("onrushListSessions", [
      this.#calls.key("sessions"),
      this.#calls.key("session", ""),
    ])) as readonly [string, string, string, string, string][];
    return rows.map(([epoch, info, status, silentMs, renewals]) => ({
      epoch: Number(epoch),
      info: JSON.parse(info) as WorkerInfo,
      status: status === "" ? null : (JSON.parse(status) as WorkerStatus),
      silentMs: Number(silentMs),
      renewals: Number(renewals),
    }));
  }

  async claim(run: string, lane: number, epoch: number): Promise<"held" | "taken"> {
    const held = await this.#calls.script("onrushClaim", [
      this.#calls.key("sessions"),
      this.#calls.key("claims", run),
      this.#calls.key("held", `${epoch}`),
      epoch,
      lane,
      run,
    ]);
    return held === 1 ? "held" : "taken";
  }

  async release(run: string, lane: number, epoch: number): Promise<void> {
    await this.#calls.script("onrushRelease", [
      this.#calls.key("claims", run),
      this.#calls.key("held", `${epoch}`),
      epoch,
      lane,
      run,
    ]);
  }

  async claims(run: string): Promise<ReadonlyMap<number, number>> {
    const claims = await this.#calls.call(() =>
      this.#calls.client.hgetall(this.#calls.key("claims", run)),
    );
    return new Map(Object.entries(claims).map(([lane, epoch]) => [Number(lane), Number(epoch)]));
  }
}
