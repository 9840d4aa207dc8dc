/**
 * Goal: each scenario of the stress library passes against a sound service, with counts that are the service's own, and its faults and
 * searches take place. Method: as `onrush init` writes it, with a fraction of its users and its times made short; the built programs.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { STRESS_TEMPLATES } from "../../coordinator/cli/commands/templates/stress/registry.ts";
import { formatDuration, parseDuration } from "../../shared/scenario/units.ts";
import { endedWell, onrush, scratch, startTarget } from "../support/programs.ts";

const FASTER = 40;
const FEWER = 5;
const [SHORTEST_US, LONGEST_US] = [300_000, 2_000_000];

type Mapping = Record<string, unknown>;
interface Written {
  readonly load: Mapping[];
  readonly faults?: Mapping[];
}

function short(time: unknown): string {
  const parsed = parseDuration(String(time));
  if (!parsed.ok) throw new Error(parsed.what);
  return formatDuration(Math.min(LONGEST_US, Math.max(SHORTEST_US, parsed.value / FASTER)));
}

/** With fewer users, and times made short; a search has three steps. */
function shortened({ ramp, step, ...mapping }: Mapping): Mapping {
  if (ramp === "find-limit") {
    const few = Number(step) / FEWER;
    return { ...mapping, ramp, step: few, to: 3 * few, settle: short(mapping["settle"]) };
  }
  const entries = Object.entries(mapping).map(([key, value]) => {
    if (["over", "hold", "for", "every"].includes(key)) return [key, short(value)];
    if (key === "to") return [key, Math.ceil(Number(value) / FEWER)];
    if (key === "at") {
      return [key, String(value).replace(/\+(.*)$/, (_, offset) => `+${short(offset)}`)];
    }
    return [key, value];
  });
  return { ...Object.fromEntries(entries), ...(ramp !== undefined && { ramp }) };
}

it.each(Object.entries(STRESS_TEMPLATES))("%s", async (name, { text }) => {
  await using target = await startTarget();
  using folder = scratch();
  const file = join(folder.path, `${name}.yaml`);
  const written = parse(text) as Written;
  const load = written.load.map(shortened);
  const faults = (written.faults ?? []).map(shortened);
  writeFileSync(file, JSON.stringify({ ...written, target: target.url, load, faults }));
  const result = await onrush(["run", file, "--json", "--run-dir", join(folder.path, "run")]);
  expect(result.summary?.thresholds.filter(({ passed }) => passed === false)).toEqual([]);
  expect(endedWell(result), result.stderr).toBe(true);
  const counts = await target.stats();
  expect(result.summary?.connections.established).toBe(counts.accepted);
  expect(result.summary?.messages.sent).toBe(counts.messagesIn);
  expect(counts.messagesIn).toBeGreaterThan(0);
  for (const { affected } of result.summary?.faults ?? []) expect(affected).toBeGreaterThan(0);
});
