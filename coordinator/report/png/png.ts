/**
 * The charts of a report as PNG files, one a chart, drawn by resvg as WebAssembly, which is there when somebody installed it. Called by
 * `onrush report --out png` and the API, both through launch/remake.ts. The only door to it. Invariant: nothing is downloaded; the fonts are
 * those of pdfmake or of this machine.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { OnrushError } from "../../../shared/errors.ts";
import type { ReportModel } from "../model/model.ts";
import { allBlocks, outlineOf } from "../outline/outline.ts";
import type { Plot } from "../outline/plot.ts";
import { robotoFile } from "../pdf/plain-pdf.ts";
import { chartSvg } from "./chart-svg.ts";

/** Pixels a unit, so that text is sharp in slides and on dense screens. */
const SCALE = 2;

interface Font {
  readonly path: string;
  readonly family: string;
}

/** Where systems keep a font without serifs. */
const FONTS: readonly Font[] = [
  { path: "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", family: "DejaVu Sans" },
  { path: "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf", family: "DejaVu Sans" },
  { path: "/usr/share/fonts/TTF/DejaVuSans.ttf", family: "DejaVu Sans" },
  {
    path: "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    family: "Liberation Sans",
  },
  { path: "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", family: "Noto Sans" },
  { path: "/System/Library/Fonts/Supplemental/Arial.ttf", family: "Arial" },
  { path: "/Library/Fonts/Arial.ttf", family: "Arial" },
];

export interface ChartFile {
  /** `latency-curve.png`: the chart's address in report.html. */
  readonly name: string;
  readonly png: Uint8Array;
}

/**
 * One after another, so that one picture is in memory.
 * @param load makes the renderer ready, once a process unless it fails
 * @throws OnrushError ONRUSH_PNG_UNAVAILABLE
 */
export async function* chartFiles(
  model: ReportModel,
  load: () => Promise<Resvg> = loadResvg,
): AsyncGenerator<ChartFile> {
  const draw = await renderer(load);
  const place = `${model.summary.name}, ${model.summary.run}`;
  for (const plot of plotsOf(model)) {
    yield { name: `${plot.id}.png`, png: draw(plot, place) };
  }
}

function plotsOf(model: ReportModel): Plot[] {
  return outlineOf(model, "html")
    .flatMap(({ blocks }) => [...allBlocks(blocks)])
    .filter((block) => block.kind === "plot");
}

type Draw = (plot: Plot, place: string) => Uint8Array;

type Resvg = typeof import("@resvg/resvg-wasm");

let loading: Promise<Resvg> | undefined;

async function renderer(load: () => Promise<Resvg>): Promise<Draw> {
  loading ??= load();
  const resvg = await loading.catch((cause: unknown) => {
    loading = undefined;
    throw noRenderer(cause);
  });
  const font = await findFont();
  if (font === null) throw noFont();
  return (plot, place) => {
    const image = new resvg.Resvg(chartSvg(plot, place, font.family), {
      fitTo: { mode: "zoom", value: SCALE },
      font: { fontBuffers: [font.bytes], defaultFontFamily: font.family },
    });
    try {
      const rendered = image.render();
      const png = rendered.asPng();
      rendered.free();
      return png;
    } finally {
      image.free();
    }
  };
}

async function loadResvg(): Promise<Resvg> {
  const resvg = await import("@resvg/resvg-wasm");
  const program = createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm");
  await resvg.initWasm(await readFile(program));
  return resvg;
}

async function findFont(): Promise<{ readonly family: string; readonly bytes: Uint8Array } | null> {
  const roboto = await robotoFile();
  const known = roboto === null ? FONTS : [...FONTS, { path: roboto, family: "Roboto" }];
  for (const { path, family } of known) {
    const bytes = await readFile(path).catch(() => null);
    if (bytes !== null) return { family, bytes };
  }
  return null;
}

/** Not installed, or there and not to be started. */
function noRenderer(cause: unknown): OnrushError {
  const isMissing = (cause as NodeJS.ErrnoException | null)?.code === "ERR_MODULE_NOT_FOUND";
  return new OnrushError({
    code: "ONRUSH_PNG_UNAVAILABLE",
    message: isMissing
      ? "charts as PNG need the package @resvg/resvg-wasm, and it is not here"
      : `charts as PNG cannot be drawn: @resvg/resvg-wasm does not start: ${textOf(cause)}`,
    remedy: `\`npm install @resvg/resvg-wasm\`${isMissing ? "" : " again"}; or open report.html and save a chart from there`,
    cause,
  });
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function noFont(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_PNG_UNAVAILABLE",
    message: "charts as PNG need a font, and none was found",
    remedy: "install the font DejaVu Sans, or `npm install pdfmake`, which brings one",
  });
}
