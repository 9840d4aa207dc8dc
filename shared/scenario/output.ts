/**
 * The results a run can be written as, beside what its directory always holds, and where else it can be watched. Used by
 * the schema of scenario files, by `--out` and by the report. Invariant: a name, once given, keeps its meaning.
 */

/** Formats of the report. */
export const OUTPUT_KINDS = ["html", "json", "md", "csv", "junit", "pdf"] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** What a run can be asked for: a report, or to be scraped by Prometheus while it goes on. */
export const RUN_OUTPUTS = [...OUTPUT_KINDS, "prometheus"] as const;
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
