/**
 * Saves a chart as it is shown: SVG and PNG drawn from the page, CSV from its data. Sent to the browser by script.ts.
 * Invariants: nothing leaves the page but to the reader's own disk; no text of a CSV file starts a formula; functions refer
 * to one another alone.
 */
import type { Element, Kit, Page, PageData } from "./dom.ts";

declare const document: Page;
declare const Blob: new (parts: readonly string[], options: { readonly type: string }) => object;
declare const URL: { createObjectURL(of: object): string; revokeObjectURL(url: string): void };
declare const Image: new () => Element & { src: string; onload: () => void };
declare function getComputedStyle(element: Element): { getPropertyValue(name: string): string };
declare const XMLSerializer: new () => { serializeToString(element: Element): string };
declare function setTimeout(then: () => void, ms: number): void;

export function startSaving(kit: Kit, data: PageData): void {
  for (const figure of document.querySelectorAll("figure[data-plot]")) {
    const menu = document.createElement("details");
    menu.classList.add("save");
    const title = document.createElement("summary");
    title.textContent = "Save";
    menu.append(title);
    for (const kind of ["SVG", "PNG", "CSV"]) {
      const button = document.createElement("button");
      button.setAttribute("type", "button");
      button.textContent = kind;
      button.addEventListener("click", () => {
        menu.open = false;
        saveAs(kit, data, figure, kind);
      });
      menu.append(button);
    }
    figure.querySelector("figcaption")?.append(menu);
  }
}

export function saveAs(kit: Kit, data: PageData, figure: Element, kind: string): void {
  const name = figure.dataset["plot"] ?? "chart";
  if (kind === "CSV") download(`${name}.csv`, chartCsv(kit, data, name), "text/csv");
  else {
    const svg = chartSvg(figure);
    if (kind === "SVG") download(`${name}.svg`, svg, "image/svg+xml");
    else savePng(name, svg, figure);
  }
}

export function download(name: string, content: string, type: string): void {
  offer(name, new Blob([content], { type }));
}

export function offer(name: string, blob: object): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.setAttribute("href", url);
  link.setAttribute("download", name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** The chart in one drawing, with its title and its legend, in the colours of the page. */
export function chartSvg(figure: Element): string {
  const namespace = "http://www.w3.org/2000/svg";
  const make = (tag: string, attributes: Record<string, string | number>): Element => {
    const element = document.createElementNS(namespace, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  const { width, height } = figure.querySelector(".plot")?.getBoundingClientRect() ?? {
    width: 0,
    height: 0,
  };
  const top = 48;
  const root = make("svg", {
    width,
    height: height + top,
    viewBox: `0 0 ${width} ${height + top}`,
  });
  const style = make("style", {});
  style.textContent = document.querySelector("style")?.textContent ?? "";
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--card");
  root.append(style, make("rect", { width, height: height + top, fill: colour }));
  const heading = make("text", { x: 12, y: 18, "font-weight": 600 });
  heading.textContent = figure.querySelector("h3")?.textContent ?? "";
  root.append(heading);
  let x = 12;
  for (const entry of figure.querySelectorAll(".legend li:not(.off)")) {
    const label = (entry.textContent ?? "").trim();
    const swatch = entry.querySelector("i")?.getAttribute("class");
    if (swatch)
      root.append(make("rect", { x, y: 28, width: 10, height: 10, rx: 3, class: `bar ${swatch}` }));
    const text = make("text", { x: x + 14, y: 37 });
    text.textContent = label;
    root.append(text);
    x += 28 + label.length * 6.6;
  }
  for (const [part, left] of [
    ["svg.y", 0],
    ["svg.x", 58],
  ] as const) {
    const drawing = figure.querySelector(part)?.cloneNode(true);
    if (!drawing) continue;
    drawing.setAttribute("x", String(left));
    drawing.setAttribute("y", String(top));
    drawing.setAttribute("width", String(left === 0 ? 58 : width - left));
    root.append(drawing);
  }
  return new XMLSerializer().serializeToString(root);
}

export function savePng(name: string, svg: string, figure: Element): void {
  const { width, height } = figure.querySelector(".plot")?.getBoundingClientRect() ?? {
    width: 0,
    height: 0,
  };
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas") as Element & {
      width: number;
      height: number;
      getContext(kind: "2d"): {
        drawImage(image: object, x: number, y: number, width: number, height: number): void;
      };
      toBlob(then: (blob: object) => void): void;
    };
    canvas.width = width * 2;
    canvas.height = (height + 48) * 2;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(url);
    canvas.toBlob((blob) => offer(`${name}.png`, blob));
  };
  image.src = url;
}

export function chartCsv(kit: Kit, data: PageData, plot: string): string {
  const series = data.series[plot];
  const cell = (text: string): string => {
    const harmless = /^\s*[=+\-@]/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  };
  const rows: (string | number)[][] = [];
  const curves = data.curves[plot];
  const heat = data.heat[plot];
  const xy = data.xy[plot];
  if (series) {
    const columns = series.flatMap(({ label, min }) =>
      min ? [`${label} lowest`, label] : [label],
    );
    rows.push(["second", "time_utc", ...columns.map(cell)]);
    for (let bin = 0; bin < data.bins; bin++) {
      const second = bin * data.binSeconds;
      const day = data.startMs === null ? "" : kit.timeOfDay(data.startMs, second);
      const values = series.flatMap(({ min, max }) =>
        min ? [min[bin] ?? "", max[bin] ?? ""] : [max[bin] ?? ""],
      );
      rows.push([second, day, ...values]);
    }
  } else if (curves) {
    rows.push(["curve", "percentile", "ms"]);
    for (const [curve, points] of Object.entries(curves)) {
      for (const [at, ms] of points)
        rows.push([cell(curve), Number(((1 - 10 ** -at) * 100).toPrecision(8)), ms]);
    }
  } else if (xy) {
    const names: Record<string, string> = { ms: "ms", seconds: "s" };
    const column = (label: string, unit: string) =>
      `${label}${names[unit] ? `_${names[unit]}` : ""}`;
    rows.push(["curve", cell(column(xy.x.label, xy.x.unit)), column("value", xy.unit)]);
    for (const { label, points } of xy.curves) {
      for (const [x, y] of points) rows.push([cell(label), x, y]);
    }
  } else if (heat) {
    rows.push(["second", "from_ms", "to_ms", "replies"]);
    for (const [column, counts] of heat.counts.entries()) {
      for (const [row, count] of counts.entries()) {
        if (count)
          rows.push([
            column * heat.columnSeconds,
            heat.boundsMs[row] ?? "",
            heat.boundsMs[row + 1] ?? "",
            count,
          ]);
      }
    }
  }
  return `${rows.map((row) => row.join(",")).join("\n")}\n`;
}

/** Functions to send. */
export const SAVE = { startSaving, saveAs, download, offer, chartSvg, savePng, chartCsv };
