/**
 * OpenTelemetry's exporter of metrics over OTLP/HTTP, which is there when somebody installed it. Called by launch/metrics/push.ts and
 * pusher.ts; the only door to the package. Headers, certificates and compression are what OTEL_EXPORTER_OTLP_* says, read
 * by the exporter itself and never shown. Invariant: an export ends in time, whatever the collector does, and never throws.
 */
import { OnrushError } from "../../../shared/errors.ts";
import { oneLine } from "../../../shared/log.ts";
import type { Timers } from "../../../shared/time/timer.ts";
import { VERSION } from "../../../shared/version.ts";
import type { ResourceMetrics } from "./points.ts";

type OtlpPackage = typeof import("@opentelemetry/exporter-metrics-otlp-http");

const PACKAGE = "@opentelemetry/exporter-metrics-otlp-http";
/** The version the package was tried with; others below 1.0 may differ. */
const INSTALL = `npm install ${PACKAGE}@0.223`;

/** For one export and the repetitions of it. */
const EXPORT_LIMIT_MS = 4000;
/** For an answer that comes byte by byte, which the exporter itself would wait for. */
const CUT_MS = EXPORT_LIMIT_MS + 500;
/** Characters. */
export const MAX_REASON = 200;

export interface OtlpExporter {
  /** @returns null when the collector took it; else why not, on one line */
  export(metrics: ResourceMetrics): Promise<string | null>;
}

/** @throws OnrushError ONRUSH_OTLP_UNAVAILABLE when it is not installed */
export async function loadOtlp(): Promise<OtlpPackage> {
  try {
    return await import("@opentelemetry/exporter-metrics-otlp-http");
  } catch (error) {
    throw new OnrushError({
      code: "ONRUSH_OTLP_UNAVAILABLE",
      message: `metrics are pushed by the package ${PACKAGE}, and it is not here`,
      remedy: `${INSTALL} where onrush is installed; or have the run scraped: \`onrush run --out prometheus\``,
      cause: error,
    });
  }
}

export function openExporter(otlp: OtlpPackage, url: string, timers: Timers): OtlpExporter {
  const exporter = new otlp.OTLPMetricExporter({
    url,
    timeoutMillis: EXPORT_LIMIT_MS,
    concurrencyLimit: 1,
    userAgent: `onrush/${VERSION}`,
  });
  return {
    export: (metrics) =>
      new Promise((resolve) => {
        const cut = () => resolve(`no answer within ${EXPORT_LIMIT_MS / 1000} s`);
        const cancel = timers.after(CUT_MS, cut);
        try {
          exporter.export(metrics, ({ code, error }) => {
            cancel();
            resolve(code === 0 ? null : reasonOf(error));
          });
        } catch (error) {
          cancel();
          resolve(reasonOf(error));
        }
      }),
  };
}

/** The collector's words and the system's are hostile text; a body is not shown. */
function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: string };
  const text = message === undefined || message === "" ? "no reason given" : message;
  // Node's error for several addresses says nothing but its code.
  if (typeof code === "number") return oneLine(`HTTP ${code} ${text}`, MAX_REASON);
  if (typeof code === "string" && !text.includes(code)) return oneLine(`${code}`, MAX_REASON);
  return oneLine(text, MAX_REASON);
}
