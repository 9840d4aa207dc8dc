/**
 * Options of other load generators, and what does the same here. Used by program.ts for an option that is not known.
 * Invariant: the answer names an option of `onrush run`, or a key of the scenario.
 */

const SAME_HERE: Readonly<Record<string, string>> = {
  "--vus": "-c, --connections",
  "--users": "-c, --connections",
  "--clients": "-c, --connections",
  "--iterations": "messages.rate of the scenario",
  "--run-time": "-d, --duration",
  "--time": "-d, --duration",
  "--spawn-rate": "--over",
  "--arrival-rate": "--rate",
  "--host": "the URL as the argument",
  "--target": "the URL as the argument",
  "--url": "the URL as the argument",
  "--stage": "load of the scenario",
  "--threads": "--workers",
};

/** @param text what the parser says of an option that it does not know, with the name it takes for similar */
export function withOptionOfOtherTools(text: string): string {
  const [, option = ""] = /unknown option '(--[a-z-]+)/.exec(text) ?? [];
  const same = Object.hasOwn(SAME_HERE, option) ? SAME_HERE[option] : undefined;
  if (same === undefined) return text;
  return `${text.split("\n", 1)[0]}\n(${option} of other tools is ${same} here)\n`;
}
