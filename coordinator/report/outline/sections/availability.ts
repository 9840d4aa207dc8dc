/**
 * Who was served of those that should have been, outages, and what that says about times between and to repair. Invariant: a
 * mean is shown with its interval, and with how many outages it is of.
 */
import type { SummaryAvailability } from "../../summary-availability-schema.ts";
import { countOf, formatCount, formatSeconds, formatShare } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  datum,
  facts,
  lead,
  note,
  table,
} from "../block.ts";
import { momentOf } from "../moments.ts";
import type { Section } from "../section.ts";

/** As many as the summary lists. */
const MOST = 200;
const MONTH_SECONDS = 30 * 24 * 3600;

const OUTAGES = [
  column("of", "text"),
  column("began", "text"),
  column("ended", "text"),
  column("took", "seconds"),
  column("users down at most", "count", "users"),
  column("of all", "share", "depth"),
  column("seconds of users", "count", "user_seconds"),
];
const WINDOWS = [
  column("of", "text"),
  column("worst user-uptime", "share", "user_uptime"),
  column("from", "text"),
  column("times the error budget", "figure", "burn"),
];

export const availability: Section = {
  meta: {
    id: "availability",
    title: "Availability",
    about:
      "The share of the time of users in which they were served, of those that should have been ([availability.md](availability.md)): outages, times between and to repair with their intervals, the worst stretches, and the error budget. What faults of the scenario did is left out.",
  },

  build({ summary: { availability: seen } }) {
    if (seen === null) return [];
    return [
      lead(leadText(seen)),
      facts(...meanFacts(seen)),
      ...outageTable(seen),
      table(
        { name: "Worst stretches", columns: WINDOWS, most: MOST },
        seen.worst.map((one) => windowRow(one, seen)),
      ),
      note(noteText(seen)),
      { kind: "data", rows: data(seen) },
    ];
  },

  brief({ summary: { availability: seen } }) {
    if (seen === null) return [];
    return [facts({ label: "availability", text: briefText(seen) })];
  },
};

function leadText({ userUptime, interval, downSeconds, outageCount }: SummaryAvailability): string {
  const sure =
    interval === null
      ? "; the run is too short to say how sure that is"
      : ` (95%: ${formatShare(interval.low)} to ${formatShare(interval.high)})`;
  const lost = `${formatSeconds(downSeconds)} of users' time lost`;
  return `Users were served ${formatShare(userUptime)} of the time${sure}. ${countOf(outageCount, "outage")}, ${lost} in all.`;
}

function briefText({ userUptime, outageCount, mttrSeconds }: SummaryAvailability): string {
  const repair =
    mttrSeconds === null
      ? ""
      : ` of ${formatSeconds(mttrSeconds)}${outageCount === 1 ? "" : " on average"}`;
  return `users served ${formatShare(userUptime)} of the time, ${countOf(outageCount, "outage")}${repair}`;
}

function meanFacts(seen: SummaryAvailability) {
  const { mtbfSeconds, mtbfInterval, mttrSeconds, mttrInterval, outageCount, connections } = seen;
  const allowed = (1 - seen.objective) * MONTH_SECONDS;
  const spent = seen.burn * (1 - seen.objective) * seen.observedSeconds;
  return [
    {
      label: "MTBF",
      text: `${meanText(mtbfSeconds, mtbfInterval)}, of ${countOf(outageCount, "outage")}`,
    },
    { label: "MTTR", text: meanText(mttrSeconds, mttrInterval) },
    {
      label: "a connection",
      text: `${meanText(connections.mtbfSeconds, connections.mtbfInterval)} served for each of ${formatCount(connections.dropped)} that were dropped`,
    },
    {
      label: "error budget",
      text: `downtime was ${times(seen.burn)} what ${formatShare(seen.objective)} allows; it took ${formatSeconds(spent)} of the ${formatSeconds(allowed)} of 30 days`,
    },
  ];
}

/** "12.3 s (95%: 8.1 s to 20 s)", "at least 20 min 2 s (95%)". */
function meanText(mean: number | null, interval: SummaryAvailability["mtbfInterval"]): string {
  if (interval === null) return "none";
  const { low, high } = interval;
  if (mean === null || high === null) return `at least ${formatSeconds(low)} (95%)`;
  return `${formatSeconds(mean)} (95%: ${formatSeconds(low)} to ${formatSeconds(high)})`;
}

function times(burn: number): string {
  return burn < 0.005 && burn > 0 ? "< 0.01 times" : `${burn.toFixed(2)} times`;
}

function outageTable({ outages, outageCount }: SummaryAvailability): Block[] {
  if (outages.length === 0) return [];
  const hidden = outages.length === MOST ? Math.max(0, outageCount - MOST) : 0;
  const shape = { name: "Outages", columns: OUTAGES, most: MOST, more: hidden };
  return [table(shape, outages.map(outageRow))];
}

function outageRow(one: SummaryAvailability["outages"][number]): Cell[] {
  const { target, from, to, users, depth, userSeconds, goesOn } = one;
  return [
    target === null ? "all" : code(target, 120),
    momentOf(from / 1000),
    goesOn ? "not yet" : momentOf(to / 1000),
    ...[(to - from) / 1000, users, depth, userSeconds],
  ];
}

function windowRow(
  { seconds, userUptime, from }: SummaryAvailability["worst"][number],
  { objective }: SummaryAvailability,
): Cell[] {
  const burn = (1 - userUptime) / (1 - objective);
  return [formatSeconds(seconds), userUptime, momentOf(from / 1000), burn.toFixed(1)];
}

function noteText({ rule, injected }: SummaryAvailability): string {
  const { below, lastsSeconds, mergeSeconds } = rule;
  const left = injected.upSeconds + injected.downSeconds;
  const faults =
    left > 0
      ? ` ${formatSeconds(left)} of users' time are left out: faults had a hand in them.`
      : "";
  return `An outage is a time in which fewer than ${formatShare(below)} of users were served, for ${formatSeconds(lastsSeconds)} at least; two with less than ${formatSeconds(mergeSeconds)} between them are one. A user is served who is connected and whose last reply came in time. Times between and to repair take outages to come at random.${faults}`;
}

function data(seen: SummaryAvailability): DataRow[] {
  const place = { scope: "run" };
  const row = (measure: string, value: number | null, unit = "") =>
    datum(place, `availability_${measure}`, [value, unit, "value"]);
  return [
    row("user_uptime", seen.userUptime),
    row("user_uptime_low", seen.interval?.low ?? null),
    row("user_uptime_high", seen.interval?.high ?? null),
    row("up", seen.upSeconds, "s"),
    row("down", seen.downSeconds, "s"),
    row("outages", seen.outageCount),
    row("mtbf", seen.mtbfSeconds, "s"),
    row("mtbf_low", seen.mtbfInterval?.low ?? null, "s"),
    row("mtbf_high", seen.mtbfInterval?.high ?? null, "s"),
    row("mttr", seen.mttrSeconds, "s"),
    row("mttr_low", seen.mttrInterval?.low ?? null, "s"),
    row("mttr_high", seen.mttrInterval?.high ?? null, "s"),
    row("burn", seen.burn),
    ...seen.worst.map(({ seconds, userUptime }) =>
      datum(place, "availability_worst", [userUptime, "", `${seconds}s`]),
    ),
  ];
}
