/**
 * Checks a decoded frame against the run it claims to be of: phases, names, shards and seconds that exist.
 * Called by merge.ts before anything is added. Invariant: what passes cannot grow any table beyond the
 * bounds the plan gives.
 */
import { OnrushError } from "../../shared/errors.ts";
import { countedPhases } from "../../shared/scenario/fault-windows.ts";
import { namesOf, rolesOf } from "../../shared/scenario/names.ts";
import { pickedOf } from "../../shared/scenario/strict-observe.ts";
import { METRICS } from "../../shared/stats/counters.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";
import type { RunFacts } from "./facts.ts";

/** Seconds a run may take beyond its plan and drain: workers that ran late, stops, clocks. */
const OVERTIME_SECONDS = 120;
const MAX_ENGINES = 1024;

export function lastPossibleSecond(facts: RunFacts): number {
  return Math.ceil((facts.durationUs + facts.drainUs) / 1_000_000) + OVERTIME_SECONDS;
}

/** @throws OnrushError ONRUSH_FRAME_INVALID */
export function checkFrame(frame: Frame, facts: RunFacts): void {
  const phases = countedPhases(facts.scenario);
  const names = namesOf(facts.scenario).length;
  const roles = rolesOf(facts.scenario).length;
  within("engine", frame.engine, 0, MAX_ENGINES - 1);
  within("second", frame.second, -1, lastPossibleSecond(facts));
  for (const { phase } of frame.phases) within("phase", phase, 0, phases - 1);
  for (const { phase, name } of frame.names) {
    within("phase", phase, 0, phases - 1);
    within("message name", name, 0, names - 1);
  }
  for (const { phase, target } of frame.targets) {
    within("phase", phase, 0, phases - 1);
    within("target", target, 0, facts.scenario.targets.length - 1);
  }
  for (const { phase, role } of frame.roles) {
    within("phase", phase, 0, phases - 1);
    within("role", role, 0, roles - 1);
  }
  for (const { metric, phase, name } of frame.histograms) {
    within("metric", metric, 0, METRICS.length - 1);
    within("phase", phase, 0, phases - 1);
    within("message name", name, -1, names - 1);
  }
  for (const { name } of frame.scopes) within("message name", name, 0, names - 1);
  for (const { phase, name } of frame.reaches) {
    within("phase", phase, 0, phases - 1);
    within("message name", name, 0, names - 1);
  }
  for (const { shard } of frame.shards) within("shard", shard, 0, facts.shards - 1);
  for (const { phase } of frame.failures) within("phase", phase, 0, phases - 1);
  const picks = pickedOf(facts.scenario.observe).length;
  for (const { pick } of frame.sentinel?.readings ?? []) within("reading", pick, 0, picks - 1);
  for (const { target } of frame.sentinel?.probes ?? []) {
    within("target", target, 0, facts.scenario.targets.length - 1);
  }
  for (const { phase, target, role, lastName } of [...frame.events, ...frame.controls]) {
    within("phase", phase, 0, phases - 1);
    within("target", target, 0, facts.scenario.targets.length - 1);
    within("role", role, 0, roles - 1);
    within("message name", lastName, -1, names - 1);
  }
}

function within(what: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw new OnrushError({
    code: "ONRUSH_FRAME_INVALID",
    message: `A frame names ${what} ${value}; this run has ${from} to ${to}.`,
  });
}
