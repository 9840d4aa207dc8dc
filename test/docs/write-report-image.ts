/**
 * `npm run docs:image -- RUN_DIR`: takes the picture of docs/reports.md anew, from the report of a run. A good run for it:
 * examples/first.yaml with a threshold that fails, e.g. `--set 'thresholds.latency{phase=steady}.0=p99 < 1ms'`.
 */
import { join, resolve } from "node:path";
import { launchBrowser, openReport } from "../support/browser.ts";

const IMAGE = "docs/images/report.png";
/** The first sections, at a width a document shows well. */
const SIZE = { width: 1180, height: 1290 };

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("which run? npm run docs:image -- RUN_DIR");
const browser = await launchBrowser();
try {
  const file = join(resolve(directory), "report.html");
  await using opened = await openReport(browser, file, { viewport: SIZE, colorScheme: "light" });
  await opened.page.screenshot({ path: IMAGE });
} finally {
  await browser.close();
}
