/** A real flow on a real correlator, with one connection of the test's own: what comes, and when, is what the test says. */

import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictFlow } from "../../shared/scenario/strict-conversation.ts";
import { NAME_COUNTERS, type NameCounter } from "../../shared/stats/counters.ts";
import type { EngineHealth } from "../../shared/wire/frame/frame.ts";
import { flows } from "../../worker/flow/flow-runner.ts";
import { Correlator } from "../../worker/message/correlator.ts";
import { Recorder } from "../../worker/record/recorder.ts";
import type { DriverSocket } from "../../worker/socket/driver.ts";
import { TestConversation } from "./correlation.ts";
import { scenario } from "./scenario.ts";

const SOCKET: DriverSocket = {
  send: () => true,
  ping() {},
  bufferedBytes: () => 0,
  unsentBytes: () => 0,
  close() {},
  abort() {},
};

/** Slots beside it are used by nobody; it is none of the first, so that rows are told apart. */
const SLOT = 3;

class Actor extends TestConversation {
  readonly log: string[];
  readonly #stage: () => { readonly correlator: Correlator; readonly nowUs: number };

  constructor(log: string[], stage: () => { correlator: Correlator; nowUs: number }) {
    super(SLOT, 0, () => stage().correlator);
    this.log = log;
    this.#stage = stage;
  }

  override onSettled(name?: number, isAnswered?: boolean): void {
    this.#stage().correlator.observers.settled(this, name ?? 0, isAnswered ?? false);
  }

  override leave(): void {
    this.log.push(`${this.#stage().nowUs} left`);
  }
}

export class FlowStage {
  /** What was sent, and that it left: the time and the name. */
  readonly log: string[] = [];
  nowUs = 0;
  readonly correlator: Correlator;
  readonly #actor: Actor;
  readonly #recorder: Recorder;
  readonly #names: readonly string[];

  constructor(flow: StrictFlow) {
    const played = scenario("ws://127.0.0.1:1/", { flow, messages: null });
    this.#names = namesOf(played).map(({ name }) => name);
    this.#recorder = new Recorder({ phases: 1, names: this.#names.length, shards: 1 });
    this.#recorder.begin(0);
    this.correlator = new Correlator(played, this.#recorder, {
      ...{ run: "r1", framed: false, standstill: { graceUs: 0 }, observers: [flows] },
      sendNow: (_, position) => this.#send(position),
    });
    this.#actor = new Actor(this.log, () => this);
  }

  get isOpening(): boolean {
    return this.#actor.isOpening;
  }

  open(): void {
    this.#meet(this.nowUs);
    this.correlator.observers.opened(this.#actor, this.nowUs);
  }

  /** A turn of the engine. */
  turn(nowUs: number): void {
    this.#meet(nowUs);
    this.correlator.expire(nowUs, () => this.#actor);
  }

  receive(nowUs: number, message: object): void {
    this.#meet(nowUs);
    const bytes = Buffer.from(JSON.stringify(message));
    this.correlator.incoming.take(bytes, 0, bytes.length, false);
    this.correlator.receive(this.#actor);
  }

  end(): void {
    this.#meet(this.nowUs);
    this.correlator.settleAll(this.#actor, true);
  }

  /** By name. */
  counts(...counters: readonly NameCounter[]): Record<string, number[]> {
    const { names } = this.#recorder.cut(0, {} as EngineHealth, true);
    return Object.fromEntries(
      this.#names.map((name, at) => {
        const row = names.find((one) => one.name === at)?.counters ?? [];
        return [name, counters.map((counter) => row[NAME_COUNTERS.indexOf(counter)] ?? 0)];
      }),
    );
  }

  #send(position: number): boolean {
    const { outgoing } = this.correlator;
    outgoing.name = position;
    outgoing.phase = 0;
    outgoing.intendedUs = this.nowUs;
    outgoing.nowUs = this.nowUs;
    this.log.push(`${this.nowUs} ${this.#names[position]}`);
    this.correlator.send(this.#actor, SOCKET);
    return true;
  }

  #meet(nowUs: number): void {
    this.nowUs = nowUs;
    this.correlator.incoming.nowUs = nowUs;
    this.correlator.incoming.phase = 0;
  }
}
