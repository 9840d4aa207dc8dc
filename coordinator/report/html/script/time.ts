/**
 * Charts over run time: cursor, zoom and reset, all of them together. Sent to the browser by script.ts. Invariants: writes
 * text and numbers only, never markup; functions refer to one another alone, and to those of cursor.ts.
 */
import type { Element, Kit, Page, PageData, TimeView } from "./dom.ts";

declare const document: Page;
declare function follow(plane: Element, following: unknown): void;
declare function moveCursor(plane: Element, share: number | null): void;

/** Bins shown, the end exclusive. */
interface Window {
  from: number;
  to: number;
}

export function startTime(kit: Kit, data: PageData): TimeView {
  const planes = [...document.querySelectorAll("svg.time")];
  const shown: Window = { from: 0, to: data.bins };
  const show = (bin: number | null): void => showBin(kit, data, { planes, shown, bin });
  const zoom = (from: number, to: number): void => {
    shown.from = Math.max(0, Math.min(from, to));
    shown.to = Math.min(data.bins, Math.max(from, to));
    for (const plane of planes) drawWindow(kit, data, plane, shown);
    drawStrip(data, shown);
    const button = document.getElementById("whole");
    if (button) button.hidden = shown.from === 0 && shown.to === data.bins;
    show(null);
  };
  const stepAt = (share: number): number =>
    Math.floor(shown.from + share * (shown.to - shown.from));
  for (const plane of planes) {
    follow(plane, {
      steps: data.bins,
      page: Math.max(1, Math.round(data.bins / 20)),
      stepAt,
      show,
    });
    selectIn(plane, stepAt, zoom);
    plane.addEventListener("dblclick", () => zoom(0, data.bins));
    plane.addEventListener("keydown", ({ key }) => {
      if (key === "0") zoom(0, data.bins);
    });
  }
  document.getElementById("whole")?.addEventListener("click", () => zoom(0, data.bins));
  const tools = document.querySelector(".tools");
  if (tools) tools.hidden = false;
  return {
    goTo: (seconds) => {
      const bin = Math.min(data.bins - 1, Math.max(0, Math.floor(seconds / data.binSeconds)));
      if (bin < shown.from || bin >= shown.to) zoom(0, data.bins);
      document.getElementById("timeline")?.scrollIntoView({ block: "start" });
      show(bin);
    },
  };
}

/** Drag to zoom; what is narrower than two bins is a click. */
export function selectIn(
  plane: Element,
  stepAt: (share: number) => number,
  zoom: (from: number, to: number) => void,
): void {
  const selection = plane.querySelector(".selection");
  let start: number | null = null;
  const shareAt = (clientX: number): number => {
    const { left, width } = plane.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - left) / Math.max(1, width)));
  };
  plane.addEventListener("pointerdown", ({ button, clientX, pointerId }) => {
    if (button !== 0) return;
    start = shareAt(clientX);
    plane.setPointerCapture(pointerId);
  });
  plane.addEventListener("pointermove", ({ clientX }) => {
    if (start === null) return;
    const at = shareAt(clientX);
    selection?.setAttribute("x", `${Math.min(start, at) * 100}%`);
    selection?.setAttribute("width", `${Math.abs(at - start) * 100}%`);
  });
  plane.addEventListener("pointercancel", () => {
    start = null;
    selection?.setAttribute("width", "0");
  });
  plane.addEventListener("pointerup", ({ clientX }) => {
    if (start === null) return;
    const [from, to] = [stepAt(start), stepAt(shareAt(clientX))];
    start = null;
    selection?.setAttribute("width", "0");
    if (Math.abs(to - from) >= 2) zoom(Math.min(from, to), Math.max(from, to) + 1);
  });
}

export function drawWindow(kit: Kit, data: PageData, plane: Element, shown: Window): void {
  const ink = plane.querySelector("svg.ink");
  const height = ink?.getAttribute("height") ?? "0";
  ink?.setAttribute("viewBox", `${shown.from} 0 ${shown.to - shown.from} ${height}`);
  const ticks = plane.querySelector("g.ticks");
  const first = ticks?.querySelector("text");
  const day = ticks?.querySelector("text.day");
  if (!ticks || !first) return;
  const [from, to] = [shown.from * data.binSeconds, shown.to * data.binSeconds];
  const texts = kit.timeTicks(from, to).flatMap((second, at) => {
    const share = (second - from) / Math.max(1e-9, to - from);
    return [first, day].flatMap((model) => {
      if (!model) return [];
      const text = model.cloneNode(false);
      text.setAttribute("x", `${share * 100}%`);
      text.setAttribute("text-anchor", share < 0.02 ? "start" : share > 0.98 ? "end" : "middle");
      text.classList.toggle("roomy", model === day && at % 2 === 1);
      text.textContent =
        model === first ? kit.clock(second) : kit.timeOfDay(data.startMs ?? 0, second);
      return [text];
    });
  });
  for (const old of [...ticks.children]) old.remove();
  ticks.append(...texts);
}

export function drawStrip(data: PageData, shown: Window): void {
  const [from, to] = [shown.from * data.binSeconds, shown.to * data.binSeconds];
  const place = (second: number): number =>
    Math.min(1, Math.max(0, (second - from) / Math.max(1e-9, to - from)));
  for (const part of document.querySelectorAll(".strip [data-from]")) {
    const left = place(Number(part.dataset["from"]));
    const width = place(Number(part.dataset["to"])) - left;
    part.setAttribute("x", `${left * 100}%`);
    part.setAttribute("width", `${width * 100}%`);
  }
}

export function showBin(
  kit: Kit,
  data: PageData,
  at: { readonly planes: readonly Element[]; readonly shown: Window; readonly bin: number | null },
): void {
  const { planes, shown, bin } = at;
  const share = bin === null ? null : (bin + 0.5 - shown.from) / Math.max(1, shown.to - shown.from);
  for (const plane of planes) {
    moveCursor(plane, share);
    const figure = plane.closest("figure");
    const series = data.series[figure?.dataset["plot"] ?? ""] ?? [];
    for (const value of figure?.querySelectorAll("[data-series]") ?? []) {
      const of = series.find(({ id }) => id === value.dataset["series"]);
      value.textContent =
        bin === null || !of
          ? (value.dataset["rest"] ?? "")
          : kit.reading(of.unit, of.min?.[bin], of.max[bin]);
    }
  }
  const moment = document.getElementById("moment");
  if (moment) moment.textContent = bin === null ? "" : momentText(kit, data, bin);
}

export function momentText(kit: Kit, data: PageData, bin: number): string {
  const from = bin * data.binSeconds;
  const phase = data.phases.find(([, start, end]) => from >= start && from < end);
  const until = data.binSeconds > 1 ? ` to ${kit.clock(from + data.binSeconds)}` : "";
  const day = data.startMs === null ? "" : ` · ${kit.timeOfDay(data.startMs, from)} UTC`;
  return `${kit.clock(from)}${until} · ${phase ? `phase ${phase[0]}` : "drain"}${day}`;
}

/** Functions to send. */
export const TIME = { startTime, selectIn, drawWindow, drawStrip, showBin, momentText };
