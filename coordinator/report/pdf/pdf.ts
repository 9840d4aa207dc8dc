/**
 * report.pdf: report.html as a browser prints it, or, where there is no browser, the outline without charts. Called by
 * outputs.ts; checkPdf() by whoever begins a run.
 * Invariant: nothing is downloaded, and nothing but the report is opened.
 */
import { OnrushError } from "../../../shared/errors.ts";
import type { StrictOutput } from "../../../shared/scenario/strict.ts";
import { reportHtml } from "../html/page.ts";
import type { ReportModel } from "../model/model.ts";
import { findBrowser, printWithBrowser } from "./browser.ts";
import { loadPdfmake, type Pdfmake, pdfOfOutline } from "./plain-pdf.ts";

/** What makes PDFs here. */
export type PdfPrinter =
  | { readonly kind: "browser"; readonly command: string }
  | { readonly kind: "pdfmake"; readonly pdfmake: Pdfmake };

/** @throws OnrushError ONRUSH_PDF_UNAVAILABLE when there is neither */
export async function findPdfPrinter(): Promise<PdfPrinter> {
  const command = await findBrowser();
  if (command !== null) return { kind: "browser", command };
  const pdfmake = await loadPdfmake();
  if (pdfmake !== null) return { kind: "pdfmake", pdfmake };
  throw new OnrushError({
    code: "ONRUSH_PDF_UNAVAILABLE",
    message: "a PDF needs a browser to print with, or the package pdfmake, and neither is here",
    remedy:
      "install Chromium or Google Chrome, or `npm install pdfmake`; or open report.html and print it",
  });
}

/** @throws OnrushError ONRUSH_PDF_UNAVAILABLE */
export async function reportPdf(model: ReportModel, printer?: PdfPrinter): Promise<Uint8Array> {
  const found = printer ?? (await findPdfPrinter());
  return found.kind === "browser"
    ? printWithBrowser(found.command, reportHtml(model))
    : pdfOfOutline(found.pdfmake, model);
}

/**
 * Before a run, so that nobody waits for its end in vain.
 * @throws OnrushError ONRUSH_PDF_UNAVAILABLE when a PDF is wanted and nothing here can make one
 */
export async function checkPdf(outputs: readonly StrictOutput[]): Promise<void> {
  if (outputs.some(({ kind }) => kind === "pdf")) await findPdfPrinter();
}
