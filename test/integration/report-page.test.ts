/**
 * Goal: report.html can be handed to anybody: it opens from a file, offline, draws every chart, says nothing on the
 * console and asks for nothing, at any width, on paper, and without JavaScript; and nothing a target said does anything
 * in it. Method: reports of real runs, of a journal of one hour and of a hostile run, made by the built command and
 * opened in a real browser.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportHtml } from "../../coordinator/report/html/page.ts";
import { buildReportModel } from "../../coordinator/report/model/model.ts";
import { lacksBrowser, launchBrowser, type Opened, openReport } from "../support/browser.ts";
import { onrush, runScenario, scratch, startTarget } from "../support/programs.ts";
import { writeHour } from "../unit/report/hour-run.ts";
import { everywhere, troubledRun } from "../unit/report/sample-runs.ts";

const SECTIONS = [
  "Verdict",
  "Thresholds",
  "Was the generator the limit?",
  "Key numbers",
  "Timeline",
  "Availability",
  "Latency",
  "Messages",
  "Connections",
  "Where it fails",
  "Failures",
  "Phases",
  "Workers and environment",
  "How this was computed",
  "Scenario and how to run it again",
];
/** Runs without failures, or whose failures are all in the one phase that tried anything. */
const EVEN = SECTIONS.filter((section) => section !== "Where it fails");
/** Frames that are made up count no time that users were served. */
const WITHOUT_UPTIME = SECTIONS.filter((section) => section !== "Availability");
/** It has a bad quarter of an hour, which begins at one moment. */
const HOUR = WITHOUT_UPTIME.flatMap((section) =>
  section === "Timeline" ? [section, "What failed first"] : [section],
);
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
  /** Its headings. */
  readonly sections: readonly string[];
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
    return { path, verdict: "Failed", latency: true, sections: EVEN };
  },
  "a run nobody got into": async () => {
    const refuse = { upgrade: { refuse: [{ share: 1, status: 503 }] } };
    const path = await real("empty", refuse, {});
    return { path, verdict: "Failed", latency: false, sections: EVEN };
  },
  "a run of one hour": async () => {
    const hour = join(folder.path, "hour");
    await writeHour(hour);
    // A heap that would be too small for a report that keeps an hour of distributions.
    const env = { NODE_OPTIONS: "--max-old-space-size=400" };
    const { exitCode, stderr } = await onrush(["report", hour, "--summary", "none"], { env });
    expect(stderr).toBe("");
    expect(exitCode).toBe(99);
    return { path: page("hour"), verdict: "Failed", latency: true, sections: HOUR };
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
      await expectWhole(opened, report());
      expect(opened.deeds).toEqual([]);
    });

    it("is whole without JavaScript", async () => {
      await using opened = await openReport(browser, report().path, { javaScriptEnabled: false });
      expect(await headings(opened)).toEqual(report().sections);
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

    it.each([1280, 400])("cuts no column of a table at %i px", async (width) => {
      await using opened = await openReport(browser, report().path, {
        viewport: { width, height: 800 },
      });
      const cut = await opened.page.evaluate(
        "[...document.querySelectorAll('.table')].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.firstChild.getAttribute('aria-label'))",
      );
      expect(cut).toEqual([]);
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
    expect(await moment.textContent()).toMatch(
      /^\d\d:\d\d to \d\d:\d\d · phase \w+ · \d\d:\d\d:\d\d UTC$/,
    );
    await planes.first().focus();
    await tab.keyboard.press("Home");
    expect(await moment.textContent()).toBe("00:00 to 00:06 · phase warmup · 22:13:20 UTC");
    await tab.keyboard.press("ArrowRight");
    expect(await moment.textContent()).toBe("00:06 to 00:12 · phase warmup · 22:13:26 UTC");
    const open = tab.locator('#timeline [data-series="open"]');
    expect(await open.textContent()).not.toContain("max");
    await tab.keyboard.press("Escape");
    expect(await open.textContent()).toBe("max 9,000");
    expect(deeds).toEqual([]);
  });

  it("zooms all charts together, and back", async () => {
    await using opened = await openReport(browser, page("hour"));
    const { page: tab, deeds } = opened;
    const windows = () =>
      tab.evaluate(
        "[...new Set([...document.querySelectorAll('svg.time svg.ink')].map((one) => one.getAttribute('viewBox').split(' ').filter((_, at) => at % 2 === 0).join(' ')))]",
      ) as Promise<string[]>;
    const whole = await windows();
    expect(whole).toHaveLength(1);
    const ticks = tab.locator("#timeline svg.time").first().locator("text.tick");
    const before = await ticks.allTextContents();
    await drag(opened, "#timeline svg.time", [0.25, 0.5]);
    const [zoomed = "", ...others] = await windows();
    expect(others).toEqual([]);
    const [from = 0, width = 0] = zoomed.split(" ").map(Number);
    const bins = Number((whole[0] ?? "").split(" ")[1]);
    expect(Math.abs(from - bins / 4)).toBeLessThan(4);
    expect(Math.abs(width - bins / 4)).toBeLessThan(6);
    expect(await ticks.allTextContents()).not.toEqual(before);
    await tab.getByRole("button", { name: "Show the whole run" }).click();
    expect(await windows()).toEqual(whole);
    expect(await ticks.allTextContents()).toEqual(before);
    expect(deeds).toEqual([]);
  });

  it("a series is hidden and shown again; a table is sorted by any column", async () => {
    await using opened = await openReport(browser, page("hour"));
    const { page: tab, deeds } = opened;
    const path = tab.locator('#latency-over-time path.line[data-of="p99Ms"]');
    const entry = tab.locator('#latency-over-time li[data-of="p99Ms"]');
    await entry.click();
    expect([await path.isVisible(), await entry.getAttribute("aria-pressed")]).toEqual([
      false,
      "false",
    ]);
    await entry.press("Enter");
    expect(await path.isVisible()).toBe(true);
    const sent = async () => {
      const cells = await tab.locator('#messages td[data-title="sent"]').all();
      return Promise.all(cells.map(async (cell) => Number(await cell.getAttribute("data-v"))));
    };
    const head = tab.locator("#messages th", { hasText: /^sent/ });
    await head.click();
    const falling = await sent();
    expect(falling.length).toBeGreaterThan(1);
    expect(falling).toEqual([...falling].sort((a, b) => b - a));
    expect(await head.getAttribute("aria-sort")).toBe("descending");
    await head.press("Enter");
    expect(await sent()).toEqual([...falling].reverse());
    expect(deeds).toEqual([]);
  });

  it("a link of a failure and of a broken rule leads to its moment", async () => {
    await using opened = await openReport(browser, page("hour"));
    const { page: tab, deeds } = opened;
    for (const section of ["#thresholds", "#failures", "#verdict"]) {
      const link = tab.locator(`${section} a[data-moment]`).first();
      const seconds = Number(await link.getAttribute("data-moment"));
      await link.click();
      const [from = 0, to = 0] =
        ((await tab.locator("#moment").textContent()) ?? "")
          .split(" · ")[0]
          ?.split(" to ")
          .map((clock) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0)) ?? [];
      expect(seconds, section).toBeGreaterThanOrEqual(from);
      expect(seconds, section).toBeLessThan(to);
      expect(new Set((await cursors(opened)) as string[]).size).toBe(1);
    }
    expect(deeds).toEqual([]);
  });

  it("a chart is saved as SVG, PNG and CSV, and nothing is asked for", async () => {
    await using opened = await openReport(browser, page("hour"));
    const { page: tab, deeds } = opened;
    const saved = async (chart: string, kind: string) => {
      const figure = tab.locator(`#${chart}`);
      await figure.locator("details.save summary").click();
      const waiting = tab.waitForEvent("download");
      await figure.getByRole("button", { name: kind, exact: true }).click();
      const download = await waiting;
      expect(download.suggestedFilename()).toBe(`${chart}.${kind.toLowerCase()}`);
      return readFileSync(await download.path());
    };
    const svg = (await saved("latency-over-time", "SVG")).toString();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain("Latency, corrected");
    const png = await saved("latency-over-time", "PNG");
    expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    // An empty picture would be smaller.
    expect(png.length).toBeGreaterThan(10_000);
    const rows = (await saved("latency-over-time", "CSV")).toString().trim().split("\n");
    expect(rows[0]).toBe("second,time_utc,p50,p90,p99,max");
    expect(rows).toHaveLength(1 + 601);
    expect((await saved("latency-curve", "CSV")).toString()).toMatch(
      /^curve,percentile,ms\ncorrected,/,
    );
    expect((await saved("latency-heat", "CSV")).toString()).toMatch(
      /^second,from_ms,to_ms,replies\n\d/,
    );
    expect(deeds.filter((deed) => !deed.startsWith("request: blob:"))).toEqual([]);
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
    await expectWhole(opened, { latency: true, sections: WITHOUT_UPTIME });
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
async function expectWhole(
  opened: Opened,
  { latency, sections }: Pick<Made, "latency" | "sections">,
): Promise<void> {
  const { page: tab } = opened;
  expect(await headings(opened)).toEqual(sections);
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

/** Without the one that only runs of several targets have. */
async function headings({ page: tab }: Opened): Promise<string[]> {
  const all = await tab.locator("h2").allTextContents();
  return all.filter((title) => title !== "Targets");
}

/** Over a share of a chart's width. */
async function drag(
  { page: tab }: Opened,
  chart: string,
  [from, to]: readonly [number, number],
): Promise<void> {
  const plane = tab.locator(chart).first();
  await plane.scrollIntoViewIfNeeded();
  const box = await plane.boundingBox();
  if (box === null) throw new Error(`${chart} is not shown`);
  await tab.mouse.move(box.x + box.width * from, box.y + 40);
  await tab.mouse.down();
  await tab.mouse.move(box.x + box.width * to, box.y + 40, { steps: 5 });
  await tab.mouse.up();
}

function cursors({ page: tab }: Opened): Promise<unknown> {
  return tab.evaluate(
    "[...document.querySelectorAll('#timeline svg.time .cursor')].map((line) => line.getAttribute('x1'))",
  );
}
