/**
 * The script of the report: one cursor through all charts of the timeline, one along the percentile curve, moved by
 * pointer or arrow keys; the current section in the navigation; details opened for print. Called by nobody here:
 * page.ts inlines its text. Invariants: the page is complete without it; it writes text content and numbers only,
 * never markup; its functions refer to one another alone, because only their source travels.
 */

/** The little of a browser that is used; the compiler knows of none. */
interface Element {
  textContent: string | null;
  readonly dataset: Readonly<Record<string, string | undefined>>;
  readonly id: string;
  open: boolean;
  querySelector(selector: string): Element | null;
  closest(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
  getBoundingClientRect(): { readonly left: number; readonly width: number };
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  addEventListener(type: string, handle: (event: Input) => void): void;
}
interface Input {
  readonly clientX: number;
  readonly key: string;
  preventDefault(): void;
}
interface Seen {
  readonly isIntersecting: boolean;
  readonly target: Element;
}
declare const document: Element & {
  readonly activeElement: Element | null;
  getElementById(id: string): Element | null;
};
declare function addEventListener(type: string, handle: () => void): void;
declare const IntersectionObserver: new (
  handle: (entries: readonly Seen[]) => void,
  options: { readonly rootMargin: string },
) => { observe(element: Element): void };

type Values = readonly (number | null)[];
interface PageData {
  readonly bins: number;
  readonly binSeconds: number;
  readonly series: Readonly<Record<string, { readonly min?: Values; readonly max: Values }>>;
  readonly phases: readonly (readonly [name: string, from: number, to: number])[];
  readonly curves: Readonly<Record<string, readonly (readonly [at: number, ms: number])[]>>;
}

function start(): void {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}") as PageData;
  if (data.bins > 0) followTime(data);
  followCurve(data);
  followSections();
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not(.figures)")) details.open = true;
  });
}

function followTime(data: PageData): void {
  const planes = [...document.querySelectorAll("svg.time")];
  const values = [...document.querySelectorAll("#timeline [data-series]")];
  const moment = document.getElementById("moment");
  const show = (bin: number | null): void => {
    moveCursors(planes, bin === null ? null : (bin + 0.5) / data.bins);
    for (const value of values) {
      const series = data.series[value.dataset["series"] ?? ""];
      value.textContent =
        bin === null || !series
          ? (value.dataset["rest"] ?? "")
          : reading(value.dataset["series"] ?? "", series.min?.[bin], series.max[bin]);
    }
    if (moment) moment.textContent = bin === null ? "" : momentText(data, bin);
  };
  for (const plane of planes) {
    follow(plane, { steps: data.bins, show, page: Math.max(1, Math.round(data.bins / 20)) });
  }
}

function followCurve(data: PageData): void {
  const plane = document.querySelector("svg.curve");
  if (!plane) return;
  const steps = 500;
  const nines = 5;
  const values = [...document.querySelectorAll("#latency [data-series]")];
  const show = (step: number | null): void => {
    const share = step === null ? null : (step + 0.5) / steps;
    moveCursors([plane], share);
    for (const value of values) {
      const points = data.curves[value.dataset["series"] ?? ""] ?? [];
      if (share === null || points.length === 0) value.textContent = value.dataset["rest"] ?? "";
      else {
        const at = share * nines;
        const point = points.find(([place]) => place >= at) ?? points[points.length - 1];
        const percentile = Number(((1 - 10 ** -at) * 100).toPrecision(at > 3 ? 7 : 4));
        value.textContent = `p${percentile} ${milliseconds(point ? point[1] : 0)}`;
      }
    }
  };
  follow(plane, { steps, show, page: 25 });
}

interface Following {
  readonly steps: number;
  readonly page: number;
  readonly show: (step: number | null) => void;
}

function follow(plane: Element, { steps, page, show }: Following): void {
  let at = 0;
  const go = (step: number): void => {
    at = Math.min(steps - 1, Math.max(0, step));
    show(at);
  };
  plane.addEventListener("pointermove", ({ clientX }) => {
    const { left, width } = plane.getBoundingClientRect();
    go(Math.floor(((clientX - left) / Math.max(1, width)) * steps));
  });
  plane.addEventListener("pointerleave", () => {
    // Where the keyboard is, scrolling may move a chart away from under a pointer that rests.
    if (!document.activeElement?.closest("svg.x")) show(null);
  });
  plane.addEventListener("blur", () => show(null));
  plane.addEventListener("focus", () => go(at));
  plane.addEventListener("keydown", (event) => {
    const moves: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      PageUp: at - page,
      PageDown: at + page,
      Home: 0,
      End: steps - 1,
    };
    const to = moves[event.key];
    if (event.key === "Escape") show(null);
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
}

function moveCursors(planes: readonly Element[], share: number | null): void {
  const x = share === null ? "-9" : `${share * 100}%`;
  for (const plane of planes) {
    const cursor = plane.querySelector(".cursor");
    cursor?.setAttribute("x1", x);
    cursor?.setAttribute("x2", x);
  }
}

function momentText(data: PageData, bin: number): string {
  const from = bin * data.binSeconds;
  const phase = data.phases.find(([, , to]) => from < to);
  const until = data.binSeconds > 1 ? ` to ${clock(from + data.binSeconds)}` : "";
  return `${clock(from)}${until} · ${phase ? `phase ${phase[0]}` : "drain"}`;
}

function reading(
  name: string,
  low: number | null | undefined,
  high: number | null | undefined,
): string {
  if (high === null || high === undefined) return "no data";
  const show = name.endsWith("Ms") ? milliseconds : name === "utilisation" ? share : grouped;
  if (low === null || low === undefined || low === high) return show(high);
  return `${show(low)} to ${show(high)}`;
}

function milliseconds(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  return `${Number((ms / 1000).toPrecision(3))} s`;
}

function share(value: number): string {
  return `${Number((value * 100).toPrecision(3))}%`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function clock(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(Math.floor(seconds % 60))}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

function followSections(): void {
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        const link = document.querySelector(`nav a[href="#${target.id}"]`);
        if (isIntersecting) link?.setAttribute("aria-current", "true");
        else link?.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-20% 0px -70% 0px" },
  );
  for (const section of document.querySelectorAll("section")) watch.observe(section);
}

/** The source of all of the above, started. */
export const PAGE_SCRIPT: string = `"use strict";(()=>{${[
  start,
  followTime,
  followCurve,
  follow,
  moveCursors,
  momentText,
  reading,
  milliseconds,
  share,
  grouped,
  clock,
  followSections,
].join("\n")}
start();})();`;
