/**
 * What happens on the connection of a probe as lines of text: when, in which direction, how large, what. Used by the probe
 * command. Pure. Invariant: texts of the target were made harmless where they were seen, and are made so again here.
 */
import type { TraceEvent } from "../../../shared/wire/trace.ts";
import { escapeForTerminal } from "./escape.ts";
import type { Style } from "./style.ts";

const TIME_WIDTH = 12;
const KIND_WIDTH = 6;
const SIZE_WIDTH = 9;
const NOTE_INDENT = " ".repeat(TIME_WIDTH + 4);

export interface ProbeTextOptions {
  readonly style: Style;
  /** Characters of a message that are shown. */
  readonly width: number;
}

/** The lines of one event; none for the end. */
export function probeText(event: TraceEvent, { style, width }: ProbeTextOptions): string[] {
  const shown = (text: string): string => escapeForTerminal(text, width);
  const line = (arrow: string, text: string): string => `${timeOf(event)}  ${arrow} ${text}`;
  switch (event.type) {
    case "stage":
      return [line("·", `${event.stage} ${shown(event.detail)}`)];
    case "head":
      return event.line === "" ? [] : [line(arrowOf(event.sent), style.dim(shown(event.line)))];
    case "open": {
      const protocol = event.protocol === "" ? "" : `, subprotocol ${shown(event.protocol)}`;
      const extensions = event.extensions === "" ? "" : `, extensions ${shown(event.extensions)}`;
      return [line("·", style.bold(`open${protocol}${extensions}`))];
    }
    case "frame": {
      const kind = event.kind.padEnd(KIND_WIDTH);
      const size = `${event.size} B`.padStart(SIZE_WIDTH);
      const name = event.name === null ? "" : style.cyan(`  (${shown(event.name)})`);
      return [line(arrowOf(event.sent), `${kind}${size}  ${shown(event.text)}${name}`)];
    }
    case "note":
      return [noteLine(event, { style, width })];
    case "why":
      return [
        `${NOTE_INDENT}${style.yellow("?")} not what ${shown(event.name)} waits for: ${shown(event.where)}`,
        ...event.parts.filter(({ holds }) => holds !== true).map((part) => whyLine(part, shown)),
      ];
    case "hook":
      return [hookLine(event, line, { style, width })];
    case "failure": {
      const detail = event.detail === "" ? "" : `: ${shown(event.detail)}`;
      const what = event.what === "" ? "" : ` ${shown(event.what)}`;
      return [line(style.red("✗"), style.red(`${event.kind}${what}${detail}`))];
    }
    case "closed": {
      const by = { client: "by us", server: "by the target", none: "without a Close frame" }[
        event.by
      ];
      const reason = event.reason === "" ? "" : ` ${shown(event.reason)}`;
      return [line("·", style.bold(`closed ${event.code}${reason}, ${by}`))];
    }
    case "over":
      return [];
  }
}

function noteLine(
  { good, text, ms }: Extract<TraceEvent, { type: "note" }>,
  { style, width }: ProbeTextOptions,
): string {
  const mark = good === null ? "·" : good ? style.green("✓") : style.red("✗");
  const took = ms === null ? "" : `, ${ms.toFixed(1)} ms`;
  return `${NOTE_INDENT}${mark} ${escapeForTerminal(text, width)}${took}`;
}

function hookLine(
  { hook, returned, problem, ms }: Extract<TraceEvent, { type: "hook" }>,
  line: (arrow: string, text: string) => string,
  { style, width }: ProbeTextOptions,
): string {
  const took = `${ms.toFixed(1)} ms`;
  const name = style.cyan(escapeForTerminal(hook, width));
  if (problem !== "")
    return line(
      style.red("✗"),
      `hook ${name}, ${took}: ${style.red(escapeForTerminal(problem, width))}`,
    );
  const what = returned === "" ? "nothing" : escapeForTerminal(returned, width);
  return line("·", `hook ${name}, ${took}: returned ${what}`);
}

function whyLine(
  { source, holds, values }: Extract<TraceEvent, { type: "why" }>["parts"][number],
  shown: (text: string) => string,
): string {
  const verdict = holds === null ? "not applicable" : "false";
  const compared = values === "" ? "" : ` (${shown(values)})`;
  return `${NOTE_INDENT}    ${shown(source)} is ${verdict}${compared}`;
}

function arrowOf(sent: boolean): string {
  return sent ? "→" : "←";
}

function timeOf({ atUs }: TraceEvent): string {
  return `${(atUs / 1000).toFixed(1)} ms`.padStart(TIME_WIDTH);
}
