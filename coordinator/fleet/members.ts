/**
 * Who is in the cluster, as far as this coordinator can tell: the sessions of the last listings, judged by this host's
 * monotonic clock. Kept by fleet.ts. Invariant: silence is judged by nothing but the own clock, never in a moment when
 * the bus itself was away or has forgotten everything, and never of most of the cluster at once.
 *
 *   here --missing from a listing of the same store--> gone, at once
 *   here --missing, the store has forgotten all--> forgotten --back--> here
 *   here | forgotten --silent for fenceAfterMs + 1.5 s--> overdue (it has fenced itself by then)
 */
import { randomUUID } from "node:crypto";
import type { SessionRecord } from "../../shared/bus/bus.ts";
import type { Refusals } from "../../shared/trust/refusals.ts";
import { WIRE_VERSION } from "../../shared/wire/plan.ts";
import type { WorkerInfo, WorkerStatus } from "../../shared/wire/worker-info.ts";
import type { WorkerMachine } from "../store/worker-joined.ts";

/**
 * Beyond the time after which a silent worker has stopped by itself. Its time runs from the sending of a renewal, ours
 * from its arrival, so this only has to cover how late an engine may take its turn.
 */
const OVERDUE_MS = 1500;
/** No renewal for so long: gets no work that is not its own. */
const SUSPECT_MS = 5000;
/** After the store was away or has forgotten everything: three renewals' time. */
const QUIET_MS = 3000;
/** Listings farther apart mean that the store was away. */
const GAP_MS = 5000;
/** A session that has not answered the challenge by then is no worker that lives. */
const UNANSWERED_MS = 10_000;
/** Sessions that did not answer yet, remembered with when they were seen first. */
const MAX_UNPROVEN = 4096;
/** Most of the cluster silent at once is our surroundings' fault, not the workers'. */
const MASS_LOSS_MS = 60_000;

export type MemberInfo = Pick<
  WorkerInfo,
  "id" | "host" | "engines" | "capacity" | "fenceAfterMs" | "wire" | "allowFaults"
> &
  // A member that is only expected back did not say it again.
  Partial<WorkerMachine & Pick<WorkerInfo, "openFilesLimit" | "localPorts">>;

export interface Member {
  readonly epoch: number;
  readonly info: MemberInfo;
  status: WorkerStatus | null;
  renewals: number;
  /** Listed by the store as it is now. */
  attached: boolean;
  /** Last sign of life, monotonic microseconds of this host; not before this coordinator first saw it. */
  heardUs: number;
  /** Silent for so long that it has fenced itself, and nothing speaks against saying so. */
  overdue: boolean;
}

/** Whether a worker can be given to a run at all. */
export function isFit({ info, status }: Member): boolean {
  // One that failed in the run before says so until it has heard that this is over.
  return info.wire === WIRE_VERSION && status?.leaving !== true && status?.state !== "failed";
}

export class Members {
  /** What a worker repeats to show that its session is no recording of an earlier one. */
  readonly challenge: string;
  readonly #refusals: Refusals;
  /** Of members that are gone, the newest status: what is put there again shows no newer one. */
  readonly #departed = new Map<number, number>();
  /** Sessions that have not answered: since when, and whether that was said. */
  readonly #unproven = new Map<number, { readonly sinceUs: number; said: boolean }>();
  readonly #members = new Map<number, Member>();
  #generation = "";
  #listedUs = Number.NEGATIVE_INFINITY;
  #quietUntilUs = Number.NEGATIVE_INFINITY;
  #massLossSinceUs: number | null = null;

  constructor(refusals: Refusals, challenge: string = randomUUID()) {
    this.#refusals = refusals;
    this.challenge = challenge;
  }

  get all(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** The store's life the last listing was of; "" before. */
  get generation(): string {
    return this.#generation;
  }

  /** Most of the cluster is silent at once: nobody is judged for a while. */
  get massLoss(): boolean {
    return this.#massLossSinceUs !== null;
  }

  get(epoch: number): Member | undefined {
    return this.#members.get(epoch);
  }

  /** There are sessions that have not answered the challenge; they may not have read it yet. */
  get someUnproven(): boolean {
    return this.#unproven.size > 0;
  }

  /** Its session was ended. */
  ended(epoch: number): void {
    if (this.#members.get(epoch)?.attached === false) this.#members.delete(epoch);
  }

  /** A worker this coordinator knew before it was started again, on a store that has forgotten it since. */
  expect(epoch: number, info: MemberInfo, nowUs: number): void {
    if (this.#members.has(epoch)) return;
    const life = { status: null, renewals: -1, attached: false, heardUs: nowUs, overdue: false };
    this.#members.set(epoch, { epoch, info, ...life });
  }

  /**
   * Takes in a listing.
   * @param generation of the store, read after the listing
   */
  list(sessions: readonly SessionRecord[], generation: string, nowUs: number): void {
    if (this.#generation !== "" && generation !== this.#generation) {
      // The listing may be of either life; the next one is of this.
      for (const member of this.#members.values()) member.attached = false;
      this.#quiet(nowUs);
    } else this.#take(sessions, nowUs);
    if (nowUs - this.#listedUs > GAP_MS * 1000) this.#quiet(nowUs);
    this.#generation = generation;
    this.#listedUs = nowUs;
    this.#judge(nowUs);
  }

  isSuspect({ attached, heardUs }: Member, nowUs: number): boolean {
    return !attached || nowUs - heardUs > SUSPECT_MS * 1000;
  }

  #take(sessions: readonly SessionRecord[], nowUs: number): void {
    const listed = new Set<number>();
    const seen = new Set<number>();
    for (const session of sessions) {
      const { epoch, info, status, silentMs, renewals } = session;
      seen.add(epoch);
      const known = this.#members.get(epoch);
      if (known?.attached !== true && !this.#isProven(session, nowUs)) continue;
      listed.add(epoch);
      if (!known) {
        const life = { status, renewals, attached: true, heardUs: nowUs, overdue: false };
        this.#members.set(epoch, { epoch, info, ...life });
        continue;
      }
      // One that was refused, or was not said again yet, does not replace what it said.
      known.status = status ?? known.status;
      known.attached = true;
      // How long ago, the bus says by its own clock, which may be set meanwhile; that it was since the last listing is sure.
      const againUs = Math.min(nowUs, Math.max(nowUs - silentMs * 1000, this.#listedUs));
      if (renewals !== known.renewals) known.heardUs = Math.max(known.heardUs, againUs);
      known.renewals = renewals;
    }
    for (const [epoch, { attached }] of this.#members) {
      if (attached && !listed.has(epoch)) this.#depart(epoch);
    }
    for (const epoch of this.#unproven.keys()) if (!seen.has(epoch)) this.#unproven.delete(epoch);
  }

  #depart(epoch: number): void {
    this.#departed.set(epoch, this.#members.get(epoch)?.renewals ?? 0);
    this.#members.delete(epoch);
    const [oldest] = this.#departed.keys();
    if (this.#departed.size > MAX_UNPROVEN && oldest !== undefined) this.#departed.delete(oldest);
  }

  /** It has answered the challenge, so it lives; what never does is reported once. */
  #isProven({ epoch, status, renewals }: SessionRecord, nowUs: number): boolean {
    const isNew = renewals > (this.#departed.get(epoch) ?? -1);
    if (status?.answers === this.challenge && isNew) {
      this.#unproven.delete(epoch);
      return true;
    }
    const unproven = this.#unproven.get(epoch) ?? { sinceUs: nowUs, said: false };
    if (this.#unproven.size < MAX_UNPROVEN) this.#unproven.set(epoch, unproven);
    if (unproven.said || nowUs - unproven.sinceUs < UNANSWERED_MS * 1000) return false;
    unproven.said = true;
    const reason =
      "it does not answer the coordinator: it is an old one, or its worker cannot read the placement";
    this.#refusals.add({ kind: "session", subject: `epoch ${epoch}`, run: null, reason });
    return false;
  }

  #quiet(nowUs: number): void {
    this.#quietUntilUs = nowUs + QUIET_MS * 1000;
  }

  #judge(nowUs: number): void {
    const silentUs = ({ heardUs }: Member) => nowUs - heardUs;
    const last = this.#lastOfEach();
    const fenced = last.filter((one) => silentUs(one) >= one.info.fenceAfterMs * 1000);
    if (fenced.length < 2 || 2 * fenced.length <= last.length) this.#massLossSinceUs = null;
    else this.#massLossSinceUs ??= nowUs;
    const guarded =
      this.#massLossSinceUs !== null && nowUs - this.#massLossSinceUs < MASS_LOSS_MS * 1000;
    for (const member of this.#members.values()) {
      const limitUs = (member.info.fenceAfterMs + OVERDUE_MS) * 1000;
      const isReplaced = !last.includes(member);
      const isSpared = (guarded && !isReplaced) || nowUs < this.#quietUntilUs;
      member.overdue = !isSpared && silentUs(member) > limitUs;
    }
  }

  /** A worker that has opened a new session has given up those before: they say nothing of what surrounds us. */
  #lastOfEach(): readonly Member[] {
    const last = new Map<string, Member>();
    for (const member of this.#members.values()) {
      const { host, id } = member.info;
      const key = JSON.stringify([host, id]);
      const known = last.get(key);
      if (known === undefined || known.epoch < member.epoch) last.set(key, member);
    }
    return [...last.values()];
  }
}
