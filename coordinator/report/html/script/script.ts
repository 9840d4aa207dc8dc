/**
 * The script of the report as text. Called by nobody: page.ts inlines it. Invariants: the page is complete without it; it
 * asks for nothing; it is made of the sources of the functions in this folder, which are one scope in the browser.
 */
import { CONTROLS } from "./controls.ts";
import { CURSOR } from "./cursor.ts";
import type { Kit, Page, PageData, TimeView } from "./dom.ts";
import { clock, milliseconds, reading, timeOfDay, timeTicks } from "./kit.ts";
import { SAVE } from "./save.ts";
import { TIME } from "./time.ts";

declare const document: Page;
declare function startTime(kit: Kit, data: PageData): TimeView;
declare function followCurves(kit: Kit, data: PageData): void;
declare function followXy(kit: Kit, data: PageData): void;
declare function startSaving(kit: Kit, data: PageData): void;
declare function startLegends(): void;
declare function startSorting(): void;
declare function startLinks(view: TimeView | null): void;
declare function followSections(): void;

function start(kit: Kit): void {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}") as PageData;
  const view = data.bins > 0 ? startTime(kit, data) : null;
  followCurves(kit, data);
  followXy(kit, data);
  startSaving(kit, data);
  startLegends();
  startSorting();
  startLinks(view);
  followSections();
}

const SENT = {
  clock,
  milliseconds,
  reading,
  timeOfDay,
  timeTicks,
  ...CURSOR,
  ...TIME,
  ...SAVE,
  ...CONTROLS,
  start,
};

/** Under its own name: in a bundle of the program it may have another one. */
function sourceOf([name, sent]: readonly [string, { readonly name: string }]): string {
  return sent.name === name ? String(sent) : `${String(sent)}\nconst ${name}=${sent.name};`;
}

/** The source of all of the above, started. */
export const PAGE_SCRIPT: string = `"use strict";(()=>{${Object.entries(SENT).map(sourceOf).join("\n")}
start({clock,milliseconds,reading,timeOfDay,timeTicks});})();`;
