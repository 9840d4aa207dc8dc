/**
 * What a connection does ahead of an attempt to connect: the HTTP steps of `flow.before`, one after another, with what they
 * capture. Called by the pool in place of opening a socket; stands for that socket meanwhile. Invariants: each step that was
 * started is counted once as completed or failed; a step that fails, fails the attempt; after the last step the pool opens.
 */
import { connectionFields, type RenderContext } from "../../shared/scenario/template/render.ts";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import { systemClock } from "../../shared/time/clock.ts";
import type { Captures } from "../message/captures.ts";
import type { Conversation } from "../message/conversation.ts";
import { pathText } from "../reach/request-text.ts";
import { METRIC, NAME, type Recorder } from "../record/recorder.ts";
import type { DriverSocket } from "../socket/driver.ts";
import { generatorFailure } from "../socket/failure-map.ts";
import { UnopenedSocket } from "../socket/unopened-socket.ts";
import { factsOf } from "./answer-facts.ts";
import { type HttpAnswer, HttpClient, type HttpExchange, type HttpOwner } from "./http-client.ts";
import type { LoginStep } from "./login-step.ts";

/** Of a body that says why it was refused; the failure log masks and cuts it, too. */
const MAX_DETAIL_CHARS = 500;

/** A connection as its login sees it. */
export interface LoggingIn extends Conversation {
  /** Of the intended open. */
  readonly phase: number;
  onFail(kind: ConnectFailure, signature: string, detail: string): void;
}

/** What logins need of their engine. */
export interface LoginHost<Connection extends LoggingIn> {
  readonly recorder: Recorder;
  readonly captures: Captures;
  contextOf(connection: Connection): RenderContext;
  /** Reads the clock, run time. */
  nowUs(): number;
  /** The connection's time-out. */
  expireAt(connection: Connection, dueUs: number): void;
  /** The last step is over: the attempt goes on. */
  onLoggedIn(connection: Connection, nowUs: number): void;
}

export class Logins<Connection extends LoggingIn> {
  readonly #steps: readonly (readonly LoginStep[])[];
  readonly #host: LoginHost<Connection>;
  readonly #client = new HttpClient();

  /** @param steps by role */
  constructor(steps: readonly (readonly LoginStep[])[], host: LoginHost<Connection>) {
    this.#steps = steps;
    this.#host = host;
  }

  /** null: the role has no steps ahead of a connection. */
  begin(connection: Connection, role: number): DriverSocket | null {
    const steps = this.#steps[role];
    if (steps === undefined || steps.length === 0) return null;
    const first = nextStep(steps, 0, connOf(connection, this.#host));
    if (first === steps.length) return null;
    return new Login({ steps, first, connection, host: this.#host, client: this.#client });
  }
}

class Login<Connection extends LoggingIn> extends UnopenedSocket implements HttpOwner {
  readonly #steps: readonly LoginStep[];
  readonly #connection: Connection;
  readonly #host: LoginHost<Connection>;
  readonly #client: HttpClient;
  #at: number;
  #beganUs = 0;
  #exchange: HttpExchange | null = null;

  constructor(of: {
    readonly steps: readonly LoginStep[];
    readonly first: number;
    readonly connection: Connection;
    readonly host: LoginHost<Connection>;
    readonly client: HttpClient;
  }) {
    super();
    this.#steps = of.steps;
    this.#connection = of.connection;
    this.#host = of.host;
    this.#client = of.client;
    this.#at = of.first;
    this.#start();
  }

  onAnswer(answer: HttpAnswer): void {
    const step = this.#step;
    const { status, captures } = step;
    const host = this.#host;
    const nowUs = host.nowUs();
    if (!(status.length === 0 ? isSuccess(answer.status) : status.includes(answer.status))) {
      const detail = answer.body.toString("utf8", 0, MAX_DETAIL_CHARS);
      this.#fail("before-failed", `${step.name}: HTTP ${answer.status}`, detail);
      return;
    }
    const connection = this.#connection;
    const facts = captures.length === 0 ? null : factsOf(answer, connOf(connection, host));
    for (const capture of captures) {
      const value = facts === null ? null : capture.reading.read(facts);
      if (host.captures.keepValue(connection, capture, value)) continue;
      this.#fail("before-failed", `${step.name}: no ${capture.name} in the answer`, "");
      return;
    }
    const { recorder } = host;
    recorder.countName(connection.phase, step.position, NAME.completed);
    recorder.namedValue(METRIC.step, connection.phase, step.position, nowUs - this.#beganUs);
    this.#exchange = null;
    this.#at = nextStep(this.#steps, this.#at + 1, connOf(connection, host));
    if (this.#at < this.#steps.length) this.#start();
    else host.onLoggedIn(connection, nowUs);
  }

  onNoAnswer(signature: string): void {
    this.#host.nowUs();
    const kind = generatorFailure(signature);
    if (kind === null) this.#fail("before-failed", `${this.#step.name}: ${signature}`, "");
    else this.#fail(kind, signature, "");
  }

  expire(): boolean {
    this.#exchange?.abort();
    this.#fail("before-failed", `${this.#step.name}: no answer in time`, "");
    return true;
  }

  /** The connection tells what became of its attempt by itself. */
  override abort(): void {
    if (this.#exchange === null) return;
    this.#exchange.abort();
    this.#exchange = null;
    this.#host.recorder.countName(this.#connection.phase, this.#step.position, NAME.failed);
  }

  get #step(): LoginStep {
    return this.#steps[this.#at] as LoginStep;
  }

  #start(): void {
    const host = this.#host;
    const connection = this.#connection;
    const { position, origin, addresses, method, path, headers, body, withinUs } = this.#step;
    const context = host.contextOf(connection);
    context.nowMs = systemClock.wallMs();
    this.#beganUs = host.nowUs();
    host.recorder.countName(connection.phase, position, NAME.started);
    host.expireAt(connection, this.#beganUs + withinUs);
    const text = body === null ? null : body.render(context);
    const rendered = headers.map(([name, value]) => [name, value.render(context)] as const);
    const length: (readonly [string, string])[] =
      text === null && (method === "GET" || method === "HEAD")
        ? []
        : [["content-length", `${Buffer.byteLength(text ?? "")}`]];
    const at = (connection.index + connection.attempt) % addresses.length;
    this.#exchange = this.#client.send(
      {
        ...{ origin, method, body: text },
        address: addresses[at] as string,
        path: pathText(path.render(context)),
        headers: [...rendered, ...length],
      },
      this,
    );
  }

  #fail(kind: ConnectFailure, signature: string, detail: string): void {
    this.#exchange = null;
    this.#host.recorder.countName(this.#connection.phase, this.#step.position, NAME.failed);
    this.#connection.onFail(kind, signature, detail);
  }
}

type Conn = Readonly<Record<string, unknown>>;

/** `conn` of an expression. */
function connOf<Connection extends LoggingIn>(
  connection: Connection,
  { contextOf, captures }: LoginHost<Connection>,
): Conn {
  return connectionFields(contextOf(connection), captures.names);
}

/** The first from `at` on that is to be made; the number of steps: none is. */
function nextStep(steps: readonly LoginStep[], at: number, conn: Conn): number {
  let next = at;
  while (
    next < steps.length &&
    steps[next]?.when?.test(null, null, { text: "", size: 0, conn }) === false
  )
    next++;
  return next;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}
