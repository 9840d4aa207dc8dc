/**
 * `onrush fault`: begins, ends and lists the faults of a run while it goes on. Called by program.ts. The options are the keys of a
 * fault, those of all kinds. Invariant: stdout is a table, the id of what was begun, or with --json the API's own answer.
 */
import { randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { ExitCode, OnrushError } from "../../../shared/errors.ts";
import { MAX_FAULT_BYTES } from "../../../shared/scenario/live-fault.ts";
import { readDocument } from "../../../shared/scenario/read/document.ts";
import { WORKER_KINDS } from "../../../shared/scenario/sections/faults/outside/registry.ts";
import { FAULT_KINDS } from "../../../shared/scenario/sections/faults/registry.ts";
import type { ListedFault } from "../../live/fault-desk.ts";
import type { CliContext, Finish } from "../context.ts";
import { escapeForTerminal } from "../terminal/escape.ts";
import { faultsText } from "../terminal/faults-text.ts";
import { type ApiFlags, addApiOptions, clientOf } from "./api-options.ts";

interface FaultOptions extends ApiFlags {
  readonly file?: string;
  readonly end?: string;
  readonly json?: boolean;
  readonly [key: string]: unknown;
}

/** Those that may be asked for while a run goes on. */
const KINDS = [...FAULT_KINDS, ...WORKER_KINDS];

/** What all kinds have, as help says it; the keys of single kinds follow. */
const COMMON: Readonly<Record<string, string>> = {
  kind: `what goes wrong: ${KINDS.map(({ kind }) => kind).join(", ")}`,
  who: "whom it hits: 20%, 50, or '{ role: talker, count: 50 }'",
  at: "when: PHASE or PHASE+OFFSET (default: as soon as all workers can know of it)",
  for: "how long it lasts",
  every: "it begins again each time this has passed",
  times: "with --every: how often it begins",
  name: "its name in reports",
  recovered: "a threshold: '{ within: 15s, to: 99% }'",
};

/** Keys whose text may look like a number. */
const TEXTS: ReadonlySet<string> = new Set(["name", "begin", "value", "header", "query"]);

const EXAMPLES = `
Examples:
  onrush fault 20261120-224501-echo-x7f2 --kind disconnect --who 20%
  onrush fault 20261120-224501-echo-x7f2 --kind stop-reading --who 5% --for 10s
  onrush fault 20261120-224501-echo-x7f2 --kind kill-worker --who 1
  onrush fault 20261120-224501-echo-x7f2 --file fault.yaml
  onrush fault 20261120-224501-echo-x7f2 bad-mobile
  onrush fault 20261120-224501-echo-x7f2 --end stop-reading@steady+30s
  onrush fault 20261120-224501-echo-x7f2

The keys of single kinds are options, too: --how close --code 3008.
Without an option of a fault it lists those of the run.`;

export function faultCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("fault")
    .description("begin, end or list faults of a run while it goes on")
    .argument("<run>", "id of the run")
    .argument("[fault]", "a fault of its scenario that begins once more")
    .option("--file <FILE>", "the fault, as in `faults` of a scenario")
    .option("--end <ID>", "end that fault before its time")
    .option("--json", "the API's answer")
    .addHelpText("after", EXAMPLES);
  for (const [key, about] of faultKeys()) {
    // Those of single kinds are many: the reference of scenarios has them.
    const option = new Option(`--${dashed(key)} <VALUE>`, about);
    command.addOption(option.hideHelp(!Object.hasOwn(COMMON, key)));
  }
  return addApiOptions(command).action(
    async (id: string, begin: string | undefined, options: FaultOptions) => {
      context.stdout.write(await act({ id, begin }, options, context));
      finish(ExitCode.passed);
    },
  );
}

/** @returns what is said of it */
async function act(
  { id, begin }: { readonly id: string; readonly begin: string | undefined },
  options: FaultOptions,
  context: CliContext,
): Promise<string> {
  const { file, end, json } = options;
  const given = givenKeys(options);
  const isAgain = begin !== undefined && given.every(([key]) => key === "at" || key === "name");
  if (begin !== undefined) given.push(["begin", begin]);
  const asked = [file !== undefined, end !== undefined, given.length > 0].filter(Boolean).length;
  if (asked > 1 || (begin !== undefined && !isAgain)) throw tooMuch();
  const client = clientOf(options, context);
  const path = `/runs/${encodeURIComponent(id)}/faults`;
  const shown = (answer: object, text: string) =>
    json === true ? `${JSON.stringify(answer, null, 2)}\n` : text;
  if (end !== undefined) {
    const at = `${path}/${encodeURIComponent(end)}`;
    const fault = await client.call<ListedFault>("DELETE", at);
    return shown(fault, faultsText([fault]));
  }
  if (asked === 0) {
    const answer = await client.call<{ readonly faults: readonly ListedFault[] }>("GET", path);
    return shown(answer, faultsText(answer.faults));
  }
  const text = file === undefined ? JSON.stringify(faultOf(given)) : await textOf(file);
  const body = { type: "application/yaml", text, key: randomUUID() };
  const fault = await client.call<ListedFault>("POST", path, body);
  return shown(fault, `${escapeForTerminal(fault.id, 200)}\n`);
}

/** Key and what is said of it; those of all kinds first. */
function faultKeys(): Map<string, string> {
  const keys = new Map(Object.entries(COMMON));
  for (const { kind, shape } of KINDS) {
    for (const key of Object.keys(shape().shape)) {
      const before = keys.get(key);
      if (before === undefined) keys.set(key, `of ${kind}`);
      else if (before.startsWith("of ")) keys.set(key, `${before}, ${kind}`);
    }
  }
  return keys;
}

function givenKeys(options: FaultOptions): (readonly [key: string, text: string])[] {
  return [...faultKeys().keys()].flatMap((key) => {
    const value = options[key];
    return typeof value === "string" ? [[key, value] as const] : [];
  });
}

/** Numbers and maps are written as in a file. */
function faultOf(given: readonly (readonly [key: string, text: string])[]): object {
  const entries = given.map(([key, text]) => {
    const { value, flaws } = readDocument(text);
    const isWritten = flaws.length === 0 && (typeof value === "object" || isNumber(key, value));
    return [key, isWritten && value !== null ? value : text];
  });
  return Object.fromEntries(entries);
}

function isNumber(key: string, value: unknown): boolean {
  return !TEXTS.has(key) && (typeof value === "number" || typeof value === "boolean");
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_FAULT_BYTES) throw new Error(`it is larger than ${MAX_FAULT_BYTES} bytes`);
    return await readFile(file, "utf8");
  } catch (error) {
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: `cannot read ${escapeForTerminal(file, 300)}: ${(error as Error).message}`,
      remedy: "Name a file with one fault, as in `faults` of a scenario.",
      cause: error,
    });
  }
}

/** `minDelay` -> `min-delay`, as commander turns it back. */
function dashed(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function tooMuch(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message:
      "a fault of the scenario, --file, --end and the keys of a fault ask for different things",
    remedy: "Give one of them; beside a fault of the scenario only --at and --name.",
  });
}
