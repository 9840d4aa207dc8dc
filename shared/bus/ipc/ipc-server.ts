/**
 * Serves a memory store to worker processes over channels: the coordinator's half of the ipc transport.
 * Called by coordinator/local. Each channel gets its own side of the store, which ends with the channel.
 * Invariant: a call is checked before it touches the store, and gets exactly one answer.
 */
import { OnrushError } from "../../errors.ts";
import { HINT_TOPICS } from "../../wire/command.ts";
import { MemoryTransport } from "../memory/memory-transport.ts";
import type { MemoryStore } from "../memory/store.ts";
import type { TakenText } from "../transport.ts";
import type { Channel } from "./channel.ts";
import {
  type CallMessage,
  type CallValues,
  type ServerMessage,
  type TicketAnswer,
  WORKER_CALLS,
  type WorkerCall,
} from "./protocol.ts";

/** Calls of one channel that wait for their answer; a client never has more than its own, lower bound. */
const MAX_CALLS = 1024;
/** Tickets taken over one channel whose done() has not come; the oldest are left to come back. */
const MAX_TAKEN = 256;

export interface ServedChannel {
  /** Epochs of the sessions opened over this channel and not closed over it. */
  epochs(): readonly number[];
  /** Ends the serving and closes the channel. */
  close(): void;
}

export interface ServeOptions {
  /** A worker opened its session. */
  readonly onSession?: (epoch: number) => void;
}

/** Answers the calls that come over the channel until it closes. */
export function serveChannel(
  store: MemoryStore,
  channel: Channel,
  options: ServeOptions = {},
): ServedChannel {
  const server = new ChannelServer(store, channel, options);
  channel.onMessage((message) => server.receive(message));
  channel.onClose(() => server.end());
  return { epochs: () => [...server.epochs], close: () => channel.close() };
}

type Calls = {
  readonly [Name in WorkerCall]: (...values: CallValues<Name>) => Promise<unknown>;
};

class ChannelServer {
  readonly epochs = new Set<number>();
  readonly #bus: MemoryTransport;
  readonly #channel: Channel;
  readonly #options: ServeOptions;
  readonly #calls: Calls = {
    time: () => this.#bus.time(),
    generation: () => this.#bus.generation(),
    getDocument: (key) => this.#bus.getDocument(key),
    hint: (topic, payload) => this.#bus.hint(topic, payload),
    openSession: (info, nonce) => this.#openSession(info, nonce),
    renewSession: (epoch, status) => this.#bus.renewSession(epoch, status),
    resumeSession: (epoch, info) => this.#bus.resumeSession(epoch, info),
    closeSession: (epoch) => {
      this.epochs.delete(epoch);
      return this.#bus.closeSession(epoch);
    },
    takeTicket: (run, waitMs) => this.#takeTicket(run, waitMs),
    ticketDone: (token) => this.#settleTicket(token, "done"),
    ticketBack: (token) => this.#settleTicket(token, "back"),
    claimSlice: (run, slice, epoch) => this.#bus.claimSlice(run, slice, epoch),
    releaseSlice: (run, slice, epoch) => this.#bus.releaseSlice(run, slice, epoch),
    appendFrame: (id, body, floor) => this.#bus.appendFrame(id, body, floor),
    appendLateFrame: (id, body) => this.#bus.appendLateFrame(id, body),
    acknowledgedSeq: (run, epoch) => this.#bus.acknowledgedSeq(run, epoch),
  };
  readonly #taken = new Map<number, TakenText>();
  #lastToken = 0;
  #waiting = 0;
  #slow = false;

  constructor(store: MemoryStore, channel: Channel, options: ServeOptions) {
    this.#bus = new MemoryTransport(store);
    this.#channel = channel;
    this.#options = options;
    for (const topic of HINT_TOPICS) {
      // A slow reader loses hints, as it may; answers are bounded by its calls.
      this.#bus.onHint(topic, (payload) => {
        if (!this.#slow) this.#post({ type: "hint", topic, payload });
        else this.#slow = false;
      });
    }
  }

  receive(message: unknown): void {
    const call = asCall(message);
    if (call === null || this.#waiting >= MAX_CALLS) {
      this.#channel.close();
      return;
    }
    this.#waiting += 1;
    void this.#answer(call).then((answer) => {
      this.#waiting -= 1;
      this.#post(answer);
    });
  }

  end(): void {
    void this.#bus.close();
  }

  #post(message: ServerMessage): void {
    this.#slow = !this.#channel.post(message);
  }

  async #answer(call: CallMessage): Promise<ServerMessage> {
    try {
      const value = await this.#call(call.name, call.values);
      return { type: "answer", id: call.id, value };
    } catch (error) {
      // Anything but an operating error is a bug of ours and must crash this process.
      if (!(error instanceof OnrushError)) throw error;
      const { code, message, remedy } = error;
      return { type: "error", id: call.id, code, message, remedy };
    }
  }

  /** Checks the values and makes the call; each name has its own types, which the table of calls vouches for. */
  #call(name: WorkerCall, values: readonly unknown[]): Promise<unknown> {
    const parsed = WORKER_CALLS[name].safeParse(values);
    if (!parsed.success) throw wrongCall(name, parsed.error.issues[0]?.message ?? "");
    const call = this.#calls[name] as (...values: readonly unknown[]) => Promise<unknown>;
    return call(...parsed.data);
  }

  async #openSession(info: string, nonce: string): Promise<number> {
    const epoch = await this.#bus.openSession(info, nonce);
    this.epochs.add(epoch);
    this.#options.onSession?.(epoch);
    return epoch;
  }

  async #takeTicket(run: string, waitMs: number): Promise<TicketAnswer | null> {
    const taken = await this.#bus.takeTicket(run, waitMs);
    if (taken === null) return null;
    this.#lastToken += 1;
    this.#taken.set(this.#lastToken, taken);
    const [oldest] = this.#taken.keys();
    if (this.#taken.size > MAX_TAKEN && oldest !== undefined) this.#taken.delete(oldest);
    return { token: this.#lastToken, text: taken.text };
  }

  async #settleTicket(token: number, how: "done" | "back"): Promise<void> {
    const taken = this.#taken.get(token);
    this.#taken.delete(token);
    await taken?.[how]();
  }
}

function asCall(message: unknown): CallMessage | null {
  if (typeof message !== "object" || message === null) return null;
  const { type, id, name, values } = message as Record<string, unknown>;
  if (type !== "call" || !isCall(name)) return null;
  if (!Number.isSafeInteger(id) || typeof id !== "number" || !Array.isArray(values)) return null;
  return { type, id, name, values };
}

function isCall(name: unknown): name is WorkerCall {
  return typeof name === "string" && Object.hasOwn(WORKER_CALLS, name);
}

function wrongCall(name: WorkerCall, what: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_WORKER_FAILED",
    message: `A worker called ${name} wrongly: ${what}.`,
    remedy: "Run coordinator and workers of the same version.",
  });
}
