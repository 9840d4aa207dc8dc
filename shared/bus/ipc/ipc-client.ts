/**
 * The worker's half of the ipc transport: every call is a message to the coordinator process, which
 * holds the store. Called by worker/control/open-bus.ts.
 * Invariant: each call settles: by its answer, or with ONRUSH_BUS_CLOSED when the channel goes.
 */
import { OnrushError } from "../../errors.ts";
import type { HintTopic } from "../../wire/command.ts";
import type { FrameId } from "../../wire/frame/frame.ts";
import type { AppendResult } from "../bus.ts";
import { busClosed } from "../bus-closed.ts";
import type { StoredText, TakenText, WorkerTransport } from "../transport.ts";
import type { Channel } from "./channel.ts";
import type { CallMessage, ServerMessage, TicketAnswer, WorkerCall } from "./protocol.ts";

/** Calls that may wait for an answer at once; a paused coordinator must not fill this process. */
const MAX_PENDING = 256;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: OnrushError) => void;
}

export class IpcClient implements WorkerTransport {
  readonly kind = "ipc";
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<HintTopic, Set<(payload: string) => void>>();
  #lastId = 0;
  #closed = false;

  constructor(channel: Channel) {
    this.#channel = channel;
    // The other end of the channel is our own coordinator: its messages have the shape of ServerMessage.
    channel.onMessage((message) => this.#receive(message as ServerMessage));
    channel.onClose(() => this.#end());
  }

  time(): Promise<number> {
    return this.#call("time");
  }

  generation(): Promise<string> {
    return this.#call("generation");
  }

  getDocument(key: string): Promise<StoredText | null> {
    return this.#call("getDocument", key);
  }

  onHint(topic: HintTopic, listener: (payload: string) => void): () => void {
    if (this.#closed) throw busClosed();
    let listeners = this.#listeners.get(topic);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(topic, listeners);
    }
    // Its own function per subscription, so that one listener may subscribe twice.
    const subscribed = (payload: string) => listener(payload);
    listeners.add(subscribed);
    return () => void listeners.delete(subscribed);
  }

  hint(topic: HintTopic, payload: string): Promise<void> {
    return this.#call("hint", topic, payload);
  }

  openSession(info: string, nonce: string): Promise<number> {
    return this.#call("openSession", info, nonce);
  }

  renewSession(epoch: number, status: string): Promise<"ok" | "gone" | "unknown"> {
    return this.#call("renewSession", epoch, status);
  }

  resumeSession(epoch: number, info: string, nonce: string): Promise<"ok" | "gone"> {
    return this.#call("resumeSession", epoch, info, nonce);
  }

  closeSession(epoch: number): Promise<void> {
    return this.#call("closeSession", epoch);
  }

  async takeTicket(run: string, waitMs: number): Promise<TakenText | null> {
    const answer = await this.#call<TicketAnswer | null>("takeTicket", run, waitMs);
    if (answer === null) return null;
    const { text, token } = answer;
    return {
      text,
      done: () => this.#call("ticketDone", token),
      back: () => this.#call("ticketBack", token),
    };
  }

  claimSlice(run: string, slice: number, epoch: number): Promise<"held" | "taken"> {
    return this.#call("claimSlice", run, slice, epoch);
  }

  releaseSlice(run: string, slice: number, epoch: number): Promise<void> {
    return this.#call("releaseSlice", run, slice, epoch);
  }

  appendFrame(id: FrameId, body: Uint8Array, floor: number): Promise<AppendResult> {
    return this.#call("appendFrame", id, body, floor);
  }

  appendLateFrame(id: FrameId, body: Uint8Array): Promise<"ok" | "full"> {
    return this.#call("appendLateFrame", id, body);
  }

  acknowledgedSeq(run: string, epoch: number): Promise<number> {
    return this.#call("acknowledgedSeq", run, epoch);
  }

  async close(): Promise<void> {
    this.#end();
    this.#channel.close();
  }

  /** @returns what the server answers; its type is the server's promise for that call. */
  #call<T>(name: WorkerCall, ...values: readonly unknown[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) throw busClosed();
      if (this.#pending.size >= MAX_PENDING) throw tooManyCalls();
      this.#lastId += 1;
      const call: CallMessage = { type: "call", id: this.#lastId, name, values };
      this.#channel.post(call);
      this.#pending.set(call.id, { resolve: (value) => resolve(value as T), reject });
    });
  }

  #receive(message: ServerMessage): void {
    if (this.#closed) return;
    if (message.type === "hint") {
      for (const listener of [...(this.#listeners.get(message.topic) ?? [])]) {
        listener(message.payload);
      }
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === "answer") pending?.resolve(message.value);
    else pending?.reject(new OnrushError(message));
  }

  #end(): void {
    this.#closed = true;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#listeners.clear();
    for (const { reject } of pending) reject(busClosed());
  }
}

function tooManyCalls(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_BUS_UNREACHABLE",
    message: `${MAX_PENDING} calls wait for the coordinator's answer already.`,
    remedy: "See whether the coordinator process is stopped or overloaded.",
  });
}
