/**
 * Where it fails: kinds of failure by target, message, role and phase, the share of failures beside the share of the traffic.
 * Invariant: nothing for a run without failures, or with one part of each kind; a ratio is there only where chance does not
 * explain it.
 */
import type { Dimension, FailureShare } from "../../model/failure-shares.ts";
import { formatShare } from "../../text/format.ts";
import {
  type Block,
  code,
  type DataRow,
  datum,
  heading,
  lead,
  type Part,
  part,
  tableOf,
} from "../block.ts";
import type { Section } from "../section.ts";

/** Of each table; results of the whole run are in Failures. */
const MAX_ROWS = 20;
const DIMENSIONS: readonly Dimension[] = ["target", "message", "role", "phase"];

export const failureMatrix: Section = {
  meta: {
    id: "failure-matrix",
    title: "Where it fails",
    about:
      "Of a run with failures: each kind by target, message, role and phase, the share of the failures beside the share of what was tried, those that fail beyond their share first. The risk ratio, how many times as often a part fails as the others, is there only where it is 1.5 at least, or its reciprocal is, and chance does not explain it (G test, paid for bursts, at a rate of false discoveries of 1 %).",
  },

  build({ failureShares: shares = [] }) {
    if (shares.length === 0) return [];
    const [worst] = shares;
    return [
      ...(worst === undefined || (worst.ratio ?? 0) <= 1 ? [lead(EVEN)] : [worstLead(worst)]),
      ...DIMENSIONS.flatMap((by): Block[] => {
        const rows = shares.filter((share) => share.by === by);
        if (rows.length === 0) return [];
        const shape = { name: `Failures by ${by}`, keys: 2, most: MAX_ROWS };
        return [heading(`By ${by}`), tableOf(shape, partsOf(by), rows)];
      }),
      { kind: "data", rows: shares.flatMap(data) },
    ];
  },
};

const EVEN = "No part fails more often than the others, beyond what chance explains.";

function worstLead({ by, part: name, what, ofFailures, ofTraffic, ratio }: FailureShare): Block {
  const times = Number((ratio ?? 0).toPrecision(2));
  const shares = `${formatShare(ofFailures)} of the failures and ${formatShare(ofTraffic)} of what was tried`;
  return lead(
    `Most of all ${by} `,
    code(name, 80),
    ": ",
    code(what, 60),
    `, ${shares}; ${times} times as often as the others.`,
  );
}

function partsOf(by: Dimension): Part<FailureShare>[] {
  return [
    part(by, "text", ({ part: name }) => code(name, 80)),
    part("what failed", "text", ({ what }) => code(what, 60)),
    part("failed", "count", ({ failed }) => failed),
    part("tried", "count", ({ exposed }) => exposed),
    part("of failures", "share", ({ ofFailures }) => ofFailures),
    part("of tried", "share", ({ ofTraffic }) => ofTraffic),
    part("of failures; the mark: of tried", "bar", ({ ofFailures, ofTraffic }) => ({
      text: "",
      bar: { to: ofFailures, mark: ofTraffic, colour: ofFailures > ofTraffic ? "c2" : "c7" },
    })),
    part("risk ratio", "figure", ({ ratio }) =>
      ratio === null
        ? null
        : {
            text: `${Number(ratio.toPrecision(2))}`,
            value: ratio,
            ...(ratio > 1 && { tone: "bad" as const }),
          },
    ),
  ];
}

function data({ by, part: name, what, failed, exposed, ...shares }: FailureShare): DataRow[] {
  const place = { scope: "failure-share", name: `${by} ${name}: ${what}` };
  return [
    datum(place, "failed", [failed]),
    datum(place, "tried", [exposed]),
    datum(place, "of_failures", [shares.ofFailures, "share"]),
    datum(place, "of_tried", [shares.ofTraffic, "share"]),
    datum(place, "risk_ratio", [shares.ratio, "ratio"]),
  ];
}
