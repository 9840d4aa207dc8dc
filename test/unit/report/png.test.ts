/**
 * Goal: each chart of the report is a picture that shows it. Method: the files are decoded and their pixels counted, of the whole
 * picture and of the colour of a line.
 */
import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { buildReportModel } from "../../../coordinator/report/model/model.ts";
import type { CurvePlot } from "../../../coordinator/report/outline/plot.ts";
import { chartSvg } from "../../../coordinator/report/png/chart-svg.ts";
import { chartFiles } from "../../../coordinator/report/png/png.ts";
import { troubledRun } from "./sample-runs.ts";

const around = { scenarioText: null, notes: [] };

/** Of an image of eight bits a channel with alpha that is not interlaced, which is what the renderer makes. */
function decoded(png: Uint8Array) {
  const file = Buffer.from(png);
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  expect([...file.subarray(24, 29)]).toEqual([8, 6, 0, 0, 0]);
  const parts: Buffer[] = [];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const isData = file.toString("latin1", at + 4, at + 8) === "IDAT";
    if (isData) parts.push(file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), width * 4, height);
  return { width, height, pixels: new Uint32Array(rows.buffer, 0, width * height) };
}

/** PNG, section 9.2. */
function unfiltered(data: Buffer, stride: number, height: number): Uint8Array {
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < 4 ? 0 : (rows[at - 4] ?? 0);
      const up = y === 0 ? 0 : (rows[at - stride] ?? 0);
      const corner = x < 4 || y === 0 ? 0 : (rows[at - stride - 4] ?? 0);
      rows[at] = (data[y * (stride + 1) + 1 + x] ?? 0) + guess(filter, left, up, corner);
    }
  }
  return rows;
}

function guess(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const sum = left + up - corner;
  const toLeft = Math.abs(sum - left);
  const toUp = Math.abs(sum - up);
  const toCorner = Math.abs(sum - corner);
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}

/** As bytes lie in memory. */
const BLUE = 0xff_c9_63_25;
const WHITE = 0xff_ff_ff_ff;

/** One of each shape; decoding all of them would prove nothing more. */
const LOOKED_AT = ["latency-over-time.png", "latency-curve.png", "latency-heat.png"];

test("a file for each chart, named by it, with text and ink", async () => {
  const model = buildReportModel(troubledRun(), around);
  const names: string[] = [];
  for await (const { name, png } of chartFiles(model)) {
    names.push(name);
    expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    if (!LOOKED_AT.includes(name)) continue;
    const { width, height, pixels } = decoded(png);
    expect(width).toBe(1920);
    expect(height).toBeGreaterThan(300);
    const inked = (from: number, to: number) =>
      pixels.subarray(from * width, to * width).filter((pixel) => pixel !== WHITE).length;
    expect(inked(0, height), name).toBeGreaterThan(2000);
    // The title, above everything else.
    expect(inked(0, 52), name).toBeGreaterThan(500);
    if (name === "latency-over-time.png") expect(pixels).toContain(BLUE);
  }
  expect(names).toEqual(expect.arrayContaining(LOOKED_AT));
  expect(new Set(names).size).toBe(names.length);
});

test("foreign text in a chart is text", () => {
  const evil = '</style><script>"&';
  const plot: CurvePlot = {
    kind: "plot",
    shape: "curve",
    ...{ id: "c", title: "t", about: "" },
    curves: [{ id: "a", label: evil, colour: "c1", points: [{ percentile: 0.5, ms: 3 }] }],
  };
  expect(chartSvg(plot, evil, "Sans")).not.toContain("<script");
});
