/** What faults of the scenario did, one by one, and how soon it was over. Invariant: it is left out of runs without faults. */
import type { Summary } from "../../summary-schema.ts";
import { countOf, formatCount, formatMs, formatShare } from "../../text/format.ts";
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
  prose,
  table,
} from "../block.ts";
import { outcomeData, outcomeTables } from "../fault-outcomes.ts";
import { momentOf } from "../moments.ts";
import { recordData } from "../quantiles.ts";
import { recoveryChart } from "../recovery-chart.ts";
import type { Section } from "../section.ts";

type Fault = Summary["faults"][number];

/** As many as a scenario may have windows. */
const MOST = 200;
const COMPACT = 3;

const COLUMNS = [
  column("fault", "text"),
  column("began", "text"),
  column("ended", "text"),
  column("planned"),
  column("affected"),
  column("unaffected"),
  column("restored"),
  column("50%", "ms", "to50"),
  column("95%", "ms", "to95"),
  column("99%", "ms", "to99"),
  column("attempts"),
  column("peak handshakes/s", "count", "peak_handshakes"),
];
const LOSSES = [
  column("fault", "text"),
  column("noticed by the target", "count", "noticed"),
  column("median time to notice", "ms", "detect"),
  column("gave up", "count", "gave_up"),
  column("closed before", "count", "closed"),
  column("messages not sent", "count", "not_sent"),
  column("replies cut off", "count", "cut_off"),
  column("extra messages", "count", "extra"),
];

const OTHERS = [
  column("fault", "text"),
  column("p50 before", "ms", "p50_before"),
  column("during", "ms", "p50_during"),
  column("after", "ms", "p50_after"),
  column("p99 before", "text", "p99_before"),
  column("p99 during", "text", "p99_during"),
  column("p99 after", "text", "p99_after"),
  column("goodput before", "perSecond", "goodput_before"),
  column("goodput after", "perSecond", "goodput_after"),
  column("as before", "text", "back"),
];
const MEANWHILE = [column("fault", "text"), column("message", "text"), column("share", "share")];
const OUTSIDE = [
  column("fault", "text"),
  column("kind", "text"),
  column("planned at", "text"),
  column("began", "text"),
  column("took", "ms"),
  column("done", "text"),
  column("outcome", "text"),
];

export const faults: Section = {
  meta: {
    id: "faults",
    title: "Faults",
    about:
      "Of a scenario with `faults` ([faults.md](faults.md)): whom each one hit, how soon they were open again, with how many attempts, and what it cost in messages. What faults do is no failure of the target, and in no threshold.",
  },

  build({ summary: { faults: all, outside }, recovery = [] }) {
    const beside =
      outside.length === 0
        ? []
        : [table({ name: "Outside of the load", columns: OUTSIDE, most: MOST }, outside.map(done))];
    if (all.length === 0) return beside;
    return [
      lead(leadText(all)),
      table({ name: "Faults", columns: COLUMNS, most: MOST }, all.map(row)),
      ...recoveryChart(recovery),
      table({ name: "What faults cost", columns: LOSSES, most: MOST }, all.map(costs)),
      table(
        { name: "What faults did to the others", columns: OTHERS, most: MOST },
        all.map(others),
      ),
      note(
        "Latency is that of connections no fault touched, up to 10 s before it, until all it hit were back, and up to 10 s after, with intervals of 95 % where there are 5 seconds. Goodput is replies in time a second, of all, at the load before the fault; it is as before when the median of 5 s is 95 % of it and p99 1.2 times that before at most, and no longer awaited after 30 s, or three times as long as the fault lasted.",
      ),
      ...meanwhile(all),
      ...outcomeTables(all, MOST),
      note(
        "50%, 95% and 99% are the times by which so many of all the connections it hit were open again, from the beginning of a fault that ends connections, and from the end of one that acts on open ones. Peak handshakes are those of all connections, of the busiest second until the last was open again.",
      ),
      ...beside,
      { kind: "data", rows: all.flatMap(data) },
    ];
  },

  brief({ summary: { faults: all, outside } }) {
    const beside = outside.slice(0, COMPACT).map(({ id, ok, outcome }) => ({
      label: "fault",
      text: prose(`${id}: ${ok === true ? "done" : "not done"}, ${outcome ?? "nobody knows"}`),
    }));
    if (all.length === 0) return beside.length === 0 ? [] : [facts(...beside)];
    const rows = all.slice(0, COMPACT).map((fault) => ({
      label: "fault",
      text: prose(`${fault.id}: ${briefText(fault)}`),
    }));
    const more = all.length - rows.length;
    if (more > 0) rows.push({ label: "", text: prose(`… and ${countOf(more, "more fault")}`) });
    return [facts(...rows, ...beside)];
  },
};

function leadText(all: readonly Fault[]): string {
  const affected = all.reduce((sum, fault) => sum + fault.affected, 0);
  const restored = all.reduce((sum, fault) => sum + fault.restored, 0);
  return `${countOf(all.length, "fault")} hit ${countOf(affected, "connection")}; ${formatCount(restored)} were as before when it was over.`;
}

function briefText({ affected, restored, recovered, attempts, wanted }: Fault): string {
  const { to99Ms } = recovered;
  const soon = to99Ms === null ? "99% never restored" : `99% restored in ${formatMs(to99Ms)}`;
  const asked =
    wanted === null || wanted.observed === null
      ? ""
      : `, ${formatShare(wanted.observed)} within ${formatMs(wanted.withinMs)}`;
  return `${formatCount(affected)} affected, ${formatCount(restored)} restored, ${soon}${asked}, ${countOf(attempts, "attempt")}`;
}

function row(fault: Fault): Cell[] {
  const { id, from, to, planned, affected, unaffected, restored, recovered } = fault;
  return [
    code(id, 120),
    momentOf(from / 1000),
    to === from ? "at once" : momentOf(to / 1000),
    ...[planned, affected, unaffected, restored],
    ...[recovered.to50Ms, recovered.to95Ms, recovered.to99Ms],
    ...[fault.attempts, fault.peakHandshakes],
  ];
}

function others({ id, latency: { before, during, after }, goodput }: Fault): Cell[] {
  const stretches = [before, during, after];
  return [
    code(id, 120),
    ...stretches.map((one) => one?.p50.ms ?? null),
    ...stretches.map((one) => (one === null ? null : intervalText(one.p99))),
    ...[goodput.before, goodput.after],
    backCell(goodput),
  ];
}

function backCell({ back, backMs, returned }: Fault["goodput"]): Cell {
  if (back === "yes") return `after ${formatMs(backMs)}`;
  if (back === "unknown") return "not known";
  const later =
    returned === undefined ? "" : `, until the load fell to ${formatShare(returned.load)}`;
  return { text: `no${later}`, tone: "bad" };
}

type Stretch = NonNullable<Fault["latency"]["before"]>;

function intervalText({ ms, low, high }: Stretch["p99"]): string {
  if (low === null || high === null) return formatMs(ms);
  return `${formatMs(ms)} (${formatMs(low)} to ${formatMs(high)})`;
}

function costs({ id, noticed, detectMs, gaveUp, closed, messages }: Fault): Cell[] {
  const { notSent, cutOff, extra = 0 } = messages;
  return [code(id, 120), noticed, detectMs, gaveUp, closed, notSent, cutOff, extra];
}

/** Replies in time while it lasted, of those before it, for what was offered. */
function meanwhile(all: readonly Fault[]): Block[] {
  const rows = all.flatMap(({ id, goodput: { during } }): Cell[][] =>
    during === undefined
      ? []
      : [
          [code(id, 120), "all", during.share],
          ...Object.entries(during.byName).map(([name, share]) => [
            code(id, 120),
            code(name),
            share,
          ]),
        ],
  );
  if (rows.length === 0) return [];
  const named = { name: "What the service still did meanwhile", columns: MEANWHILE, most: MOST };
  return [table(named, rows)];
}

function done({ id, kind, at, began, tookMs, ok, outcome }: Summary["outside"][number]): Cell[] {
  const isDone = ok === null ? "not known" : ok ? "yes" : "no";
  return [
    ...[code(id, 120), kind, momentOf(at / 1000)],
    ...[
      began === null ? "never" : momentOf(began / 1000),
      tookMs,
      isDone,
      code(outcome ?? "", 300),
    ],
  ];
}

function data({
  id,
  kind: _,
  from: _1,
  to: _2,
  recovered,
  messages,
  latency,
  goodput,
  outcomes,
  outcomeMs,
  wanted,
  ...fault
}: Fault): DataRow[] {
  const place = { scope: "fault", name: id };
  const { detectMs, ...counts } = fault;
  const ms = (measure: string, value: number | null): DataRow => {
    return { ...place, measure, statistic: "time", unit: "ms", value };
  };
  return [
    ...recordData(place, { ...counts, ...messages }, "fault_"),
    ...outcomeData({ id, outcomes, outcomeMs }),
    ms("fault_detect", detectMs),
    ms("fault_to50", recovered.to50Ms),
    ms("fault_to95", recovered.to95Ms),
    ms("fault_to99", recovered.to99Ms),
    ...(["before", "during", "after"] as const).flatMap((when) => [
      ms(`fault_others_p50_${when}`, latency[when]?.p50.ms ?? null),
      ms(`fault_others_p99_${when}`, latency[when]?.p99.ms ?? null),
    ]),
    datum(place, "fault_goodput_before", [goodput.before, "1/s"]),
    datum(place, "fault_goodput_after", [goodput.after, "1/s"]),
    ms("fault_goodput_back", goodput.backMs),
    ...(goodput.during === undefined
      ? []
      : [datum(place, "fault_goodput_during", [goodput.during.share, "", "share"])]),
    ...(wanted === null
      ? []
      : [
          {
            ...{ ...place, measure: "fault_restored_in_time", statistic: "share", unit: "" },
            value: wanted.observed,
          },
        ]),
  ];
}
