/**
 * The results a run can be written as, beside what its directory always holds, and where else it can be watched. Used by
 * the schema of scenario files, by `--out` and by the report. Invariant: a name, once given, keeps its meaning.
 */

/** Formats of the report. */
export const OUTPUT_KINDS = ["html", "json", "md", "csv", "junit", "pdf"] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** What a run can be asked for: a report, or figures elsewhere while it goes on. */
export const RUN_OUTPUTS = [...OUTPUT_KINDS, "prometheus", "otlp"] as const;
export type RunOutput = (typeof RUN_OUTPUTS)[number];

/** Where a run is scraped when nothing else is said. */
export const DEFAULT_SCRAPE_ADDRESS = ":9464";

export interface ListenAddress {
  /** Name or address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
}

/** `HOST:PORT`, or `:PORT` for this machine alone; an IPv6 address in brackets. null when it is none. */
export function parseListenAddress(text: string): ListenAddress | null {
  const [, v6, name = "", port = ""] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]{0,253})):(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535) return null;
  const host = v6 ?? name;
  return { host: host === "" ? "127.0.0.1" : host, port: Number(port) };
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** A collector on this machine, at OpenTelemetry's own port. */
export const DEFAULT_COLLECTOR = "http://127.0.0.1:4318";
const METRICS_PATH = "/v1/metrics";

/** Where metrics are pushed to, or why not; neither text holds what was given. */
export type CollectorUrl =
  | { readonly url: string }
  | { readonly wrong: string; readonly hint: string };

/** `http://HOST:PORT` means its /v1/metrics; a URL with another path is taken as it is. */
export function readCollectorUrl(text: string): CollectorUrl {
  const hint = "write http://collector:4318";
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { wrong: "not the URL of a collector", hint };
  }
  const { protocol, username, password, search, hash } = url;
  if (protocol !== "http:" && protocol !== "https:") {
    return { wrong: "a collector is spoken to by http:// or https://", hint };
  }
  if (username !== "" || password !== "") {
    return {
      wrong: "user and password in the URL of a collector are not supported",
      hint: "set OTEL_EXPORTER_OTLP_HEADERS in the environment",
    };
  }
  if (search !== "" || hash !== "") {
    return { wrong: "the URL of a collector has no query and no fragment", hint };
  }
  if (url.pathname === "/") url.pathname = METRICS_PATH;
  return { url: url.href };
}

/** Written when the run is over, as opposed to served or pushed while it goes on. */
export function isOfReport<T extends { readonly kind: RunOutput }>(
  output: T,
): output is Extract<T, { readonly kind: OutputKind }> {
  return OUTPUT_KINDS.some((kind) => kind === output.kind);
}
