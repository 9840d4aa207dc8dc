/**
 * Goal: report.html can be handed to anybody: it opens from a file, offline, draws every chart, says nothing on the
 * console and asks for nothing, at any width, on paper, and without JavaScript; and nothing a target said does anything
 * in it. Method: reports of real runs, of a journal of one hour and of a hostile run, made by the built command and
 * opened in a real browser.
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportHtml } from "../../coordinator/report/html/page.ts";
import { buildReportModel } from "../../coordinator/report/model.ts";
import { lacksBrowser, launchBrowser, type Opened, openReport } from "../support/browser.ts";
import { onrush, runScenario, scratch, startTarget } from "../support/programs.ts";
import { writeHour } from "../unit/report/hour-run.ts";
import { everywhere, troubledRun } from "../unit/report/sample-runs.ts";

const SECTIONS = [
  "Verdict",
  "Was the generator the limit?",
  "Thresholds",
  "Key numbers",
  "Messages",
  "Timeline",
  "Latency",
  "Connections",
  "Failures",
  "Workers and environment",
  "Scenario and how to run it again",
];
const PANELS = 7;
const folder = scratch();
const noBrowser = lacksBrowser();
let browser: Browser;

const small = (target: string) => ({
  target,
  load: [
    { phase: "ramp", ramp: "linear", to: 30, over: "1s" },
    { phase: "steady", hold: "2s" },
  ],
  messages: {
    rate: "5/s",
    mix: [{ name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "2s" } }],
  },
});

interface Made {
  readonly path: string;
  readonly verdict: string;
  /** Charts of latency: curve and heat map. */
  readonly latency: boolean;
}

function page(run: string): string {
  return join(folder.path, run, "report.html");
}

/** A run of the built command in a folder of its own. */
async function real(name: string, behaviour: object, thresholds: object): Promise<string> {
  await using target = await startTarget(behaviour);
  const own = join(folder.path, name);
  mkdirSync(own);
  await runScenario({ name, ...small(target.url), thresholds }, own);
  return page(join(name, "run"));
}

const MAKERS: Readonly<Record<string, () => Promise<Made>>> = {
  "a run that failed": async () => {
    const path = await real("failing", {}, { latency: ["p50 < 1us"], connect: ["failed == 0"] });
    return { path, verdict: "Failed", latency: true };
  },
  "a run nobody got into": async () => {
    const refuse = { upgrade: { refuse: [{ share: 1, status: 503 }] } };
    const path = await real("empty", refuse, {});
    return { path, verdict: "Failed", latency: false };
  },
  "a run of one hour": async () => {
    const hour = join(folder.path, "hour");
    await writeHour(hour);
    // A heap that would be too small for a report that keeps an hour of distributions.
    const env = { NODE_OPTIONS: "--max-old-space-size=400" };
    const { exitCode, stderr } = await onrush(["report", hour, "--summary", "none"], { env });
    expect(stderr).toBe("");
    expect(exitCode).toBe(99);
    return { path: page("hour"), verdict: "Failed", latency: true };
  },
};

const made = new Map<string, Made>();

describe.skipIf(noBrowser)("report.html in a browser", () => {
  beforeAll(async () => {
    browser = await launchBrowser();
    for (const [name, make] of Object.entries(MAKERS)) made.set(name, await make());
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    folder[Symbol.dispose]();
  });

  describe.each(Object.keys(MAKERS))("%s", (name) => {
    const report = () => made.get(name) as Made;

    it("has every section in order, draws every chart, and is quiet", async () => {
      await using opened = await openReport(browser, report().path);
      expect(await opened.page.title()).toMatch(new RegExp(`^${report().verdict}: `));
      await expectWhole(opened, report().latency);
      expect(opened.deeds).toEqual([]);
    });

    it("is whole without JavaScript", async () => {
      await using opened = await openReport(browser, report().path, { javaScriptEnabled: false });
      const headings = await opened.page.locator("h2").allTextContents();
      expect(headings).toEqual(SECTIONS);
      expect(await opened.page.locator("svg.time").count()).toBe(
        PANELS + (report().latency ? 1 : 0),
      );
      expect(opened.deeds).toEqual([]);
    });

    it.each(["light", "dark"] as const)("fits 400 px, %s", async (colorScheme) => {
      const viewport = { width: 400, height: 800 };
      await using opened = await openReport(browser, report().path, { viewport, colorScheme });
      const width = await opened.page.evaluate("document.documentElement.scrollWidth");
      expect(width).toBe(400);
      const [background] = (await opened.page.evaluate(
        "[getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]].map(Number)",
      )) as [number];
      expect(background < 128).toBe(colorScheme === "dark");
    });

    it("is printed with its samples, without its navigation", async () => {
      await using opened = await openReport(browser, report().path, { colorScheme: "dark" });
      const pdf = await opened.page.pdf({ format: "A4" });
      expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
      await opened.page.emulateMedia({ media: "print" });
      expect(await opened.page.locator("nav").isVisible()).toBe(false);
      const paper = "getComputedStyle(document.body).backgroundColor";
      expect(await opened.page.evaluate(paper)).toBe("rgb(255, 255, 255)");
    });
  });

  it("an hour is less than 2 MB", () => {
    expect(statSync(page("hour")).size).toBeLessThan(2_000_000);
  });

  it("one cursor goes through all charts, by pointer and by keys", async () => {
    await using opened = await openReport(browser, page("hour"));
    const { page: tab, deeds } = opened;
    const planes = tab.locator("#timeline svg.time");
    const moment = tab.locator("#moment");
    await planes.nth(3).hover({ position: { x: 300, y: 60 } });
    const at = (await cursors(opened)) as string[];
    expect(new Set(at).size).toBe(1);
    expect(at[0]).toMatch(/^\d[\d.]*%$/);
    expect(await moment.textContent()).toMatch(/^\d\d:\d\d to \d\d:\d\d · phase \w+$/);
    await planes.first().focus();
    await tab.keyboard.press("Home");
    expect(await moment.textContent()).toBe("00:00 to 00:06 · phase warmup");
    await tab.keyboard.press("ArrowRight");
    expect(await moment.textContent()).toBe("00:06 to 00:12 · phase warmup");
    const open = tab.locator('#timeline [data-series="open"]');
    expect(await open.textContent()).not.toContain("max");
    await tab.keyboard.press("Escape");
    expect(await open.textContent()).toBe("max 9,000");
    expect(deeds).toEqual([]);
  });

  it("hostile texts are shown, and do nothing", async () => {
    const text = `</script><script>owned=1</script><img src=//evil.example onerror="owned=1"><svg onload=owned=1>\u202e\u001b[2J`;
    const file = join(folder.path, "hostile.html");
    const model = buildReportModel(troubledRun(everywhere(text)), {
      scenarioText: text,
      notes: [text],
    });
    writeFileSync(file, reportHtml(model));
    await using opened = await openReport(browser, file);
    await expectWhole(opened, true);
    expect(await opened.page.evaluate("typeof owned")).toBe("undefined");
    expect(await opened.page.locator("img, iframe, object, link, main script").count()).toBe(0);
    expect(await opened.page.locator("h1").textContent()).toContain("</script><script>owned=1");
    expect(opened.deeds).toEqual([]);
  });

  it("its policy stops a script that got in all the same", async () => {
    await using opened = await openReport(browser, page("hour"));
    await opened.page.evaluate(
      "{const s=document.createElement('script');s.textContent='owned=1';document.body.append(s)}",
    );
    expect(await opened.page.evaluate("typeof owned")).toBe("undefined");
    expect(opened.deeds.join()).toContain("Content Security Policy");
  });
});

/** Every section has content, and every chart an area with ink in it. */
async function expectWhole({ page: tab }: Opened, latency: boolean): Promise<void> {
  expect(await tab.locator("h2").allTextContents()).toEqual(SECTIONS);
  for (const section of await tab.locator("main section").all()) {
    expect((await section.textContent())?.length).toBeGreaterThan(20);
  }
  const charts = tab.locator("svg.time, svg.curve");
  expect(await charts.count()).toBe(PANELS + (latency ? 2 : 0));
  for (const chart of await charts.all()) {
    const box = await chart.boundingBox();
    expect(box?.width).toBeGreaterThan(300);
    expect(box?.height).toBeGreaterThan(100);
  }
  // A run without replies has no latency to draw, one without failures no bars.
  for (const title of ["Connections", "Generator: how busy it was"]) {
    const figure = tab.locator("figure", {
      has: tab.getByRole("heading", { name: title, exact: true }),
    });
    const ink = figure.locator("path.line").last();
    expect((await ink.getAttribute("d"))?.length, title).toBeGreaterThan(10);
  }
}

function cursors({ page: tab }: Opened): Promise<unknown> {
  return tab.evaluate(
    "[...document.querySelectorAll('#timeline svg.time .cursor')].map((line) => line.getAttribute('x1'))",
  );
}
