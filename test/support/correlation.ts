/** A real correlator and recorder with conversations of the test's own: sends, replies and time are what the test says. */
import { NO_AUDIT } from "../../shared/scenario/defaults.ts";
import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictMessage, StrictScenario } from "../../shared/scenario/strict.ts";
import {
  NAME_COUNTERS,
  type NameCounter,
  PHASE_COUNTERS,
  type PhaseCounter,
} from "../../shared/stats/counters.ts";
import { MergedHistogram } from "../../shared/stats/histogram.ts";
import type { EngineHealth, Frame } from "../../shared/wire/frame/frame.ts";
import type {
  Conversation,
  FailedMessage,
  MessageFailure,
} from "../../worker/message/conversation.ts";
import { Correlator } from "../../worker/message/correlator.ts";
import { NONE } from "../../worker/message/pending-table.ts";
import type { MakeObserver } from "../../worker/observe/observer.ts";
import { METRIC, Recorder } from "../../worker/record/recorder.ts";
import type { DriverSocket } from "../../worker/socket/driver.ts";
import { messages, scenario } from "./scenario.ts";

export const NO_HEALTH: EngineHealth = {
  utilisation: 0,
  processCpu: 0,
  rssBytes: 0,
  heapUsedBytes: 0,
  heapLimitBytes: 0,
  sockets: 0,
  openFiles: 0,
  ports: 0,
  bufferedBytes: 0,
  gcCount: 0,
  loopLagMaxUs: 0,
  throttled: 0,
  processorWait: 0,
};

/** What a failure said when it was told. */
export interface Told {
  readonly kind: MessageFailure;
  readonly name: number;
  readonly phase: number;
  readonly detail: string;
  readonly label: string;
}

export class TestConversation implements Conversation {
  readonly slot: number;
  readonly index: number;
  readonly target: number;
  readonly role: number = 0;
  isOpening = false;
  shift = 0;
  readonly hasRoom = true;
  incarnation = 1;
  readonly attempt = 0;
  seq = 0;
  answered = -1;
  pendingHead = NONE;
  pendingTail = NONE;
  pendingCount = 0;
  expiredCount = 0;
  backlog = null;
  awaited = 0;
  captured: readonly unknown[] = [];
  readonly told: Told[] = [];
  readonly #correlator: () => Correlator;

  constructor(slot: number, target: number, correlator: () => Correlator) {
    this.slot = slot;
    this.index = slot;
    this.target = target;
    this.#correlator = correlator;
  }

  onSettled(): void {}

  onStepsDone(): void {}

  leave(): void {}

  ping(): void {}

  onMessageFailure({ kind, name, phase, sentUs, label, detail: own }: FailedMessage): void {
    const detail = own || this.#correlator().unmatched.describe(this, sentUs);
    this.told.push({ kind, name, phase, detail, label });
  }
}

export class Correlation {
  readonly conversations: readonly TestConversation[];
  nowUs = 0;
  /** Phase of whatever happens now. */
  phase = 0;
  readonly #recorder: Recorder;
  readonly #correlator: Correlator;
  readonly #socket: DriverSocket;
  #sent = Buffer.alloc(0);

  constructor(
    mix: readonly StrictMessage[],
    options: {
      conversations?: number;
      targets?: number;
      audit?: boolean;
      observers?: readonly MakeObserver[];
      captures?: StrictScenario["captures"];
    } = {},
  ) {
    const { conversations = 1, targets = 1, audit = true, captures = [] } = options;
    const played = scenario("ws://127.0.0.1:1/", {
      captures,
      messages: messages({ mix }),
      integrity: { ...NO_AUDIT, stamp: audit },
    });
    this.#recorder = new Recorder({ phases: 3, names: namesOf(played).length, shards: 1, targets });
    this.#recorder.begin(0);
    const made = new Correlator(played, this.#recorder, {
      ...{ run: "r1", framed: false },
      standstill: { graceUs: 0 },
      ...(options.observers && { observers: options.observers }),
    });
    this.#correlator = made;
    this.conversations = Array.from(
      { length: conversations },
      (_, slot) => new TestConversation(slot, slot % targets, () => made),
    );
    this.#socket = {
      send: (bytes) => {
        this.#sent = Buffer.from(bytes);
        return true;
      },
      ping() {},
      bufferedBytes: () => 0,
      unsentBytes: () => 0,
      close() {},
      abort() {},
    };
  }

  conversation(slot: number): TestConversation {
    const found = this.conversations[slot];
    if (!found) throw new Error(`no conversation ${slot}`);
    return found;
  }

  /** Times out what is due until then, as an engine does before anything else of a turn. */
  at(nowUs: number): void {
    this.nowUs = nowUs;
    this.#meet();
    this.#correlator.expire(nowUs, (slot) => this.conversation(slot));
  }

  /** Sends a message of the mix now. @returns its payload */
  send(slot = 0, name = 0): Buffer {
    const { outgoing } = this.#correlator;
    outgoing.name = name;
    outgoing.phase = this.phase;
    outgoing.intendedUs = this.nowUs;
    outgoing.nowUs = this.nowUs;
    this.#correlator.send(this.conversation(slot), this.#socket);
    return this.#sent;
  }

  receive(payload: Buffer | string, slot = 0): void {
    this.#meet();
    const bytes = Buffer.from(payload as Buffer);
    this.#correlator.incoming.take(bytes, 0, bytes.length, typeof payload !== "string");
    this.#correlator.receive(this.conversation(slot));
  }

  /** The connection ends; the conversation goes on as the next one of its index. */
  end(slot = 0, cutByUs = false): void {
    this.#meet();
    const conversation = this.conversation(slot);
    this.#correlator.settleAll(conversation, cutByUs);
    conversation.incarnation++;
    conversation.seq = 0;
    conversation.answered = -1;
  }

  cut(): Correlated {
    return new Correlated(this.#recorder.cut(0, NO_HEALTH, false));
  }

  #meet(): void {
    const { incoming } = this.#correlator;
    incoming.nowUs = this.nowUs;
    incoming.phase = this.phase;
  }
}

/** What was recorded. */
export class Correlated {
  readonly frame: Frame;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  count(counter: PhaseCounter, phase: number | null = null): number {
    const rows = this.frame.phases.filter((row) => phase === null || row.phase === phase);
    return rows.reduce((sum, row) => sum + (row.counters[PHASE_COUNTERS.indexOf(counter)] ?? 0), 0);
  }

  named(counter: NameCounter, name: number): number {
    const rows = this.frame.names.filter((row) => row.name === name);
    return rows.reduce((sum, row) => sum + (row.counters[NAME_COUNTERS.indexOf(counter)] ?? 0), 0);
  }

  /** Counters that are not 0. */
  get counts(): Partial<Record<PhaseCounter, number>> {
    const all = PHASE_COUNTERS.map((counter) => [counter, this.count(counter)] as const);
    return Object.fromEntries(all.filter(([, count]) => count > 0));
  }

  /** Service times recorded, from the shortest to the longest. */
  get service(): MergedHistogram {
    const merged = new MergedHistogram();
    for (const { metric, bytes } of this.frame.histograms) {
      if (metric === METRIC.service) merged.add(bytes);
    }
    return merged;
  }
}
