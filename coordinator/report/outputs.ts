/**
 * The formats of a report, by name: what each is called in a run's directory and how it is rendered. Called by
 * results.ts, `onrush report` and the HTTP API. Invariant: every format is rendered from the one model, so no two
 * can disagree; nothing but the PDF needs more than this process.
 */
import type { OutputKind } from "../../shared/scenario/output.ts";
import { reportHtml } from "./html/page.ts";
import { junitXml } from "./junit.ts";
import { reportMarkdown } from "./markdown.ts";
import type { ReportModel } from "./model.ts";
import { reportPdf } from "./pdf/pdf.ts";
import { resultsCsv } from "./results-csv.ts";
import type { Summary } from "./summary-schema.ts";

/** Names within the run's directory. */
export const OUTPUT_FILES: Readonly<Record<OutputKind, string>> = {
  html: "report.html",
  json: "summary.json",
  md: "report.md",
  csv: "results.csv",
  junit: "junit.xml",
  pdf: "report.pdf",
};

/** Formats a report is made of as text; a PDF is not. */
export type TextKind = Exclude<OutputKind, "pdf">;

export function renderText(kind: TextKind, model: ReportModel): string {
  switch (kind) {
    case "html":
      return reportHtml(model);
    case "json":
      return summaryJson(model.summary);
    case "md":
      return reportMarkdown(model);
    case "csv":
      return resultsCsv(model);
    case "junit":
      return junitXml(model);
  }
}

/** @throws OnrushError ONRUSH_PDF_UNAVAILABLE for a PDF, when nothing here can make one */
export function render(kind: OutputKind, model: ReportModel): Promise<string | Uint8Array> {
  return kind === "pdf" ? reportPdf(model) : Promise.resolve(renderText(kind, model));
}

function summaryJson(summary: Summary): string {
  return `${JSON.stringify(summary, null, 2)}\n`;
}
