/**
 * A recorder that reports what it is told: which message matched what, what timed out, what went wrong. Made by main.ts in
 * place of the engine's own. Invariant: it records what any recorder does.
 */
import { type NamedPart, namesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { type Failure, FailureLog } from "../record/failure-log.ts";
import { MESSAGE } from "../record/message-counters.ts";
import { COUNT, METRIC, NAME, Recorder } from "../record/recorder.ts";
import type { Expectations } from "./expectations.ts";
import type { Tracer } from "./tracer.ts";

/** What a message was that no reply and nobody else took, in words. */
const OUTCOMES: Readonly<Record<number, string>> = {
  [COUNT.unsolicited]: "nobody waited for it",
  [COUNT.late]: "late: its time was over",
  [COUNT.duplicated]: "a reply that had come before",
  [COUNT.leaked]: "for another user",
  [COUNT.corrupt]: "altered on its way",
  [COUNT.reordered]: "out of order",
  [COUNT.skippedBehind]: "a message was skipped: too far behind",
  [COUNT.skippedBackpressure]: "a message was skipped: too many unanswered",
};
const BAD: ReadonlySet<number> = new Set([
  COUNT.late,
  COUNT.duplicated,
  COUNT.leaked,
  COUNT.corrupt,
]);

/** Reports each failure, with what came with it. */
class TracedFailures extends FailureLog {
  tracer: Tracer | null = null;

  /** The first of its kind, always: so that each comes with a sample. */
  override more(failure: Failure): boolean {
    return super.more(failure) && false;
  }

  override add(...[failure, sample]: Parameters<FailureLog["add"]>): void {
    this.tracer?.failed(failure.kind, failure.signature, sample.detail);
    super.add(failure, sample);
  }
}

export class TracedRecorder extends Recorder {
  readonly #tracer: Tracer;
  readonly #names: readonly NamedPart[];
  readonly #expectations: Expectations;

  constructor(
    { scenario, shards }: { readonly scenario: StrictScenario; readonly shards: number },
    tracer: Tracer,
    expectations: Expectations,
  ) {
    super({
      phases: scenario.phases.length,
      names: namesOf(scenario).length,
      targets: scenario.targets.length,
      secrets: scenario.secrets,
      makeFailures: (text) => {
        const failures = new TracedFailures(text);
        failures.tracer = tracer;
        return failures;
      },
      shards,
    });
    this.#tracer = tracer;
    this.#names = namesOf(scenario);
    this.#expectations = expectations;
  }

  override keepSecret(value: string): void {
    super.keepSecret(value);
    this.#tracer.keepSecret(value);
  }

  override count(phase: number, counter: number, amount: number): void {
    super.count(phase, counter, amount);
    const outcome = OUTCOMES[counter];
    if (outcome !== undefined && amount > 0) {
      this.#tracer.note(BAD.has(counter) ? false : null, outcome);
    }
  }

  override sent(phase: number, name: number, bytes: number): void {
    super.sent(phase, name, bytes);
    this.#tracer.named(this.#nameOf(name));
  }

  override countName(phase: number, name: number, counter: number): void {
    super.countName(phase, name, counter);
    this.#expectations.counted(name, counter);
    const what = this.#nameOf(name);
    if (counter === NAME.arrived && this.#names[name]?.kind === "listen")
      this.#tracer.took(what, null);
    if (counter === NAME.failed) this.#tracer.note(false, `${what}: failed`);
  }

  override message(...args: Parameters<Recorder["message"]>): void {
    super.message(...args);
    const [counters, , name] = args;
    this.#expectations.counted(name, counters.name);
    const what = this.#nameOf(name);
    if (counters === MESSAGE.timedOut) this.#tracer.note(false, `${what}: no reply in time`);
    if (counters === MESSAGE.rejected)
      this.#tracer.took(`${what}: a reply that says it failed`, null);
  }

  override matched(phase: number, name: number, latencyUs: number, serviceUs: number): void {
    super.matched(phase, name, latencyUs, serviceUs);
    this.#expectations.counted(name, NAME.matched);
    this.#tracer.took(`${this.#nameOf(name)}: its reply`, serviceUs / 1000);
  }

  override namedValue(metric: number, phase: number, name: number, valueUs: number): void {
    super.namedValue(metric, phase, name, valueUs);
    const what = this.#nameOf(name);
    if (metric === METRIC.step) this.#tracer.took(`${what}: what it waited for`, valueUs / 1000);
    if (metric === METRIC.push) this.#tracer.note(true, `${what}: one way`, valueUs / 1000);
    if (metric === METRIC.event) this.#tracer.took(`${what}: the next event`, valueUs / 1000);
    if (metric === METRIC.sequence) this.#tracer.note(true, `${what}: complete`, valueUs / 1000);
  }

  #nameOf(name: number): string {
    return this.#names[name]?.name ?? "";
  }
}
