/**
 * A collector of OpenTelemetry, as far as it takes metrics over OTLP/HTTP in JSON: keeps every export it was sent, and answers
 * as it is told. What is not as the protocol wants it is an error of the export. Used by tests of whatever is pushed.
 */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface NumberPoint {
  readonly attributes: Readonly<Record<string, string>>;
  readonly startNs: bigint;
  readonly timeNs: bigint;
  readonly value: number;
}

export interface HistogramPoint extends Omit<NumberPoint, "value"> {
  readonly count: number;
  readonly sum: number;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: "sum" | "gauge" | "histogram";
  readonly points: readonly NumberPoint[];
  readonly histograms: readonly HistogramPoint[];
}

export interface Export {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly resource: Readonly<Record<string, string>>;
  readonly metrics: ReadonlyMap<string, Metric>;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly exports: readonly Export[];
  /** What was wrong with them. */
  readonly faults: readonly string[];
}

export interface CollectorOptions {
  /** 200 unless told; 0: none, ever. */
  readonly status?: number;
  readonly statusMessage?: string;
}

export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const { status = 200, statusMessage = "" } = options;
  const exports: Export[] = [];
  const faults: string[] = [];
  const server = createServer(async (request, response) => {
    try {
      exports.push(parseExport(request, await bodyOf(request)));
    } catch (error) {
      faults.push((error as Error).message);
    }
    if (status === 0) return;
    response.writeHead(status, statusMessage, { "content-type": "application/json" });
    response.end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    exports,
    faults,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

type Json = Readonly<Record<string, unknown>>;

function parseExport({ method, url = "", headers }: IncomingMessage, body: string): Export {
  demand(method === "POST", `method ${method}`);
  demand(headers["content-type"] === "application/json", `type ${headers["content-type"]}`);
  const { resourceMetrics } = JSON.parse(body) as { resourceMetrics: Json[] };
  demand(resourceMetrics.length === 1, "one resource");
  const [{ resource, scopeMetrics } = {}] = resourceMetrics;
  const metrics = (scopeMetrics as { metrics: Json[] }[]).flatMap((scope) => scope.metrics);
  const parsed = metrics.map(parseMetric);
  const byName = new Map(parsed.map((metric) => [metric.name, metric]));
  demand(byName.size === parsed.length, "a metric twice");
  return { path: url, headers, resource: attributesOf(resource as Json), metrics: byName };
}

function parseMetric(metric: Json): Metric {
  const { name, description = "", unit = "" } = metric as Record<string, string>;
  const kind = (["sum", "gauge", "histogram"] as const).find((known) => known in metric);
  if (name === undefined || kind === undefined) throw new Error(`no metric: ${name}`);
  const data = metric[kind] as Json & { dataPoints: Json[] };
  // 2: cumulative.
  if (kind !== "gauge") demand(data["aggregationTemporality"] === 2, `${name} is not cumulative`);
  if (kind === "sum") demand(data["isMonotonic"] === true, `${name} may fall`);
  const seen = new Set(data.dataPoints.map((point) => JSON.stringify(attributesOf(point))));
  demand(seen.size === data.dataPoints.length, `${name}: a point twice`);
  const points = kind === "histogram" ? [] : data.dataPoints.map(parseNumber);
  const histograms = kind === "histogram" ? data.dataPoints.map(parseHistogram) : [];
  return { name, description, unit, kind, points, histograms };
}

function parseTimes(point: Json) {
  const startNs = BigInt(point["startTimeUnixNano"] as string);
  const timeNs = BigInt(point["timeUnixNano"] as string);
  demand(startNs > 0n && timeNs >= startNs, `counted from ${startNs} to ${timeNs}`);
  return { attributes: attributesOf(point), startNs, timeNs };
}

function parseNumber(point: Json): NumberPoint {
  const value = Number(point["asInt"] ?? point["asDouble"]);
  demand(Number.isFinite(value), "a point without a number");
  demand(!("asInt" in point) || Number.isSafeInteger(value), `${value} is no integer`);
  return { ...parseTimes(point), value };
}

function parseHistogram(point: Json): HistogramPoint {
  const bounds = point["explicitBounds"] as number[];
  const counts = (point["bucketCounts"] as (number | string)[]).map(Number);
  const count = Number(point["count"]);
  demand(counts.length === bounds.length + 1, `${counts.length} counts, ${bounds.length} bounds`);
  demand(
    counts.every((one) => Number.isSafeInteger(one) && one >= 0),
    "a count that is none",
  );
  demand(counts.reduce((sum, one) => sum + one, 0) === count, "counts that are not the count");
  demand(
    bounds.every((bound, at) => bound > (bounds[at - 1] ?? Number.NEGATIVE_INFINITY)),
    "bounds that do not rise",
  );
  const sum = Number(point["sum"]);
  demand(Number.isFinite(sum), "no sum");
  return { ...parseTimes(point), count, sum, bounds, counts };
}

function attributesOf(of: Json): Record<string, string> {
  const attributes = (of["attributes"] ?? []) as { key: string; value: { stringValue: string } }[];
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
