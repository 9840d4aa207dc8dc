/**
 * A run without a scenario file: `onrush run ws://host:port/ -c 100 -d 10s`. Writes the scenario such a command
 * line stands for. Called by run.ts. Invariant: what is written is an ordinary scenario file: it passes the same
 * checks, is kept in the run directory, and does the same when it is run again.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { OnrushError } from "../../shared/errors.ts";
import {
  formatDuration,
  type Parsed,
  parseDuration,
  parseRate,
  parseSize,
} from "../../shared/scenario/units.ts";
import { parseConnections } from "./options.ts";

export interface BareUrlOptions {
  readonly connections?: number;
  readonly duration?: string;
  readonly rate?: string;
  readonly size?: string;
  readonly ramp?: "linear" | "exponential" | "step" | "burst";
  readonly over?: string;
  readonly printScenario?: boolean;
}

const RAMPS = ["linear", "exponential", "step", "burst"] as const;
const KEYS = ["connections", "duration", "rate", "size", "ramp", "over"] as const;

const DEFAULTS = { connections: 10, duration: "10s", rate: "1/s", size: "64" } as const;
/** How fast connections come when nobody says: gentle to the backlog of any server. */
const OPENS_PER_SEC = 1000;
const MAX_STEPS = 5;
/** Bytes a stamp takes of a payload; smaller messages are matched in their order. */
const STAMP_BYTES = 16;
const REPLY_WITHIN = "5s";

export function addBareUrlOptions(command: Command): Command {
  return command
    .option("-c, --connections <N>", "for a URL: connections (default: 10)", parseConnections)
    .option(
      "-d, --duration <TIME>",
      "for a URL: how long they are held, after the ramp (default: 10s)",
      textOf(parseDuration),
    )
    .option(
      "--rate <RATE>",
      "for a URL: messages of each connection; 0/s sends none (default: 1/s)",
      textOf(parseRate),
    )
    .option("--size <BYTES>", "for a URL: size of a message (default: 64)", textOf(parseSize))
    .addOption(
      new Option("--ramp <SHAPE>", "for a URL: how they come (default: linear)").choices(RAMPS),
    )
    .option(
      "--over <TIME>",
      "for a URL: how long the ramp takes (default: 1s for each 1,000)",
      textOf(parseDuration),
    )
    .option("--print-scenario", "for a URL: print the scenario it stands for, start nothing");
}

export function isTargetUrl(text: string): boolean {
  return /^wss?:\/\//i.test(text);
}

/** @throws OnrushError ONRUSH_USAGE when options of a bare URL are given with a scenario file */
export function refuseBareUrlOptions(options: BareUrlOptions): void {
  const given = [...KEYS, "printScenario" as const].find((key) => options[key] !== undefined);
  if (given === undefined) return;
  const option = given === "printScenario" ? "--print-scenario" : `--${given}`;
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `${option} goes with a URL, and a scenario file was given`,
    remedy: "change the file, or one value of it: --set load.0.to=500 --set messages.rate=2/s",
  });
}

/** The options as words of a command line; what was not given is not among them. */
export function bareUrlWords(options: BareUrlOptions): string[] {
  return KEYS.flatMap((key) => {
    const value = options[key];
    return value === undefined ? [] : [`--${key}`, String(value)];
  });
}

/**
 * The scenario as YAML text.
 * @throws OnrushError ONRUSH_USAGE for options that do not fit together
 */
export function scenarioOfUrl(url: string, options: BareUrlOptions): string {
  const { connections, duration, rate, size } = { ...DEFAULTS, ...options };
  const lines = [
    `# What this command line stands for: ${commandLine(url, options)}`,
    "version: 1",
    `name: ${JSON.stringify(hostOf(url))}`,
    `target: ${JSON.stringify(url)}`,
    "load:",
    ...loadOf(connections, duration, options),
  ];
  const perSec = parseRate(rate);
  if (!perSec.ok || perSec.value > 0) {
    lines.push(
      "messages:",
      `  rate: ${rate}`,
      "  mix:",
      "    - name: echo",
      `      send: { binary: { size: ${size}, fill: random } }`,
      `      reply: { match: echo, within: ${REPLY_WITHIN} }`,
    );
    const bytes = parseSize(size);
    if (bytes.ok && bytes.value >= STAMP_BYTES) lines.push("integrity: { stamp: true }");
  }
  return `${lines.join("\n")}\n`;
}

function loadOf(connections: number, duration: string, { ramp, over }: BareUrlOptions): string[] {
  if (ramp === "burst") {
    if (over === undefined) {
      return [`  - { phase: steady, ramp: burst, to: ${connections}, hold: ${duration} }`];
    }
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: "--ramp burst opens all connections at once, so there is nothing for --over",
      remedy: "leave --over out, or choose --ramp linear, exponential or step",
    });
  }
  const length = over ?? formatDuration(Math.max(1, Math.ceil(connections / OPENS_PER_SEC)) * 1e6);
  const steps = ramp === "step" ? `, steps: ${Math.min(MAX_STEPS, connections)}` : "";
  return [
    `  - { phase: ramp, ramp: ${ramp ?? "linear"}, to: ${connections}${steps}, over: ${length} }`,
    `  - { phase: steady, hold: ${duration} }`,
  ];
}

/** In a comment, so on one line whatever the URL holds. */
function commandLine(url: string, options: BareUrlOptions): string {
  const given = KEYS.flatMap((key) => {
    const value = options[key];
    return value === undefined ? [] : [`--${key} ${value}`];
  });
  return ["onrush run", JSON.stringify(url), ...given].join(" ");
}

function hostOf(url: string): string {
  return /^wss?:\/\/(?:[^@/?#]*@)?([^/?#]*)/i.exec(url)?.[1] || "target";
}

/** Checks the form and keeps the text: it goes into the scenario as it was typed. */
function textOf(parse: (text: string) => Parsed<number>): (text: string) => string {
  return (text) => {
    const parsed = parse(text);
    if (parsed.ok) return text;
    throw new InvalidArgumentError(`${parsed.what}${parsed.hint === "" ? "" : `; ${parsed.hint}`}`);
  };
}
