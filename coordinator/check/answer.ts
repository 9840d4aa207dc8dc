/**
 * All of the work of a check: question to answer. Called by main.ts, in a thread; pure but for the files that a scenario
 * of this machine's user names. Invariant: never throws; whatever it meets is an answer.
 */

import { OnrushError } from "../../shared/errors.ts";
import { connectionsOf } from "../../shared/load/split.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { loadSize } from "../plan/load-size.ts";
import { makePlan } from "../plan/plan.ts";
import { readSubmitted } from "./envelope.ts";
import { Malformed } from "./malformed.ts";
import { OpenedFiles } from "./opened-files.ts";
import type {
  AnyAnswer,
  AnyQuestion,
  Checked,
  CheckedSubmission,
  FileAnswer,
  FileQuestion,
  PlanFigures,
  SubmissionQuestion,
} from "./question.ts";
import { readSubmission } from "./submission.ts";

export function answer(asked: AnyQuestion): AnyAnswer {
  try {
    return { kind: "answer", answer: answerOf(asked) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: "malformed", detail: error.message };
    if (error instanceof OnrushError) {
      const { code, message, remedy } = error;
      return { kind: "refused", code, message, remedy };
    }
    return { kind: "bug", stack: error instanceof Error ? (error.stack ?? "") : String(error) };
  }
}

function answerOf(asked: AnyQuestion) {
  switch (asked.kind) {
    case "plan":
      return planOf(asked.question);
    case "submission":
      return submissionOf(asked.question);
    case "file":
      return fileOf(asked.question);
  }
}

function submissionOf({ body, ...context }: SubmissionQuestion): Checked<CheckedSubmission> {
  const submission = readSubmitted(body);
  const read = readSubmission(submission, context);
  if (!read.ok) return read;
  const { scenario, maskedText } = read;
  const { fileName, workers, autoProbe, policies } = submission;
  return { ok: true, value: { scenario, maskedText, fileName, workers, autoProbe, policies } };
}

function planOf(question: SubmissionQuestion): Checked<PlanFigures> {
  const checked = submissionOf(question);
  if (!checked.ok) return checked;
  const { scenario, policies } = checked.value;
  const { allowTargets } = question;
  const plan = makePlan({ run: "dry-run", scenario, allowTargets, policies });
  const { hash, connections, shards, durationUs } = plan.document;
  const { plannedOpens, plannedOpen } = plan;
  const shardConnections = connectionsOf(plan.sizes, 1);
  const sizes = { hash, connections, shards, shardConnections };
  const durationSeconds = durationUs / 1_000_000;
  return { ok: true, value: { ...sizes, durationSeconds, plannedOpens, plannedOpen } };
}

function fileOf(question: FileQuestion): FileAnswer {
  const { fileName, content, folder, env, overrides, withFiles, withSize } = question;
  const opened = new OpenedFiles(folder);
  try {
    const parsed = parseScenario(content, {
      ...{ fileName, env, overrides },
      readFile: (path) => opened.whole(path),
      openFile: (path) => opened.inParts(path),
    });
    return {
      parsed,
      files: withFiles && parsed.ok ? opened.contents() : new Map(),
      size: withSize && parsed.ok ? loadSize(parsed.scenario) : null,
    };
  } finally {
    opened.close();
  }
}
