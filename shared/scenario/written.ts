/**
 * The way back: a strict scenario as its author could have written it: every default filled in, in the keys and units of the file.
 * Called by `onrush explain`. Invariant: what is written parses to the scenario it was made from, in the same environment
 * and beside the same files; no secret is in it, for secrets, files and placeholders stay references.
 */
import type { ScenarioInput } from "./schema.ts";
import { SECTIONS } from "./sections/registry.ts";
import type { Section } from "./sections/section.ts";
import { asRead, literal, literalAhead } from "./shape/literal.ts";
import { isMapping } from "./shape/words.ts";
import type { StrictScenario } from "./strict.ts";

/** @param given the file's content that `scenario` was made from, options applied */
export function writtenForm(scenario: StrictScenario, given: ScenarioInput): ScenarioInput {
  const sections: readonly Section[] = SECTIONS;
  const parts = sections.flatMap(({ key, written }) => {
    const part = written(scenario, given[key as keyof ScenarioInput]);
    if (part === undefined) return [];
    return [[key, WITH_REQUESTS.has(key) ? withReferences(part, secretsOf(scenario)) : part]];
  });
  return Object.fromEntries(parts) as ScenarioInput;
}

/** Sections with requests of the coordinator: their headers have had their values since the scenario was read, secrets among them. */
const WITH_REQUESTS: ReadonlySet<string> = new Set([
  ...["faults", "checkpoints", "environment", "cleanup"],
]);

/** Names of secret vars by their values, longer ones first. */
function secretsOf({ vars, secrets }: StrictScenario): ReadonlyMap<string, string> {
  const found = Object.entries(vars).map(([name, value]) => [String(value), name] as const);
  return new Map(
    found
      .filter(([value]) => value !== "" && secrets.includes(value))
      .sort(([a], [b]) => b.length - a.length),
  );
}

/** Values in headers as their references. */
function withReferences(
  node: unknown,
  secrets: ReadonlyMap<string, string>,
  isHeader = false,
): unknown {
  if (typeof node === "string") return isHeader ? referenced(node, secrets) : node;
  if (Array.isArray(node)) return node.map((one) => withReferences(one, secrets, isHeader));
  if (!isMapping(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, one]) => [
      key,
      withReferences(one, secrets, isHeader || key === "headers"),
    ]),
  );
}

/** @param written a header as literal() has it */
function referenced(written: string, secrets: ReadonlyMap<string, string>): string {
  const text = asRead(written);
  let done = "";
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const found = [...secrets].find(([value]) => text.startsWith(value, at));
    if (found === undefined) {
      plain += text[at];
      at += 1;
      continue;
    }
    const [value, name] = found;
    done += `${literalAhead(plain)}{{vars.${name}}}`;
    plain = "";
    at += value.length;
  }
  return done + literal(plain);
}
