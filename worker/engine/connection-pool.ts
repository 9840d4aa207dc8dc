/**
 * The connections an engine has, by slot: makes them when the agenda says so, and fires their timers. The host that they
 * see. Invariant: a slot belongs to at most one connection that is not over, and `live` counts exactly those.
 */
import { assert } from "../../shared/assert.ts";
import type { Population } from "../../shared/load/arrivals.ts";
import type { Profile } from "../../shared/load/profile.ts";
import { portCount } from "../../shared/local-ports.ts";
import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import { moveClose } from "../connection/close-time.ts";
import { Connection } from "../connection/connection.ts";
import type {
  ConnectionHost,
  HostedConnection,
  RoleSettings,
  Scheduled,
} from "../connection/connection-host.ts";
import { TIMER_KINDS, TimerKind } from "../connection/connection-host.ts";
import { ConnectionTimes, FIRST_SLOTS, Time } from "../connection/connection-times.ts";
import { sendNamed, sendNow, skipNotOpen } from "../connection/pacing.ts";
import type { Faults } from "../faults/faults.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { Logins } from "../login/login.ts";
import type { Conversation } from "../message/conversation.ts";
import { Correlator } from "../message/correlator.ts";
import { OBSERVERS } from "../observe/registry.ts";
import { Routes } from "../reach/routes.ts";
import type { Recorder } from "../record/recorder.ts";
import type { DriverSocket } from "../socket/driver.ts";
import type { Agenda } from "./agenda.ts";
import { Choices } from "./choices.ts";
import { ControlSamples } from "./control-samples.ts";
import {
  type EngineClock,
  type EngineContext,
  readyPayloads,
  recorderOf,
} from "./engine-context.ts";
import { faultsOf } from "./faults-of.ts";
import { hooksOf } from "./hooks-of.ts";
import { Leaving } from "./leaving.ts";
import { loginsOf } from "./log-in.ts";
import { RoleSchedules, roleSettings } from "./role-settings.ts";
import { SliceCounts } from "./slice-counts.ts";
import { Slots } from "./slots.ts";
import { driverOf, SocketOpener } from "./socket-opener.ts";
import { FetchAhead } from "./turn/fetch-ahead.ts";
import { Standstill } from "./turn/standstill.ts";
import { type TimerOwner, TimingWheel } from "./turn/timing-wheel.ts";

/** A message this far behind its intended time is counted as skipped, not sent. */
const MAX_BEHIND_US = 1_000_000;
const NEXT_TURN_US = 1000;

export class ConnectionPool implements ConnectionHost, TimerOwner {
  readonly recorder: Recorder;
  readonly correlator: Correlator;
  readonly hooks: Hooks<HostedConnection> | null;
  faults: Faults<HostedConnection> | null = null;
  readonly settings: readonly RoleSettings[];
  readonly times = new ConnectionTimes();
  lastNowUs = 0;
  readonly #context: EngineContext;
  #profile: Profile;
  readonly #clock: EngineClock;
  readonly #opener: SocketOpener;
  readonly #schedules: RoleSchedules;
  readonly #choices: Choices;
  readonly #logins: Logins<HostedConnection>;
  readonly routes: Routes;
  readonly #slots = new Slots<Connection>();
  readonly #connections = this.#slots.all;
  readonly #ahead = new FetchAhead(this.#connections, this.times);
  readonly #wheel = new TimingWheel(FIRST_SLOTS * TIMER_KINDS, this.#ahead);
  /** Slot of the live connection of an index; only filled when messages are paced in total. */
  readonly #slotOfIndex = new Map<number, number>();
  #live = 0;
  readonly #sliceCounts = new SliceCounts();
  readonly leaving = new Leaving(this.#connections, this.#sliceCounts);
  readonly controls = new ControlSamples(this.#connections, this);
  readonly #standstill: Standstill;
  #forgetBeforeUs = Number.NEGATIVE_INFINITY;

  constructor(context: EngineContext, population: Population, clock: EngineClock) {
    const { scenario, run, shards, connections } = context.plan;
    const { localAddresses } = scenario.connect;
    this.#context = context;
    this.#profile = population.profile;
    this.#clock = clock;
    this.recorder = recorderOf(context);
    this.#standstill = new Standstill(context.afterReading);
    const driver = driverOf(scenario, context.driver);
    const framed = driver.framing === "frame";
    const made = readyPayloads(context);
    this.correlator = new Correlator(scenario, this.recorder, {
      ...{ run, shards, framed, standstill: this.#standstill, made, clocks: clock },
      observers: [...OBSERVERS, ...(context.observers ?? [])],
      sendNow: (conversation, position) => this.#sendNow(conversation, position),
      phaseAt: (runUs) => this.#profile.phaseAt(runUs),
    });
    this.settings = roleSettings(scenario);
    this.hooks = hooksOf(context, this, {
      payloads: made,
      isLive: (one) => (this.#connections[one.slot] as Conversation | null) === one,
      openNow: (connection) => this.#openNow(connection),
    });
    this.#choices = new Choices(scenario);
    this.#schedules = new RoleSchedules(scenario, this.#profile);
    this.routes = new Routes(context.targets, { connections, localAddresses, ports: portCount() });
    this.#opener = new SocketOpener(context, driver, this.routes, this);
    this.followFaults(scenario.faults, population);
    this.#logins = loginsOf(context, this, this.#opener);
  }

  get live(): number {
    return this.#live;
  }

  /** Opens the agenda's next session. */
  open(agenda: Agenda, shard: number): void {
    const slot = this.#takeSlot();
    const { nextIndex: index, nextSession: session, nextUs: openUs, nextSlice: slice } = agenda;
    const target = this.#choices.targetFor(index);
    const role = this.#choices.roleFor(index);
    const attempt = this.#opener.attempts.first(index, session);
    const identity = { slot, index, shard, slice, target, role, session, attempt };
    const connection = new Connection(this, identity);
    this.#connections[slot] = connection;
    this.#live++;
    this.#sliceCounts.opened(slice);
    const { times } = this;
    times.first(slot, agenda.nextCloseUs);
    const firstUs = this.#schedules.firstSlot(connection, session, openUs);
    times.set(slot, Time.nextSend, firstUs);
    if (firstUs < agenda.nextCloseUs) this.schedule(slot, TimerKind.send, firstUs);
    if (this.#schedules.isTotal(role)) this.#slotOfIndex.set(index, slot);
    connection.connect(openUs);
  }

  /** The plan has changed: whoever is open closes when it says now. */
  follow(population: Population): void {
    this.#profile = population.profile;
    this.#schedules.follow(this.#profile);
    this.faults?.follow(population);
    for (const connection of this.#connections) {
      if (connection) moveClose(connection, this, population);
    }
  }

  /** The faults are others than before. @param faults none: those of the plan */
  followFaults(faults: readonly StrictFault[], population: Population): void {
    if (this.faults !== null && faults.length > 0) this.faults.change(faults, population);
    const of = { faults, population, live: this.#connections, opener: this.#opener };
    this.faults ??= faultsOf(this.#context, this, of);
  }

  /** @param lagUs how late this turn comes; after a standstill, time-outs wait until what came meanwhile was read */
  advance(nowUs: number, lagUs: number): void {
    this.lastNowUs = nowUs;
    const { incoming } = this.correlator;
    incoming.nowUs = nowUs;
    incoming.phase = this.phaseAt(nowUs);
    this.recorder.touch(nowUs);
    this.recorder.uptime.turn(nowUs, incoming.phase);
    this.#standstill.turn(lagUs);
    if (this.#standstill.graceUs === 0) this.correlator.expire(nowUs, this.#ownerOf);
    this.faults?.turn(nowUs);
    this.#wheel.advance(nowUs, this);
    this.hooks?.turn(nowUs);
  }

  /** When a timer or a time-out is due next, untilUs at most. */
  nextDueUs(untilUs: number): number {
    const { nextUs = untilUs } = this.faults ?? {};
    return this.#wheel.nextDueUs(Math.min(untilUs, nextUs, this.correlator.nextDeadlineUs));
  }

  onTimer(id: number): void {
    const slot = Math.floor(id / TIMER_KINDS);
    const connection = this.#connections[slot];
    assert(connection, "pool: timer of a connection that is over");
    const kind = (id - slot * TIMER_KINDS) as TimerKind;
    if (kind === TimerKind.send) connection.onSendDue(this.lastNowUs);
    else if (this.#standstill.graceUs > 0) this.schedule(slot, kind, this.lastNowUs + NEXT_TURN_US);
    else if (kind === TimerKind.life) connection.onLifeDue(this.lastNowUs);
    else connection.onPingDue(this.lastNowUs);
  }

  /** Sends slot `slot` of the total rate from the connection with this index, when it is ours; now is lastNowUs. */
  sendTotal(index: number, slot: number, intendedUs: number): void {
    const at = this.#slotOfIndex.get(index);
    const connection = at === undefined ? null : this.#connections[at];
    if (connection)
      sendNamed(connection, this, { name: this.nameFor(connection, slot), intendedUs });
    else skipNotOpen(this.recorder, this.phaseAt(intendedUs), this.#choices.roleFor(index));
  }

  close(): void {
    this.hooks?.close();
    this.faults?.close();
  }

  forgetBefore(nowUs: number): void {
    this.#forgetBeforeUs = nowUs;
  }

  nowUs(): number {
    this.lastNowUs = this.#clock.nowUs();
    return this.lastNowUs;
  }

  behindUs(nowUs: number): number {
    return Math.max(this.#forgetBeforeUs, nowUs - MAX_BEHIND_US);
  }

  phaseAt(runUs: number): number {
    return this.#profile.phaseAt(runUs);
  }

  isSecure(target: number): boolean {
    return this.#context.targets[target]?.endpoint.secure ?? false;
  }

  messageName(name: number): string {
    return namesOf(this.#context.plan.scenario)[name]?.name ?? "";
  }

  nameFor({ role, index }: Pick<Scheduled, "index" | "role">, counter: number): number {
    return this.#choices.messageFor(role, index, counter);
  }

  nextSlotUs(connection: Scheduled, fromUs: number): number {
    return this.#schedules.nextSlot(connection, fromUs);
  }

  firstPing(index: number): number {
    return this.#choices.jitter(index, 0);
  }

  jitter(index: number, incarnation: number): number {
    return this.#choices.jitter(index, incarnation + 1);
  }

  agreed(connection: HostedConnection, protocol: string, extensions: string): void {
    this.#opener.agreed(connection, this.recorder, { protocol, extensions });
  }

  openSocket(connection: HostedConnection, tries: number): DriverSocket {
    if (tries > 0) return this.#opener.open(connection, tries);
    return this.hooks?.before(connection) ?? this.#openNow(connection);
  }

  /** Nothing but HTTP steps is ahead of it any more. */
  #openNow(connection: HostedConnection): DriverSocket {
    return this.#logins.begin(connection, connection.role) ?? this.#opener.open(connection, 0);
  }

  schedule(slot: number, kind: TimerKind, dueUs: number): void {
    this.#wheel.schedule(slot * TIMER_KINDS + kind, dueUs);
  }

  cancel(slot: number, kind: TimerKind): void {
    this.#wheel.cancel(slot * TIMER_KINDS + kind);
  }

  release(connection: HostedConnection): void {
    const { slot, index } = connection;
    assert(this.#connections[slot] === connection, "pool: released twice");
    for (let kind = 0; kind < TIMER_KINDS; kind++) this.#wheel.cancel(slot * TIMER_KINDS + kind);
    if (this.#slotOfIndex.get(index) === slot) this.#slotOfIndex.delete(index);
    this.faults?.released(connection);
    this.#slots.giveBack(slot);
    this.#live--;
    this.#sliceCounts.released(connection.slice);
  }

  readonly #ownerOf = (slot: number): Connection => {
    const connection = this.#connections[slot];
    assert(connection, "pool: unanswered message of a connection that is over");
    return connection;
  };

  /** Off the schedule: what an observer answers, or a step sends. */
  #sendNow({ slot }: Conversation, position: number): boolean {
    const connection = this.#connections[slot];
    return connection ? sendNow(connection, this, position) : false;
  }

  #takeSlot(): number {
    const slot = this.#slots.take();
    if (slot >= this.times.capacity) {
      this.times.grow();
      this.correlator.activity.grow(this.times.capacity);
      this.#wheel.grow(this.times.capacity * TIMER_KINDS);
    }
    return slot;
  }
}
