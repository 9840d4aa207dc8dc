/**
 * What workers say of themselves. Used by signed-bus.ts. A session's record is signed with the nonce it was opened with, a
 * status with its epoch and that nonce. Invariant: a listed session's status was made by whoever opened it, for this epoch;
 * an old record that was put there again has an old time, and does not count as a renewal.
 */
import * as z from "zod";
import type { Place } from "../../trust/seal.ts";
import { text } from "../../wire/fields.ts";
import {
  type WorkerInfo,
  type WorkerStatus,
  workerInfoSchema,
  workerStatusSchema,
} from "../../wire/worker-info.ts";
import type { SessionRecord } from "../bus.ts";
import {
  readNumber,
  type StoredSession,
  type Transport,
  type WorkerTransport,
} from "../transport.ts";
import type { Sealer } from "./sealer.ts";

/** Workers of one cluster. */
const MAX_SESSIONS = 4096;

const infoSchema = z.object({ nonce: text, info: workerInfoSchema });
const statusSchema = z.object({ nonce: text, status: workerStatusSchema });
const INFO_PLACE: Place = { kind: "session", subject: "info" };

/** A session's own record, as it was read. */
interface ReadInfo {
  readonly text: string;
  readonly nonce: string;
  readonly info: WorkerInfo;
}

export class SignedSessions {
  readonly #sealer: Sealer;
  /** Of the sessions of the last listing: their records never change, and are much longer than a status. */
  #infos = new Map<string, ReadInfo>();
  /** Of the sessions this side has opened. */
  readonly #nonces = new Map<number, string>();

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  async open(transport: WorkerTransport, info: WorkerInfo, nonce: string): Promise<number> {
    const epoch = await transport.openSession(this.#infoText(info, nonce), nonce);
    this.#nonces.set(epoch, nonce);
    return epoch;
  }

  resume(
    transport: WorkerTransport,
    epoch: number,
    { info, nonce }: { readonly info: WorkerInfo; readonly nonce: string },
  ): Promise<"ok" | "gone"> {
    this.#nonces.set(epoch, nonce);
    return transport.resumeSession(epoch, this.#infoText(info, nonce), nonce);
  }

  renew(transport: WorkerTransport, epoch: number, status: WorkerStatus) {
    const place = statusPlace(epoch);
    const content = JSON.stringify({ nonce: this.#nonces.get(epoch) ?? "", status });
    const madeUs = this.#sealer.nextUs(place);
    this.#sealer.see(place, madeUs);
    const text = this.#sealer.seal(place, content, madeUs);
    return transport.renewSession(epoch, text);
  }

  async close(transport: WorkerTransport, epoch: number): Promise<void> {
    await transport.closeSession(epoch);
    this.#nonces.delete(epoch);
  }

  async list(transport: Transport): Promise<readonly SessionRecord[]> {
    const sessions: SessionRecord[] = [];
    const infos = new Map<string, ReadInfo>();
    await transport.visitSessions((stored) => {
      if (sessions.length >= MAX_SESSIONS) return true;
      const session = this.#read(stored, infos);
      if (session !== null) sessions.push(session);
      return session !== null;
    });
    this.#infos = infos;
    return sessions;
  }

  #infoText(info: WorkerInfo, nonce: string): string {
    return this.#sealer.seal(INFO_PLACE, JSON.stringify({ nonce, info }), 0);
  }

  /** @param infos gets what was read of the record */
  #read(stored: StoredSession, infos: Map<string, ReadInfo>): SessionRecord | null {
    const { key, info, status, silentMs } = stored;
    const epoch = readNumber(key);
    if (epoch === null || epoch < 1) {
      this.#sealer.refusals.add({
        ...{ kind: "session", subject: key, run: null, reason: "its epoch is no number" },
      });
      return null;
    }
    const read = this.#info(epoch, key, info);
    if (read === null) return null;
    infos.set(key, read);
    const said = status === "" ? null : this.#status(epoch, read.nonce, status);
    return {
      epoch,
      info: read.info,
      status: said?.value.status ?? null,
      silentMs: Number.isFinite(silentMs) ? Math.max(0, silentMs) : 0,
      renewals: said?.madeUs ?? 0,
    };
  }

  #info(epoch: number, key: string, text: string | null): ReadInfo | null {
    const known = this.#infos.get(key);
    if (known !== undefined && known.text === text) return known;
    const place = { place: INFO_PLACE, run: null, shown: `epoch ${epoch}` };
    const record = this.#sealer.read(text, { ...place, schema: infoSchema });
    return record === null || text === null ? null : { text, ...record.value };
  }

  #status(epoch: number, nonce: string, status: string | null) {
    const place = statusPlace(epoch);
    const said = this.#sealer.read(status, { place, run: null, schema: statusSchema });
    if (said === null || said.value.nonce === nonce) return said;
    const reason = "it is of another worker than the session";
    this.#sealer.refusals.add({ ...place, run: null, reason });
    return null;
  }
}

function statusPlace(epoch: number): Place {
  return { kind: "status", subject: String(epoch) };
}
