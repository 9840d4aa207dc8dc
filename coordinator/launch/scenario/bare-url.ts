/**
 * A run without a scenario file: `onrush run ws://host:port/ -c 100 -d 10s`. Writes the scenario such a command
 * line stands for. Called by the commands run and doctor, and by the API. Invariant: what is written is an ordinary
 * scenario file: it passes the same checks, is kept in the run directory, and does the same when it is run again.
 */
import { OnrushError } from "../../../shared/errors.ts";
import { formatDuration, parseRate, parseSize } from "../../../shared/scenario/units.ts";

export const URL_RAMPS = ["linear", "exponential", "step", "burst"] as const;

/** The load on a bare URL. Durations, rates and sizes as in a scenario file. */
export interface UrlLoad {
  /** Default: 10. */
  readonly connections?: number;
  /** How long they are held, after the ramp. Default: 10s. */
  readonly duration?: string;
  /** Messages of each connection; 0/s sends none. Default: 1/s. */
  readonly rate?: string;
  /** Of a message, bytes. Default: 64. */
  readonly size?: string;
  /** How connections come. Default: linear. */
  readonly ramp?: (typeof URL_RAMPS)[number];
  /** How long the ramp takes. Default: 1s for each 1,000 connections. */
  readonly over?: string;
}

/** Those of UrlLoad, in the order of the command line. */
export const URL_LOAD_KEYS = ["connections", "duration", "rate", "size", "ramp", "over"] as const;

const DEFAULTS = { connections: 10, duration: "10s", rate: "1/s", size: "64" } as const;
/** How fast connections come when nobody says: gentle to the backlog of any server. */
const OPENS_PER_SEC = 1000;
const MAX_STEPS = 5;
/** Bytes a stamp takes of a payload; smaller messages are matched in their order. */
const STAMP_BYTES = 16;
const REPLY_WITHIN = "5s";

export function isTargetUrl(text: string): boolean {
  return /^wss?:\/\//i.test(text);
}

/**
 * The scenario as YAML text.
 * @throws OnrushError ONRUSH_USAGE for options that do not fit together
 */
export function scenarioOfUrl(url: string, options: UrlLoad): string {
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

function loadOf(connections: number, duration: string, { ramp, over }: UrlLoad): string[] {
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
function commandLine(url: string, options: UrlLoad): string {
  const given = URL_LOAD_KEYS.flatMap((key) => {
    const value = options[key];
    return value === undefined ? [] : [`--${key} ${value}`];
  });
  return ["onrush run", JSON.stringify(url), ...given].join(" ");
}

function hostOf(url: string): string {
  return /^wss?:\/\/(?:[^@/?#]*@)?([^/?#]*)/i.exec(url)?.[1] || "target";
}
