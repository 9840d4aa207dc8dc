/**
 * Serves a memory store to worker processes over channels: the coordinator's half of the ipc transport.
 * Called by coordinator/local. Each channel gets its own side of the store, which ends with the channel.
 * Invariant: a call is checked before it touches the store, and gets exactly one answer.
 */
import { OnrushError } from "../../errors.ts";
import { HINT_TOPICS } from "../../wire/command.ts";
import type { TakenTicket } from "../bus.ts";
import type { MemoryStore } from "../memory/store.ts";
import { MemoryBus } from "../memory-bus.ts";
import { CallValues, MAX_WAIT_MS } from "./call-values.ts";
import type { Channel } from "./channel.ts";
import {
  type CallMessage,
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

class ChannelServer {
  readonly epochs = new Set<number>();
  readonly #bus: MemoryBus;
  readonly #channel: Channel;
  readonly #options: ServeOptions;
  readonly #taken = new Map<number, TakenTicket>();
  #lastToken = 0;
  #calls = 0;
  #slow = false;

  constructor(store: MemoryStore, channel: Channel, options: ServeOptions) {
    this.#bus = new MemoryBus(store);
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
    if (call === null || this.#calls >= MAX_CALLS) {
      this.#channel.close();
      return;
    }
    this.#calls += 1;
    void this.#answer(call).then((answer) => {
      this.#calls -= 1;
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
      const value = await this.#call(call.name, new CallValues(call.name, call.values));
      return { type: "answer", id: call.id, value };
    } catch (error) {
      // Anything but an operating error is a bug of ours and must crash this process.
      if (!(error instanceof OnrushError)) throw error;
      const { code, message, remedy } = error;
      return { type: "error", id: call.id, code, message, remedy };
    }
  }

  async #call(name: WorkerCall, values: CallValues): Promise<unknown> {
    const bus = this.#bus;
    switch (name) {
      case "time":
        return bus.time();
      case "generation":
        return bus.generation();
      case "getDocument":
        return bus.getDocument(values.text(0));
      case "hint":
        return bus.hint(values.topic(0), values.text(1));
      case "openSession":
        return this.#openSession(values);
      case "renewSession":
        return bus.renewSession(values.epoch(0), values.workerStatus(1));
      case "resumeSession":
        return bus.resumeSession(values.epoch(0), values.workerInfo(1));
      case "closeSession":
        this.epochs.delete(values.epoch(0));
        return bus.closeSession(values.epoch(0));
      case "takeTicket":
        return this.#takeTicket(values.text(0), values.count(1, MAX_WAIT_MS));
      case "ticketDone":
        return this.#settleTicket(values.count(0), "done");
      case "ticketBack":
        return this.#settleTicket(values.count(0), "back");
      case "claimLane":
        return bus.claimLane(values.text(0), values.lane(1), values.epoch(2));
      case "releaseLane":
        return bus.releaseLane(values.text(0), values.lane(1), values.epoch(2));
      case "appendFrame":
        return bus.appendFrame(values.frameId(0), values.bytes(1), values.count(2));
      case "appendLateFrame":
        return bus.appendLateFrame(values.frameId(0), values.bytes(1));
      case "acknowledgedSeq":
        return bus.acknowledgedSeq(values.text(0), values.epoch(1));
    }
  }

  async #openSession(values: CallValues): Promise<number> {
    const epoch = await this.#bus.openSession(values.workerInfo(0), values.text(1));
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
    return { token: this.#lastToken, ticket: taken.ticket };
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
  const known = WORKER_CALLS.find((call) => call === name);
  if (type !== "call" || known === undefined) return null;
  if (!Number.isSafeInteger(id) || typeof id !== "number" || !Array.isArray(values)) return null;
  return { type, id, name: known, values };
}
