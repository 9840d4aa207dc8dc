/**
 * What a check is asked and what it answers: plain data, which crosses the border of a process as it is.
 * Invariant: an answer is bounded. A scenario is as large as its bounds allow, there are at most MAX_ISSUES issues, and a
 * plan has a figure per second of the run.
 */
import type { ErrorCode } from "../../shared/errors.ts";
import type { Issue } from "../../shared/scenario/issue.ts";
import type { ParseResult } from "../../shared/scenario/parse.ts";
import type { Overrides } from "../../shared/scenario/read/overrides.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { LoadSize } from "../plan/load-size.ts";
import type { RunPolicies } from "../plan/policies.ts";
import type { ServiceLimits } from "./submission.ts";

/** The body of a request, as it came. */
export interface SubmittedBody {
  /** Its content type. */
  readonly type: string;
  readonly text: string;
  /** Workers that must be there before the start, unless the body says so itself. */
  readonly workers: number;
  /** A probe run is to follow where it tells causes apart, unless the body says so itself. */
  readonly autoProbe: boolean;
}

export interface SubmissionQuestion {
  readonly body: SubmittedBody;
  readonly allowTargets: readonly string[];
  readonly allowHooks: boolean;
  readonly allowCommands: readonly string[];
  readonly limits: ServiceLimits;
}

/** A scenario of this machine's user. */
export interface FileQuestion {
  /** Shown in issues. */
  readonly fileName: string;
  readonly content: Uint8Array;
  /** Files the scenario names are relative to it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides: Overrides;
  /** The answer is to have the files that the scenario names: they are to be sent somewhere. */
  readonly withFiles: boolean;
  /** The answer is to have how large its load is. */
  readonly withSize: boolean;
}

export interface PlanFigures {
  readonly hash: string;
  readonly connections: number;
  readonly shards: number;
  readonly shardConnections: number;
  readonly durationSeconds: number;
  readonly plannedOpens: number;
  readonly plannedOpen: readonly number[];
}

export interface CheckedSubmission {
  readonly scenario: StrictScenario;
  readonly maskedText: string;
  readonly fileName: string;
  readonly workers: number;
  readonly autoProbe: boolean;
  readonly policies: RunPolicies;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export interface FileAnswer {
  readonly parsed: ParseResult;
  /** The files the scenario names, by the path it names them with; empty unless they were asked for. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** null unless it was asked for, and is valid. */
  readonly size: LoadSize | null;
}

/** By kind: the question and its answer. */
export interface Checks {
  /** What a submission would do. */
  readonly plan: { readonly question: SubmissionQuestion; readonly answer: Checked<PlanFigures> };
  /** A submission, to be run. */
  readonly submission: {
    readonly question: SubmissionQuestion;
    readonly answer: Checked<CheckedSubmission>;
  };
  readonly file: { readonly question: FileQuestion; readonly answer: FileAnswer };
}

export type Kind = keyof Checks;

/** The first thing a checking process says, when it is ready. */
export const READY = "ready";

/** What it is sent. */
export type AnyQuestion = {
  readonly [K in Kind]: { kind: K; question: Checks[K]["question"] };
}[Kind];

/** What it sends back. Errors are data: those that are the asker's keep their code. */
export type AnyAnswer =
  | { readonly kind: "answer"; readonly answer: Checks[Kind]["answer"] }
  | { readonly kind: "malformed"; readonly detail: string }
  | {
      readonly kind: "refused";
      readonly code: ErrorCode;
      readonly message: string;
      readonly remedy: string;
    }
  | { readonly kind: "bug"; readonly stack: string };
