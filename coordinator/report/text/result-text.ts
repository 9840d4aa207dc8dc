/**
 * Results in words that every format uses: what a search for the limit found, what was received, and which part
 * of the run a figure is of. Called by the renderers. Pure. Invariant: one wording, so that no two formats can differ.
 */

import type { Summary } from "../summary-schema.ts";
import { formatCount, formatSeconds } from "./format.ts";

/** "sustainable 2,000, limit 2,063, knee not found, tested up to 2,500 connections". */
export function capacityText(capacity: NonNullable<Summary["capacity"]>): string {
  const { sustainable, limit, knee, tested } = capacity;
  const shown = (value: number | null) => (value === null ? "not found" : formatCount(value));
  return `sustainable ${shown(sustainable)}, limit ${shown(limit)}, knee ${shown(knee)}, tested up to ${shown(tested)} connections`;
}

/** What it rests on, one sentence each. */
export function capacityBasis({ basis }: NonNullable<Summary["capacity"]>): string[] {
  return basis.split("; ");
}

/** What counts are of. */
export function countsScope({ phases }: Summary): string {
  return phases.some(({ excluded }) => excluded) ? "whole run, excluded phases too" : "whole run";
}

/** What thresholds, and run-wide figures of times, are of; "whole run" when nothing is left out. */
export function timesScope({ phases, validity }: Summary): string {
  const excluded = phases.filter((phase) => phase.excluded).length;
  const parts = [
    // Where all phases are excluded, as in a search for the limit, times are of all of them.
    ...(excluded > 0 && excluded < phases.length ? ["excluded phases"] : []),
    ...(validity.maskedSeconds > 0
      ? [`${formatSeconds(validity.maskedSeconds)} that do not count`]
      : []),
  ];
  return parts.length === 0 ? "whole run" : `without ${parts.join(" and ")}`;
}

/** Of what was received: "8,098 received: 954 replies in time, 3 late, 7,141 pushed (not asked for)". */
export function receivedText({ messages: m }: Summary): string {
  const parts: [number | null, string][] = [
    [m.matched, "replies in time"],
    [m.rejected, "replies that said their request failed"],
    [m.late, "too late"],
    [m.recognised, "recognised otherwise"],
    [m.unsolicited, "pushed (unsolicited)"],
    [m.duplicated, "duplicated"],
    [m.corrupt, "corrupt"],
    [m.leaked, "leaked"],
  ];
  const told = parts
    .filter(([count]) => count !== null && count > 0)
    .map(([count, what]) => `${formatCount(count ?? 0)} ${what}`);
  const inside =
    m.parts === null || m.parts === 0 ? "" : `, ${formatCount(m.parts)} more inside them`;
  const all = `${formatCount(m.received)} received${inside}`;
  return told.length === 0 ? all : `${all}: ${told.join(", ")}`;
}
