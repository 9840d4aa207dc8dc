/**
 * results.csv: every number of a run as one tidy table, one number a row, for spreadsheets and data frames. Rendered
 * from the model. Invariants: an empty value is a missing measure; no text can start a formula, and hidden characters
 * are shown; bounded by what the model is bounded by.
 */
import { escapeControls } from "../../shared/scenario/issue.ts";
import { csvText } from "./csv-text.ts";
import type { ReportModel } from "./model.ts";
import type { Quantiles, Summary } from "./summary-schema.ts";

export const RESULT_COLUMNS = [
  "scope",
  "phase",
  "name",
  "measure",
  "statistic",
  "unit",
  "value",
] as const;

/** Characters of a name or signature; what is beyond is in summary.json. */
const MAX_TEXT = 500;

/** What a row is about. */
interface Place {
  readonly scope: "run" | "phase" | "message" | "threshold" | "failure" | "close" | "worker";
  readonly phase?: string;
  readonly name?: string;
}
type Row = readonly [
  place: Place,
  measure: string,
  statistic: string,
  unit: string,
  value: number | null,
];

/** Whole text, header first. */
export function resultsCsv(model: ReportModel): string {
  let text = `${RESULT_COLUMNS.join(",")}\n`;
  for (const [place, measure, statistic, unit, value] of rows(model)) {
    const cells = [place.scope, cell(place.phase), cell(place.name), cell(measure)];
    text += `${[...cells, statistic, unit, value ?? ""].join(",")}\n`;
  }
  return text;
}

function cell(text = ""): string {
  return csvText(escapeControls(text.slice(0, MAX_TEXT)));
}

function* rows(model: ReportModel): Generator<Row> {
  const { summary } = model;
  yield* runRows(summary);
  for (const phase of summary.phases) {
    const place: Place = { scope: "phase", phase: phase.phase };
    yield [place, "from", "value", "ms", phase.from];
    yield [place, "to", "value", "ms", phase.to];
    yield [place, "excluded", "value", "bool", Number(phase.excluded)];
    yield* flat(place, phase.connections, "connections_");
    yield* flat(place, phase.messages, "messages_");
  }
  for (const { name, phase, latency, service } of model.latency.breakdown) {
    const place: Place = { scope: "message", phase, name };
    yield* quantileRows(place, "latency", latency);
    yield* quantileRows(place, "service", service);
  }
  for (const [name, figures] of Object.entries(summary.messages.byName)) {
    yield* flat({ scope: "message", name }, figures, "messages_");
  }
  yield* listRows(model);
}

function* runRows(summary: Summary) {
  const { exitCode, durationSeconds, validity, connections, messages, capacity } = summary;
  const run: Place = { scope: "run" };
  const { failedByKind: _, closedByCause: __, stages, ...counts } = connections;
  const { byName: ___, skippedBy, ...flows } = messages;
  yield [run, "exit_code", "value", "", exitCode] as Row;
  yield [run, "duration", "value", "s", durationSeconds] as Row;
  yield [run, "valid", "value", "bool", Number(validity.valid)] as Row;
  yield [run, "ledger_balanced", "value", "bool", Number(validity.ledger.balanced)] as Row;
  yield [run, "frames_missing", "count", "", validity.framesMissing] as Row;
  yield [run, "masked", "value", "s", validity.maskedSeconds] as Row;
  yield [run, "disturbed", "value", "s", validity.disturbedSeconds] as Row;
  yield [run, "delivered", "value", "share", validity.deliveredShare] as Row;
  yield* quantileRows(run, "send_lag", validity.sendLagMs);
  yield* flat(run, counts, "connections_");
  yield* flat(run, stages, "");
  yield* flat(run, flows, "messages_");
  for (const [why, count] of Object.entries(skippedBy)) {
    yield [run, `messages_skipped_${snake(why)}`, "count", "", count] as Row;
  }
  yield [run, "started", "value", "bool", Number(summary.started)] as Row;
  for (const key of ["sustainable", "limit", "knee", "tested"] as const) {
    if (capacity) yield [run, `capacity_${key}`, "value", "connections", capacity[key]] as Row;
  }
}

function* listRows({ summary, workers }: ReportModel): Generator<Row> {
  for (const { metric, rule, observed, limit, passed } of summary.thresholds) {
    const place: Place = { scope: "threshold", name: `${metric} ${rule}` };
    yield [place, "threshold", "observed", "", observed];
    yield [place, "threshold", "limit", "", limit];
    yield [place, "threshold", "passed", "bool", Number(passed)];
  }
  for (const { kind, signature, count, firstSeen, lastSeen } of summary.failures) {
    const place: Place = { scope: "failure", name: `${kind}: ${signature}` };
    yield [place, kind, "count", "", count];
    yield [place, kind, "first_seen", "ms", firstSeen];
    yield [place, kind, "last_seen", "ms", lastSeen];
  }
  for (const [cause, count] of Object.entries(summary.connections.closedByCause)) {
    yield [{ scope: "close", name: cause }, "closed", "count", "", count];
  }
  for (const worker of workers) {
    const place: Place = { scope: "worker", name: worker.id };
    yield [place, "peak_connections", "count", "", worker.peakConnections];
    yield [place, "cpu", "mean", "cores", worker.cpu];
    yield [place, "saturated", "value", "s", worker.saturatedSeconds];
    yield [place, "frames", "count", "", worker.frames];
    yield* quantileRows(place, "loop_lag", worker.loopLagMs);
  }
}

/** A record of counts and distributions, by its own keys; counts of two records may bear one name. */
function* flat(
  place: Place,
  record: Readonly<Record<string, unknown>>,
  prefix: string,
): Generator<Row> {
  for (const [key, value] of Object.entries(record)) {
    const measure = prefix + snake(key);
    if (key.endsWith("Ms")) {
      yield* quantileRows(place, snake(key.slice(0, -2)), value as Quantiles | null);
    } else if (key.startsWith("bytes")) yield [place, measure, "value", "B", Number(value)];
    else if (typeof value === "number") yield [place, measure, "count", "", value];
    else if (value === null) yield [place, measure, "count", "", null];
  }
}

function* quantileRows(place: Place, measure: string, q: Quantiles | null): Generator<Row> {
  if (q === null) {
    yield [place, measure, "count", "", 0];
    return;
  }
  const { count, ...times } = q;
  yield [place, measure, "count", "", count];
  for (const [statistic, ms] of Object.entries(times)) yield [place, measure, statistic, "ms", ms];
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
