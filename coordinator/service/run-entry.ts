/**
 * A run this coordinator has taken on, from its submission to its outcome. Made by service.ts.
 * Invariant: its outcome is known exactly when `settled` resolves; until then wishes have an effect.
 */
import type { ExitCode } from "../../shared/errors.ts";
import type { RunState } from "../../shared/wire/command.ts";
import type { RunOutcome } from "../run/request.ts";
import { RunWishes } from "../run/wishes.ts";
import type { RunEvent } from "../store/event.ts";
import { RunFeed } from "./run-feed.ts";

export class RunEntry {
  readonly id: string;
  readonly name: string;
  readonly directory: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdWallMs: number;
  readonly feed = new RunFeed();
  readonly wishes = new RunWishes();
  state: RunState = "created";
  outcome: RunOutcome | null = null;
  /** Why it could not even be carried out; null when it could. */
  failure: string | null = null;
  settled: Promise<void> = Promise.resolve();

  constructor(facts: {
    readonly id: string;
    readonly name: string;
    readonly directory: string;
    readonly createdWallMs: number;
  }) {
    this.id = facts.id;
    this.name = facts.name;
    this.directory = facts.directory;
    this.createdWallMs = facts.createdWallMs;
  }

  get isOver(): boolean {
    return this.outcome !== null || this.failure !== null;
  }

  get exitCode(): ExitCode | null {
    return this.outcome?.exitCode ?? null;
  }

  heard(event: RunEvent): void {
    if (event.type === "state") this.state = event.to;
    this.feed.push({ kind: "event", event });
  }

  /** Follows the run to its end. @param onOver called once, when it is over */
  follow(running: Promise<RunOutcome>, onOver: (problem: unknown) => void): void {
    this.settled = running.then(
      (outcome) => {
        this.outcome = outcome;
        this.feed.push({ kind: "end", state: this.state, exitCode: outcome.exitCode });
        onOver(null);
      },
      (error: unknown) => {
        this.failure = error instanceof Error ? error.message : String(error);
        this.feed.push({ kind: "end", state: this.state, exitCode: 98 });
        onOver(error);
      },
    );
  }
}
