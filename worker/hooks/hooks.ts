/**
 * The hooks of one engine: calls the functions of the user's module, in their thread, and does what they say. Made by the
 * connection pool; called by connections and pacing. Invariants: every call is counted once, as completed or
 * failed, when it ends; one that fails is the scenario's failure, never the target's; what is sent was made ahead. Bounds are
 * those of hook-calls.ts: what is beyond them is not called, and is a failure.
 */
import { HOOK_FUNCTIONS, type HookFunction } from "../../shared/scenario/hook-functions.ts";
import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { type Conversation, FailedMessage, type Incoming } from "../message/conversation.ts";
import { METRIC, NAME } from "../record/recorder.ts";
import type { DriverSocket } from "../socket/driver.ts";
import { BeforeCall } from "./before-call.ts";
import { type Call, HookCalls } from "./hook-calls.ts";
import type { HookListener, HookThread } from "./hook-thread.ts";
import type { AttemptingConnection, HooksHost } from "./hooks-host.ts";
import { type HookAnswer, MAX_PAYLOAD_BYTES, type Scalar } from "./protocol.ts";
import type { ReadyPayloads } from "./ready-payloads.ts";

const PAYLOAD = HOOK_FUNCTIONS.indexOf("payload");
const GONE = "their thread has ended";

/** Beyond the limit of a call: after so long an attempt no longer waits for before(). */
const GRACE_US = 2_000_000;

export class Hooks<Connection extends AttemptingConnection = AttemptingConnection>
  implements HookListener
{
  readonly #thread: HookThread;
  readonly #host: HooksHost<Connection>;
  /** null: the module has no payload(), or there is nothing to send. */
  readonly #payloads: ReadyPayloads | null;
  /** By position among all names: the role and name of a message of the mix; null for what is none. */
  readonly #messages: readonly ({ readonly role: number; readonly name: string } | null)[];
  /** Position of the first function among all names. */
  readonly #first: number;
  /** By name: position among the captures, and whether it is a secret. */
  readonly #sets: ReadonlyMap<string, { readonly at: number; readonly secret: boolean }>;
  readonly #calls: HookCalls;
  readonly #hears: boolean;
  readonly #timeoutUs: number;
  readonly #failed = new FailedMessage();
  /** Why there is no thread any more; null: there is. */
  #gone: string | null = null;

  constructor(
    scenario: StrictScenario,
    thread: HookThread,
    {
      host,
      payloads,
    }: { readonly host: HooksHost<Connection>; readonly payloads: ReadyPayloads | null },
  ) {
    const names = namesOf(scenario);
    const { timeoutUs = 0, set = [] } = scenario.hooks ?? {};
    this.#thread = thread;
    this.#timeoutUs = timeoutUs;
    this.#host = host;
    this.#payloads = payloads;
    this.#messages = names.map(({ kind, role, name }) =>
      kind === "message" ? { role, name } : null,
    );
    this.#first = names.findIndex(({ kind }) => kind === "hook");
    const at = (name: string) => host.captures.names.indexOf(name);
    this.#sets = new Map(set.map(({ name, secret }) => [name, { at: at(name), secret }]));
    this.#calls = new HookCalls(timeoutUs, (id, { hook, conn, name, message }) => {
      thread.post({ id, hook, conn, name: this.#messages[name]?.name ?? null, message });
    });
    this.#hears = thread.functions.has("onMessage");
    thread.listen(this);
  }

  /** Some call has not ended. */
  get busy(): boolean {
    return this.#calls.busy;
  }

  /** An attempt to connect is to begin. @returns what stands for its socket meanwhile; null: it goes on */
  before(connection: Connection): DriverSocket | null {
    if (!this.#has("before")) return null;
    const waiting = new BeforeCall(connection, this.#host);
    this.#host.expireAt(connection, this.#host.nowUs() + this.#timeoutUs + GRACE_US);
    if (!this.#call("before", connection, { waiting })) {
      process.nextTick(() => waiting.ended("it was not called"));
    }
    return waiting;
  }

  /** Its schedule may send from now on: what it sends first is made. */
  mayStart(conversation: Conversation): void {
    const payloads = this.#payloads;
    if (payloads === null) return;
    for (const [name, message] of this.#messages.entries()) {
      if (message?.role === conversation.role) this.#ask(payloads, conversation, name);
    }
  }

  opened(conversation: Conversation): void {
    this.#payloads?.reset(conversation.slot);
    if (this.#has("onOpen")) this.#call("onOpen", conversation);
  }

  ended(conversation: Conversation): void {
    if (this.#has("onEnd")) this.#call("onEnd", conversation);
  }

  /** A message came, as it came: bytes [start, end) of data. */
  received(conversation: Conversation, { data, start, end, binary }: Incoming): void {
    if (!this.#hears) return;
    const size = end - start;
    const isShown = size <= MAX_PAYLOAD_BYTES;
    const message = {
      text: isShown && !binary ? data.toString("utf8", start, end) : null,
      bytes: isShown && binary ? Uint8Array.from(data.subarray(start, end)) : null,
      size,
    };
    this.#call("onMessage", conversation, { message });
  }

  /**
   * The message of this name is due and about to be built, of what the hook has made for it.
   * @returns false when it has not made it in time
   */
  prepare(conversation: Conversation, name: number): boolean {
    const payloads = this.#payloads;
    if (payloads === null || !this.#messages[name]) return true;
    const isReady = payloads.prepare(conversation.slot, name);
    this.#ask(payloads, conversation, name);
    return isReady;
  }

  /** Each turn of the engine: ends a thread that a function keeps. */
  turn(nowUs: number): void {
    if (!this.#calls.isStuck(nowUs)) return;
    this.#thread.terminate();
    this.gone("a function kept it for longer than a call may take");
  }

  /** The engine is done. */
  close(): void {
    this.#calls.drop();
    this.#gone = GONE;
    this.#thread.terminate();
  }

  answered(answers: readonly HookAnswer[]): void {
    const phase = this.#phaseNow();
    for (const answer of answers) {
      const call = this.#calls.answered(answer);
      if (call === undefined) continue;
      const { recorder } = this.#host;
      recorder.namedValue(METRIC.hook, phase, this.#first + call.hook, answer.tookUs);
      this.#settle(call, answer, phase);
    }
    this.#calls.refill();
  }

  gone(problem: string): void {
    if (this.#gone !== null) return;
    this.#gone = `${GONE}: ${problem}`;
    const phase = this.#phaseNow();
    for (const call of this.#calls.drop()) this.#fail(call, "hook-failed", this.#gone, phase);
  }

  #has(hook: HookFunction): boolean {
    return this.#thread.functions.has(hook);
  }

  #settle(call: Call, { value, problem, isSlow }: HookAnswer, phase: number): void {
    if (isSlow) {
      this.#fail(call, "hook-slow", "longer than hooks.timeout", phase);
      return;
    }
    if (problem !== "") {
      this.#fail(call, "hook-failed", problem, phase);
      return;
    }
    const { conversation, incarnation, hook, name } = call;
    const isCurrent = this.#host.isLive(conversation) && conversation.incarnation === incarnation;
    const isPlain = value === null || typeof value === "string" || value instanceof Uint8Array;
    if (hook === PAYLOAD) {
      if (isCurrent && isPlain) this.#payloads?.came(conversation.slot, name, value);
    } else if (isCurrent && !isPlain) {
      const unknown = this.#set(conversation, value);
      if (unknown !== "") {
        const what = `it returned ${unknown}`;
        this.#fail(call, "hook-failed", what, phase);
        return;
      }
    }
    this.#count(call, NAME.completed, phase);
    call.waiting?.ended("");
  }

  /** @returns what must not be set; "" for nothing */
  #set(conversation: Conversation, values: Readonly<Record<string, Scalar>>): string {
    for (const [name, value] of Object.entries(values)) {
      const known = this.#sets.get(name);
      if (known === undefined) return `${name.slice(0, 64)}, which hooks.set does not name`;
      if (!this.#host.captures.keepValue(conversation, known, value))
        return `${name}, which is too long`;
    }
    return "";
  }

  #ask(payloads: ReadyPayloads, conversation: Conversation, name: number): void {
    for (let lacking = payloads.lacking(conversation.slot, name); lacking > 0; lacking--) {
      payloads.asked(conversation.slot, name);
      if (!this.#call("payload", conversation, { name })) return;
    }
  }

  /** @returns false when it was not made: too many wait, or there is no thread */
  #call(
    hook: HookFunction,
    conversation: Conversation,
    of: Partial<Pick<Call, "message" | "name" | "waiting">> = {},
  ): boolean {
    const call = {
      ...{ message: null, name: -1, waiting: null, ...of },
      ...{ hook: HOOK_FUNCTIONS.indexOf(hook), conversation },
      ...{ incarnation: conversation.incarnation, conn: this.#host.fieldsOf(conversation) },
    };
    if (this.#gone !== null)
      this.#fail({ ...call, waiting: null }, "hook-failed", this.#gone, this.#phaseNow());
    else if (!this.#calls.add(call)) {
      this.#fail(
        { ...call, waiting: null },
        "hook-slow",
        "not called: too many wait",
        this.#phaseNow(),
      );
    } else return true;
    return false;
  }

  /** Of an attempt it is the attempt's failure, and noted as that. */
  #fail(call: Call, kind: "hook-failed" | "hook-slow", problem: string, phase: number): void {
    const { conversation, incarnation, hook, name, waiting } = call;
    this.#count(call, NAME.failed, phase);
    if (waiting === null) this.#note(call, kind, problem, phase);
    else waiting.ended(problem);
    if (hook !== PAYLOAD || !this.#host.isLive(conversation)) return;
    if (conversation.incarnation === incarnation) this.#payloads?.failed(conversation.slot, name);
  }

  #note(
    { hook, conversation }: Call,
    kind: "hook-failed" | "hook-slow",
    problem: string,
    phase: number,
  ): void {
    const failed = this.#failed;
    failed.kind = kind;
    failed.label = `${HOOK_FUNCTIONS[hook]}: ${problem}`;
    failed.detail = problem;
    failed.phase = phase;
    conversation.onMessageFailure(failed);
  }

  #count({ hook }: Call, counter: number, phase: number): void {
    const { recorder } = this.#host;
    recorder.countName(phase, this.#first + hook, NAME.started);
    recorder.countName(phase, this.#first + hook, counter);
  }

  #phaseNow(): number {
    return this.#host.phaseAt(this.#host.nowUs());
  }
}
