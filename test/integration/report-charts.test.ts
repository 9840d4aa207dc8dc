/**
 * Goal: a chart of one figure over another says in its legend what was measured where one looks, and is saved with its data. Method: the
 * levels of a search for the limit, in a real browser.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { reportHtml } from "../../coordinator/report/html/page.ts";
import { buildReportModel } from "../../coordinator/report/model/model.ts";
import { lacksBrowser, launchBrowser, openReport } from "../support/browser.ts";
import { scratch } from "../support/programs.ts";
import { goodRun } from "../unit/merge/synthetic-run.ts";

it.skipIf(lacksBrowser())("is read by keys, and saved", async () => {
  using folder = scratch();
  const browser = await launchBrowser();
  try {
    const model = buildReportModel(goodRun(), { scenarioText: null, notes: [] });
    const capacity = { tested: 300, knee: null, limit: 300, sustainable: 200, basis: "by plan" };
    const level = { phase: "=climb", purpose: "climb", reason: "", latencyOf: "=p99" } as const;
    const levels = ([100, 200, 300] as const).map((connections, at) => ({
      ...{ ...level, connections, latencyMs: connections / 10, at },
      verdict: connections < 300 ? ("held" as const) : ("broken" as const),
    }));
    const file = join(folder.path, "capacity.html");
    writeFileSync(file, reportHtml({ ...model, levels, summary: { ...model.summary, capacity } }));
    await using opened = await openReport(browser, file);
    const { page: tab, deeds } = opened;
    const plane = tab.locator("#capacity-1 svg.xy");
    const read = () => tab.locator("#capacity-1 .legend li").allTextContents();
    const rest = await read();
    expect(rest).toContain("held 2 levels");
    // From key to key: the left end, and the right one.
    await plane.focus();
    await plane.press("Home");
    expect(await read()).toContain("held 10 ms at 100");
    await plane.press("End");
    expect(await read()).toEqual(
      expect.arrayContaining(["held 20 ms at 200", "broken 30 ms at 300"]),
    );
    await plane.press("Escape");
    expect(await read()).toEqual(rest);
    await tab.locator("#capacity-1 details.save summary").click();
    const waiting = tab.waitForEvent("download");
    await tab.locator("#capacity-1").getByRole("button", { name: "CSV", exact: true }).click();
    const rows = readFileSync(await (await waiting).path(), "utf8")
      .trim()
      .split("\n");
    expect(rows).toEqual([
      "curve,connections,value_ms",
      ...["held,100,10", "held,200,20", "broken,300,30"],
      ...["'=p99,100,10", "'=p99,200,20", "'=p99,300,30"],
    ]);
    expect(deeds.filter((deed) => !deed.startsWith("request: blob:"))).toEqual([]);
  } finally {
    await browser.close();
  }
});
