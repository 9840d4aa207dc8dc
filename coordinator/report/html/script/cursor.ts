/**
 * One cursor through all charts over run time, one along each percentile curve and each chart of one figure over another; moved by pointer or arrow keys. Sent to the
 * browser by script.ts. Invariants: writes text and numbers only, never markup; functions refer to one another alone.
 */
import type { Element, Kit, Page, PageData } from "./dom.ts";

declare const document: Page;

interface Following {
  readonly steps: number;
  readonly page: number;
  /** The step under a share of the plane's width. */
  stepAt(share: number): number;
  show(step: number | null): void;
}

/** @returns moves the cursor of a chart, and reads its values there */
export function follow(plane: Element, { steps, page, stepAt, show }: Following): void {
  let at = 0;
  const go = (step: number): void => {
    at = Math.min(steps - 1, Math.max(0, step));
    show(at);
  };
  plane.addEventListener("pointermove", ({ clientX }) => {
    const { left, width } = plane.getBoundingClientRect();
    go(stepAt((clientX - left) / Math.max(1, width)));
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

export function moveCursor(plane: Element, share: number | null): void {
  const x = share === null || share < 0 || share > 1 ? "-9" : `${share * 100}%`;
  const cursor = plane.querySelector(".cursor");
  cursor?.setAttribute("x1", x);
  cursor?.setAttribute("x2", x);
}

export function followCurves(kit: Kit, data: PageData): void {
  const steps = 500;
  const nines = 5;
  for (const plane of document.querySelectorAll("svg.curve")) {
    const figure = plane.closest("figure");
    const curves = data.curves[figure?.dataset["plot"] ?? ""] ?? {};
    const values = [...(figure?.querySelectorAll("[data-series]") ?? [])];
    const show = (step: number | null): void => {
      const share = step === null ? null : (step + 0.5) / steps;
      moveCursor(plane, share);
      for (const value of values) {
        const points = curves[value.dataset["series"] ?? ""] ?? [];
        if (share === null || points.length === 0) value.textContent = value.dataset["rest"] ?? "";
        else {
          const at = share * nines;
          const point = points.find(([place]) => place >= at) ?? points[points.length - 1];
          const percentile = Number(((1 - 10 ** -at) * 100).toPrecision(at > 3 ? 7 : 4));
          value.textContent = `p${percentile} ${kit.milliseconds(point ? point[1] : 0)}`;
        }
      }
    };
    follow(plane, { steps, page: 25, stepAt: (share) => Math.floor(share * steps), show });
  }
}

export function followXy(kit: Kit, data: PageData): void {
  const steps = 500;
  for (const plane of document.querySelectorAll("svg.xy")) {
    const figure = plane.closest("figure");
    const plot = data.xy[figure?.dataset["plot"] ?? ""];
    if (!plot) continue;
    const values = [...(figure?.querySelectorAll("[data-series]") ?? [])];
    const show = (step: number | null): void => {
      const share = step === null ? null : (step + 0.5) / steps;
      moveCursor(plane, share);
      for (const value of values) {
        const curve = plot.curves.find(({ id }) => id === value.dataset["series"]);
        const at = share === null || !curve ? null : xyPoint(curve, share * plot.x.top);
        if (!at) value.textContent = share === null ? (value.dataset["rest"] ?? "") : "no data";
        else {
          const [x, y] = at;
          value.textContent = `${kit.reading(plot.unit, null, y)} at ${kit.reading(plot.x.unit, null, x)}`;
        }
      }
    };
    follow(plane, { steps, page: 25, stepAt: (share) => Math.floor(share * steps), show });
  }
}

/** The measured point that counts at x: of a step the last before it, else the nearest. */
export function xyPoint(
  { isStep, points }: PageData["xy"][string]["curves"][number],
  x: number,
): readonly [x: number, y: number] | undefined {
  let found: readonly [x: number, y: number] | undefined;
  for (const point of points) {
    const isBefore = point[0] <= x;
    if (isBefore) found = point;
    else {
      if (!isStep && (!found || point[0] - x < x - found[0])) found = point;
      break;
    }
  }
  return found;
}

/** Functions to send. */
export const CURSOR = { follow, moveCursor, followCurves, followXy, xyPoint };
