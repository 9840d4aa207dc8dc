/**
 * Goal: a PDF is made with what is there: a browser, else pdfmake, else an error that says what to do. Method: both are
 * really used; a PATH without a browser takes it away.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import { findBrowser } from "../../../coordinator/report/pdf/browser.ts";
import { checkPdf, findPdfPrinter, reportPdf } from "../../../coordinator/report/pdf/pdf.ts";
import { outlineDocument } from "../../../coordinator/report/pdf/plain-pdf.ts";
import { troubledRun } from "./sample-runs.ts";

const model = buildReportModel(troubledRun(), { scenarioText: null, notes: [] });
const browser = await findBrowser();

afterEach(() => void vi.unstubAllEnvs());

function ends(pdf: Uint8Array): [string, string] {
  const text = Buffer.from(pdf).toString("latin1");
  return [text.slice(0, 5), text.trimEnd().slice(-5)];
}

describe("report.pdf", () => {
  test.skipIf(browser === null)(
    "is printed by a browser, with page numbers and charts",
    async () => {
      const pdf = await reportPdf(model, { kind: "browser", command: browser ?? "" });
      expect(ends(pdf)).toEqual(["%PDF-", "%%EOF"]);
      expect(pdf.length).toBeGreaterThan(20_000);
    },
  );

  test("is made by pdfmake where there is no browser", async () => {
    vi.stubEnv("PATH", "/nowhere");
    const printer = await findPdfPrinter();
    // A browser of the system that is not on PATH is as good.
    if (printer.kind !== "pdfmake") return expect(printer.command).toMatch(/^\//);
    const pdf = await reportPdf(model, printer);
    expect(ends(pdf)).toEqual(["%PDF-", "%%EOF"]);
    expect(Buffer.from(pdf).toString("latin1")).toMatch(/\/Type \/Page\b/);
  });

  test("without a browser it holds what the outline holds", async () => {
    const text = JSON.stringify(outlineDocument(model), null, 1);
    await expect(text).toMatchFileSnapshot("golden/troubled.pdf.json");
  });

  test("a browser that fails to print is an error with its words", async () => {
    const printing = reportPdf(model, { kind: "browser", command: "false" });
    await expect(printing).rejects.toMatchObject({ code: "ONRUSH_PDF_UNAVAILABLE", exitCode: 98 });
  });

  test("nothing is looked for unless a PDF is wanted", async () => {
    vi.stubEnv("PATH", "/nowhere");
    await expect(checkPdf([{ kind: "html", to: null }])).resolves.toBeUndefined();
  });
});
