/**
 * How soon those whom faults hit were open again, as a chart: a curve for each fault. Called by sections/faults.ts. Invariant: a curve
 * ends at the share that was restored; who never came back is the room above it.
 */
import type { RecoveryCurve } from "../faults-section.ts";
import { countOf, formatMs, formatShare } from "../text/format.ts";
import type { Block } from "./block.ts";
import type { XyCurve } from "./plot.ts";

/** Shares at which times of recovery are told. */
const MARKS = [0.5, 0.95, 0.99] as const;
const COLOURS = ["c1", "c2", "c3", "c5", "c6", "c4"] as const;

/** Nothing where no fault hit anybody who came back. */
export function recoveryChart(recovery: readonly RecoveryCurve[]): Block[] {
  const drawn = recovery.filter(({ points }) => points.length > 1).slice(0, COLOURS.length);
  if (drawn.length === 0) return [];
  const last = Math.max(...drawn.map(({ points }) => points.at(-1)?.ms ?? 0));
  const more = recovery.length - drawn.length;
  const rest = more > 0 ? ` ${countOf(more, "more fault")} in the table.` : "";
  return [
    {
      ...{ kind: "plot", shape: "xy", id: "recovery" },
      title: "Connections restored after a fault",
      about: `Share of the connections that a fault hit and that were open again, by the time since it began, or ended where it acted on open ones. Dashed: 50, 95 and 99 %.${rest}`,
      x: { label: "time since the fault", unit: "ms", to: Math.max(1, last) },
      y: { label: "restored", unit: "share", to: 1 },
      curves: drawn.map((one, at) => curve(one, at, last)),
      areas: [],
      marks: MARKS,
    },
  ];
}

/** Flat from its last connection on, as far as the others go. */
function curve({ id, points }: RecoveryCurve, at: number, last: number): XyCurve {
  const end = points.at(-1)?.share ?? 0;
  const by = points.find(({ share }) => share >= 0.95)?.ms;
  return {
    ...{ id: `fault-${at}`, label: id, colour: COLOURS[at] ?? "c7", look: "step" },
    points: [...points.map(({ ms, share }) => [ms, share] as const), [last, end]],
    rest: by === undefined ? `${formatShare(end)} restored` : `95% in ${formatMs(by)}`,
  };
}
