/**
 * What a person reads when a command cannot go on: what and where, why, and how to mend it. Called by
 * main.ts and the run command. Invariant: an operating error never shows a stack; any other error is ours,
 * says so, and shows its stack only in debug mode.
 */
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import { escapeForTerminal } from "./escape.ts";
import type { Style } from "./style.ts";

const MAX_TEXT = 600;
/** How deep a chain of causes is followed. */
const MAX_CAUSES = 3;

export interface ErrorText {
  /** Whole lines, newline at the end. */
  readonly text: string;
  readonly exitCode: ExitCode;
}

export function describeError(error: unknown, style: Style, debug: boolean): ErrorText {
  const label = style.red(style.bold("error:"));
  if (error instanceof OnrushError) {
    const lines = [`${label} ${paragraph(error.message)} (${error.code})`];
    for (const why of causes(error)) lines.push(`  why: ${why}`);
    if (error.remedy !== "") lines.push(`  fix: ${paragraph(error.remedy)}`);
    if (debug && error.stack !== undefined) lines.push(error.stack);
    return { text: `${lines.join("\n")}\n`, exitCode: error.exitCode };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const lines = [`${label} internal error, a fault of onrush: ${paragraph(message)}`];
  if (debug && error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  else lines.push("  fix: please report it; ONRUSH_DEBUG=1 shows where it happened");
  return { text: `${lines.join("\n")}\n`, exitCode: ExitCode.internal };
}

function causes(error: Error): string[] {
  const texts: string[] = [];
  let cause = error.cause;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    if (!error.message.includes(cause.message)) texts.push(paragraph(cause.message));
    cause = cause.cause;
  }
  return texts;
}

/** Our own line breaks stay, everything that came from elsewhere is escaped. */
function paragraph(text: string): string {
  return text
    .split("\n")
    .map((line) => escapeForTerminal(line, MAX_TEXT))
    .join("\n       ");
}
