/**
 * Puts what happens on the connection of a probe in order and reports it. Told by the driver, the recorder and the
 * expectations of this folder. Invariant: what leaves is masked, harmless and bounded; what became of a message comes
 * behind the message.
 */
import { TargetText } from "../../shared/scenario/mask/target-text.ts";
import type { TraceEvent } from "../../shared/wire/trace.ts";

/** Characters of a message, of a line. */
const MAX_TEXT = 2000;
const MAX_LINE = 500;

/** An event without its time. */
type Happened = TraceEvent extends infer Event
  ? Event extends TraceEvent
    ? Omit<Event, "atUs">
    : never
  : never;

export class Tracer {
  opened = false;
  failures = 0;
  received = 0;
  readonly #text: TargetText;
  readonly #nowUs: () => number;
  readonly #report: (event: TraceEvent) => void;
  #startUs: number | null = null;
  /** A message was given to the socket, and what it is comes next. */
  #sending: { size: number; text: string; kind: "text" | "binary" } | null = null;
  #name: string | null = null;
  /** Why the message that is looked at was not what was waited for; dropped when something took it. */
  #doubts: Happened[] = [];
  #taken = false;

  constructor(
    secrets: readonly string[],
    nowUs: () => number,
    report: (event: TraceEvent) => void,
  ) {
    this.#text = new TargetText(secrets);
    this.#nowUs = nowUs;
    this.#report = report;
  }

  keepSecret(value: string): void {
    this.#text.keepSecret(value);
  }

  happened(event: Happened): void {
    this.flush();
    const nowUs = this.#nowUs();
    this.#startUs ??= nowUs;
    this.#report({ atUs: nowUs - this.#startUs, ...event } as TraceEvent);
  }

  head(sent: boolean, line: string): void {
    this.happened({ type: "head", sent, line: this.#text.clean(line, MAX_LINE) });
  }

  clean(text: string): string {
    return this.#text.clean(text, MAX_LINE);
  }

  /** A message is given to the socket; its name came before, or comes next. */
  sending(bytes: Buffer, binary: boolean): void {
    this.flush();
    this.#sending = { size: bytes.length, text: this.#shown(bytes, binary), kind: kindOf(binary) };
    if (this.#name !== null) this.flush();
  }

  named(name: string): void {
    this.#name = name;
    if (this.#sending !== null) this.flush();
  }

  /** Reports the message that was given to the socket. */
  flush(): void {
    const sending = this.#sending;
    if (sending === null) return;
    const name = this.#name;
    this.#sending = null;
    this.#name = null;
    this.happened({ type: "frame", sent: true, ...sending, name });
  }

  /** A message came; `settle` has the engine look at it. */
  came(bytes: Buffer, binary: boolean, settle: () => void): void {
    const { size, text } = { size: bytes.length, text: this.#shown(bytes, binary) };
    this.received += 1;
    this.happened({ type: "frame", sent: false, kind: kindOf(binary), size, text, name: null });
    this.#doubts = [];
    this.#taken = false;
    settle();
    if (!this.#taken) for (const doubt of this.#doubts) this.happened(doubt);
    this.#doubts = [];
  }

  /** Reported when nothing takes the message that is looked at. */
  doubt(event: Happened): void {
    this.#doubts.push(event);
  }

  /** Something took the message that is looked at. */
  took(text: string, ms: number | null): void {
    this.#taken = true;
    this.happened({ type: "note", good: true, text, ms });
  }

  note(good: boolean | null, text: string, ms: number | null = null): void {
    this.happened({ type: "note", good, text: this.clean(text), ms });
  }

  failed(kind: string, what: string, detail: string): void {
    this.failures += 1;
    this.happened({
      ...{ type: "failure", kind, what: this.clean(what) },
      detail: this.#text.clean(detail, MAX_TEXT),
    });
  }

  #shown(bytes: Buffer, binary: boolean): string {
    const text = binary ? bytes.toString("hex", 0, MAX_TEXT / 2) : bytes.toString("utf8");
    return this.#text.clean(text, MAX_TEXT);
  }
}

function kindOf(binary: boolean): "text" | "binary" {
  return binary ? "binary" : "text";
}
