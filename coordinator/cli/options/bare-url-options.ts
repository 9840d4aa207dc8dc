/**
 * The options of a run without a scenario file. Called by the run command. Invariant: a value that is not of its form is
 * wrong usage; one that is, goes into the scenario as it was typed.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { OnrushError } from "../../../shared/errors.ts";
import {
  type Parsed,
  parseDuration,
  parseRate,
  parseSize,
} from "../../../shared/scenario/units.ts";
import { URL_LOAD_KEYS, URL_RAMPS, type UrlLoad } from "../../launch/scenario/bare-url.ts";
import { parseConnections } from "./values.ts";

export interface BareUrlOptions extends UrlLoad {
  readonly printScenario?: boolean;
}

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
      new Option("--ramp <SHAPE>", "for a URL: how they come (default: linear)").choices(URL_RAMPS),
    )
    .option(
      "--over <TIME>",
      "for a URL: how long the ramp takes (default: 1s for each 1,000)",
      textOf(parseDuration),
    )
    .option("--print-scenario", "for a URL: print the scenario it stands for, start nothing");
}

/** @throws OnrushError ONRUSH_USAGE when options of a bare URL are given with a scenario file */
export function refuseBareUrlOptions(options: BareUrlOptions): void {
  const given = [...URL_LOAD_KEYS, "printScenario" as const].find(
    (key) => options[key] !== undefined,
  );
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
  return URL_LOAD_KEYS.flatMap((key) => {
    const value = options[key];
    return value === undefined ? [] : [`--${key}`, String(value)];
  });
}

/** Checks the form and keeps the text: it goes into the scenario as it was typed. */
function textOf(parse: (text: string) => Parsed<number>): (text: string) => string {
  return (text) => {
    const parsed = parse(text);
    if (parsed.ok) return text;
    throw new InvalidArgumentError(`${parsed.what}${parsed.hint === "" ? "" : `; ${parsed.hint}`}`);
  };
}
