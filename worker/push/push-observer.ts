/**
 * `listen`: counts pushed messages by name and scope, times them one way, and has their receivers counted. Listed in
 * observe/registry.ts. Invariant: each message of a name is counted once, whatever else can be read of it; what an expression
 * does not apply to is neither timed nor judged. Bounds: MAX_SCOPES scopes whose members are known, MAX_LISTED a connection.
 */
import {
  type CompiledMatch,
  type CompiledReading,
  compileMatch,
  compileReading,
} from "../../shared/scenario/expression/message-expression.ts";
import { namesOf, positionOf, rolesOf } from "../../shared/scenario/names.ts";
import type { StrictListen } from "../../shared/scenario/strict-conversation.ts";
import { connectionFields, textOf } from "../../shared/scenario/template/render.ts";
import type { Conversation } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import {
  type MakeObserver,
  type MessageObserver,
  type ObserverContext,
  Seen,
} from "../observe/observer.ts";
import { METRIC, NAME } from "../record/recorder.ts";
import { hashOf } from "./hash.ts";
import { type Copy, PushReach } from "./push-reach.ts";
import { ScopeMembers } from "./scope-members.ts";
import { WallClock } from "./wall-clock.ts";

/** Of one connection at a time. */
const MAX_LISTED = 1000;
const NO_PLACE = -1;
/** A scenario that names no scope has one. */
const WHOLE = "all";

interface Listening {
  readonly position: number;
  /** Position of the first of its name in any role: what scopes and reach are counted under. */
  readonly scopesAt: number;
  readonly match: CompiledMatch;
  readonly sentAt: CompiledReading | null;
  readonly scope: CompiledReading | null;
  readonly key: CompiledReading | null;
  readonly members: CompiledReading | null;
  /** Rows of scopes by hash. */
  readonly rows: Map<number, number>;
}

/** What is known of an open connection. */
interface Listener {
  readonly listens: readonly Listening[];
  /** Rows of the scopes it belongs to. */
  readonly scopes: number[];
  /** Of listens whose members are still to be read, the number. */
  toRead: number;
}

export const pushes: MakeObserver = (context) => {
  const { scenario } = context;
  const parts = namesOf(scenario);
  const rows = parts.map(() => new Map<number, number>());
  const byRole = rolesOf(scenario).map(({ listen }, role) =>
    listen.map((one) => {
      const kind = "listen";
      const scopesAt = parts.findIndex((part) => part.kind === kind && part.name === one.name);
      const position = positionOf(scenario, { kind, role, name: one.name });
      // Roles that listen for the same count its scopes together.
      return { ...listening(one), position, scopesAt, rows: rows[scopesAt] ?? new Map() };
    }),
  );
  return byRole.some((listens) => listens.length > 0) ? new PushObserver(context, byRole) : null;
};

function listening(of: StrictListen): Omit<Listening, "position" | "scopesAt" | "rows"> {
  const reading = (source: string | null) => (source === null ? null : compileReading(source));
  return {
    ...{ match: compileMatch(of.where), sentAt: reading(of.sentAt), scope: reading(of.scope) },
    ...{ key: reading(of.key), members: reading(of.members) },
  };
}

class PushObserver implements MessageObserver {
  readonly #context: ObserverContext;
  readonly #byRole: readonly (readonly Listening[])[];
  readonly #clock: WallClock;
  readonly #members: (ScopeMembers | undefined)[] = [];
  readonly #listeners = new Map<number, Listener>();
  readonly #reach: PushReach;
  readonly #copy: Copy = { scope: 0, key: 0, phase: 0, place: 0, nowUs: 0, sentUs: 0 };

  constructor(context: ObserverContext, byRole: readonly (readonly Listening[])[]) {
    this.#context = context;
    this.#byRole = byRole;
    this.#clock = new WallClock(context.clocks);
    this.#reach = new PushReach(context.recorder.pushes, (scope) => this.#membersOf(scope));
  }

  opened(conversation: Conversation, nowUs: number): void {
    const listens = this.#byRole[conversation.role] ?? [];
    const toRead = listens.filter(({ members }) => members !== null).length;
    const listener: Listener = { listens, scopes: [], toRead };
    this.#listeners.set(conversation.slot, listener);
    if (toRead === 0) return;
    const { contextOf, captures } = this.#context;
    const conn = connectionFields(contextOf(conversation), captures.names);
    this.#readMembers(listener, conversation, { text: "", size: 0, conn, nowUs });
  }

  observe(conversation: Conversation, message: ReceivedMessage): Seen {
    const listener = this.#listeners.get(conversation.slot);
    if (listener === undefined) return Seen.no;
    if (listener.toRead > 0) this.#readMembers(listener, conversation, message);
    let seen: Seen = Seen.no;
    for (const one of listener.listens) {
      if (!one.match.test(message.m, null, message)) continue;
      seen = Seen.yes;
      this.#arrived(one, listener, { conversation, message });
    }
    return seen;
  }

  ended({ slot }: Conversation, nowUs: number): void {
    const listener = this.#listeners.get(slot);
    if (listener === undefined) return;
    this.#listeners.delete(slot);
    for (const row of listener.scopes) {
      const members = this.#membersOf(row);
      members.leave(slot, nowUs);
      this.#context.recorder.pushes.members(row, members.size);
    }
    if (this.#listeners.size === 0) this.#reach.endAll();
  }

  get nextDueUs(): number {
    return this.#reach.nextDueUs;
  }

  expire(nowUs: number): void {
    this.#reach.expire(nowUs);
  }

  #arrived(
    one: Listening,
    listener: Listener,
    {
      conversation,
      message,
    }: { readonly conversation: Conversation; readonly message: ReceivedMessage },
  ): void {
    const { recorder } = this.#context;
    recorder.countName(message.phase, one.position, NAME.arrived);
    const sentUs = one.sentAt === null ? Number.NaN : this.#sentUs(one.sentAt, message);
    const isTimed = !Number.isNaN(sentUs);
    if (isTimed) {
      recorder.namedValue(METRIC.push, message.phase, one.position, message.nowUs - sentUs);
    }
    const scope = one.scope === null ? WHOLE : one.scope.read(message.m, null, message);
    const row = this.#rowOf(one, scope);
    if (row < 0) return;
    const { pushes: rows } = recorder;
    rows.received(row);
    if (one.key === null || !rows.isWhole(row) || (one.sentAt !== null && !isTimed)) return;
    const key = scalarOf(one.key.read(message.m, null, message));
    if (key === null) return;
    const copy = this.#copy;
    copy.scope = row;
    copy.key = hashOf(key, rows.scopeOf(row) >>> 0);
    // Of everybody in the scope, whatever acts on the one that got it first.
    copy.phase = message.phase - conversation.shift;
    copy.nowUs = message.nowUs;
    copy.sentUs = sentUs;
    copy.place =
      one.members === null
        ? this.#join(listener, row, { conversation, nowUs: message.nowUs })
        : this.#membersOf(row).placeOf(conversation.slot);
    this.#reach.receive(copy);
  }

  /** Run time at which it says it was sent; NaN when it does not. */
  #sentUs(sentAt: CompiledReading, message: ReceivedMessage): number {
    const value = sentAt.read(message.m, null, message);
    const sentMs =
      typeof value === "number"
        ? value
        : typeof value === "string"
          ? Date.parse(value)
          : Number.NaN;
    if (Number.isNaN(sentMs)) return Number.NaN;
    this.#clock.look();
    return (sentMs - this.#clock.originMs) * 1000;
  }

  /** Members of scopes that could not be read before are read when there is a value. */
  #readMembers(
    listener: Listener,
    conversation: Conversation,
    facts: {
      readonly text: string;
      readonly size: number;
      readonly nowUs: number;
      readonly conn: Readonly<Record<string, unknown>>;
    },
  ): void {
    let toRead = 0;
    for (const one of listener.listens) {
      if (one.members === null) continue;
      const value = one.members.read(null, null, facts);
      const scopes = Array.isArray(value) ? value : [value];
      if (scopes.every((scope) => scope === null || scope === "")) toRead++;
      for (const scope of scopes) {
        const row = this.#rowOf(one, scope);
        if (row >= 0) this.#join(listener, row, { conversation, nowUs: facts.nowUs });
      }
    }
    listener.toRead = toRead;
  }

  /** @returns its place; NO_PLACE where a bound is reached */
  #join(
    listener: Listener,
    row: number,
    { conversation, nowUs }: { readonly conversation: Conversation; readonly nowUs: number },
  ): number {
    const { pushes: rows } = this.#context.recorder;
    const { slot } = conversation;
    const members = this.#membersOf(row);
    const known = members.placeOf(slot);
    if (known >= 0) return known;
    if (listener.scopes.length >= MAX_LISTED || !rows.isWhole(row)) return NO_PLACE;
    listener.scopes.push(row);
    const place = members.join(slot, conversation, nowUs);
    rows.members(row, members.size);
    return place;
  }

  #membersOf(row: number): ScopeMembers {
    const known = this.#members[row];
    if (known !== undefined) return known;
    const made = new ScopeMembers();
    this.#members[row] = made;
    return made;
  }

  /** -1: the message has no scope. */
  #rowOf(one: Listening, value: unknown): number {
    const scope = scalarOf(value);
    if (scope === null) return -1;
    const hash = hashOf(scope, one.scopesAt);
    const known = one.rows.get(hash);
    if (known !== undefined) return known;
    const row = this.#context.recorder.pushes.addScope(one.scopesAt, hash, textOf(scope));
    if (this.#context.recorder.pushes.isWhole(row)) one.rows.set(hash, row);
    return row;
  }
}

/** null for nothing; lists and maps are their text. */
function scalarOf(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  return typeof value === "object" ? textOf(value) : (value as string | number | boolean);
}
