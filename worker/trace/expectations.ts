/**
 * What is waited for now, and why a message was not it. Told by the recorder what was sent and settled; as an observer it
 * sees each message that came, parts of a frame one by one. Bound: one entry a name of the scenario; of each the latest
 * message sent.
 */
import { type NamedPart, namesOf, rolesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictStep } from "../../shared/scenario/strict-conversation.ts";
import type { Conversation } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import {
  type MakeObserver,
  type MessageObserver,
  Seen,
  type SentMessage,
} from "../observe/observer.ts";
import { NAME } from "../record/recorder.ts";
import type { Tracer } from "./tracer.ts";
import { whyNot } from "./why.ts";

const BEGINS: ReadonlySet<number> = new Set([NAME.expected, NAME.started]);
const ENDS: ReadonlySet<number> = new Set([
  ...[NAME.matched, NAME.timedOut, NAME.rejected, NAME.unanswered, NAME.corruptReplies],
  ...[NAME.completed, NAME.failed],
]);

export class Expectations implements MessageObserver {
  readonly #names: readonly NamedPart[];
  /** What each name waits for; null: nothing that is an expression. */
  readonly #wheres: readonly (string | null)[];
  readonly #waiting: number[];
  readonly #sent: unknown[];
  readonly #tracer: Tracer;

  constructor(scenario: StrictScenario, tracer: Tracer) {
    this.#tracer = tracer;
    this.#names = namesOf(scenario);
    const steps = rolesOf(scenario).map(({ flow }) =>
      [flow?.before, flow?.open, ...(flow?.loops ?? []).map((loop) => loop.steps), flow?.close]
        .flatMap((list) => list ?? [])
        .flatMap(within),
    );
    this.#wheres = this.#names.map((part) => whereOf(part, steps[part.role] ?? []));
    this.#waiting = this.#names.map(() => 0);
    this.#sent = this.#names.map(() => null);
  }

  /** The engine's list of observers has it last. */
  get maker(): MakeObserver {
    return () => this;
  }

  counted(name: number, counter: number): void {
    const waiting = this.#waiting[name] ?? 0;
    if (BEGINS.has(counter)) this.#waiting[name] = waiting + 1;
    else if (ENDS.has(counter)) this.#waiting[name] = Math.max(0, waiting - 1);
  }

  sent(_: Conversation, position: number, message: SentMessage): void {
    this.#sent[position] = copied(message.sentNow());
  }

  observe(_: Conversation, message: ReceivedMessage, isReply: boolean): Seen {
    if (isReply) return Seen.no;
    for (const [name, where] of this.#wheres.entries()) {
      if (where === null || (this.#waiting[name] ?? 0) === 0) continue;
      const judged = { m: message.m, sent: this.#sent[name], facts: message };
      const parts = whyNot(where, judged).map((part) => ({
        ...part,
        values: this.#tracer.clean(part.values),
      }));
      const { name: label = "" } = this.#names[name] ?? {};
      if (parts.every(({ holds }) => holds === true)) continue;
      this.#tracer.doubt({ type: "why", name: label, where, parts });
    }
    return Seen.no;
  }
}

/** A step and those inside it. */
function within(step: StrictStep): StrictStep[] {
  if (step.kind === "repeat") return step.steps.flatMap(within);
  if (step.kind === "choose") return step.branches.flatMap(({ steps }) => steps.flatMap(within));
  return [step];
}

function whereOf({ name, kind, reply }: NamedPart, steps: readonly StrictStep[]): string | null {
  if (kind === "message" || kind === "step") return reply.match === "where" ? reply.where : null;
  if (kind !== "wait") return null;
  for (const step of steps) {
    if ((step.kind === "expect" || step.kind === "expectNot") && step.name === name)
      return step.where;
  }
  return null;
}

/** What is kept of a message, which is only valid during the call. */
function copied(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return null;
  }
}
