/**
 * The formats of a report, by name: what each is called in a run's directory and how it is rendered. Called by
 * results.ts, `onrush report` and the HTTP API. Invariant: every format but JSON is rendered from the one outline, so no two
 * can disagree; nothing but the PDF needs more than this process.
 */
import type { OutputKind } from "../../shared/scenario/output.ts";
import { resultsCsv } from "./formats/csv.ts";
import { junitXml } from "./formats/junit.ts";
import { reportMarkdown } from "./formats/markdown.ts";
import { reportHtml } from "./html/page.ts";
import type { ReportModel } from "./model/model.ts";
import { outlineOf } from "./outline/outline.ts";
import { reportPdf } from "./pdf/pdf.ts";
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
      return reportMarkdown(outlineOf(model, "md"));
    case "csv":
      return resultsCsv(outlineOf(model, "csv"));
    case "junit":
      return junitXml(outlineOf(model, "junit"), model.summary);
  }
}

/** @throws OnrushError ONRUSH_PDF_UNAVAILABLE for a PDF, when nothing here can make one */
export function render(kind: OutputKind, model: ReportModel): Promise<string | Uint8Array> {
  return kind === "pdf" ? reportPdf(model) : Promise.resolve(renderText(kind, model));
}

function summaryJson(summary: Summary): string {
  return `${JSON.stringify(summary, null, 2)}\n`;
}
