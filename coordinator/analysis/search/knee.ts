/**
 * Where latency begins to bend upward with load: segmented regression, two straight lines that meet, over the levels a
 * search has judged. Pure; called by capacity.ts.
 * Source of the method: V. M. R. Muggeo, "Estimating regression models with unknown break-points", Statistics in Medicine
 * 22 (2003); here the break-point is found on a grid, as there is one of them and few points.
 * Invariant: a knee lies between levels that were tested, or there is none.
 */

export interface Point {
  readonly level: number;
  readonly value: number;
}

/** Fewer points fit a bend to anything. */
const LEAST_POINTS = 6;
/** Different levels on either side of the bend. */
const LEAST_BELOW = 3;
const LEAST_ABOVE = 2;
/** The bend has to explain this part of what one straight line leaves unexplained. */
const EXPLAINED = 0.75;
/** From the knee to the highest level, values have to grow at least so many times as much as up to the knee. */
const BENT = 3;
const GRID = 400;

interface Fit {
  readonly knee: number;
  /** Rise per connection below the knee, and how much more it is above. */
  readonly slope: number;
  readonly bend: number;
  readonly squares: number;
}

/** The level of the bend, or null when there is none that the points show. */
export function kneeOf(points: readonly Point[]): number | null {
  const levels = [...new Set(points.map(({ level }) => level))].sort((a, b) => a - b);
  const first = levels[LEAST_BELOW - 1];
  const last = levels[levels.length - LEAST_ABOVE];
  if (points.length < LEAST_POINTS || first === undefined || last === undefined || first >= last) {
    return null;
  }
  let best: Fit | null = null;
  for (let at = 0; at <= GRID; at++) {
    const fit = fitAt(points, first + ((last - first) * at) / GRID);
    if (fit !== null && (best === null || fit.squares < best.squares)) best = fit;
  }
  const line = fitAt(points, Number.POSITIVE_INFINITY);
  if (best === null || line === null || best.bend <= 0) return null;
  const { knee } = best;
  if (levels.filter((level) => level > knee).length < LEAST_ABOVE) return null;
  if (best.squares > (1 - EXPLAINED) * line.squares) return null;
  const isBent = best.slope + best.bend > BENT * Math.max(best.slope, 0);
  return isBent ? Math.round(knee) : null;
}

/** Least squares of value = a + slope * level + bend * max(0, level - knee); without a bend for a knee beyond all. */
function fitAt(points: readonly Point[], knee: number): Fit | null {
  const bent = Number.isFinite(knee);
  const rows = points.map(({ level }) => [1, level, ...(bent ? [Math.max(0, level - knee)] : [])]);
  const values = points.map(({ value }) => value);
  const solved = leastSquares(rows, values);
  if (solved === null) return null;
  const squares = rows.reduce((sum, row, at) => {
    const guess = row.reduce((total, x, column) => total + x * (solved[column] ?? 0), 0);
    return sum + ((values[at] ?? 0) - guess) ** 2;
  }, 0);
  return { knee, slope: solved[1] ?? 0, bend: solved[2] ?? 0, squares };
}

/** By the normal equations, Gauss with pivots; null when they have no single solution. */
function leastSquares(rows: readonly number[][], values: readonly number[]): number[] | null {
  const size = rows[0]?.length ?? 0;
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (__, j) => sumOf(rows, (row) => (row[i] ?? 0) * (row[j] ?? 0))),
    sumOf(rows, (row, at) => (row[i] ?? 0) * (values[at] ?? 0)),
  ]);
  for (let column = 0; column < size; column++) {
    const rest = matrix.slice(column);
    const pivot = rest.reduce((most, row) =>
      Math.abs(row[column] ?? 0) > Math.abs(most[column] ?? 0) ? row : most,
    );
    const scale = pivot[column] ?? 0;
    if (Math.abs(scale) < 1e-9) return null;
    const at = matrix.indexOf(pivot);
    [matrix[column], matrix[at]] = [pivot, matrix[column] ?? []];
    for (const [index, row] of matrix.entries()) {
      if (index === column) continue;
      const factor = (row[column] ?? 0) / scale;
      matrix[index] = row.map((x, j) => x - factor * (pivot[j] ?? 0));
    }
  }
  return matrix.map((row, at) => (row[size] ?? 0) / (row[at] ?? 1));
}

function sumOf(rows: readonly number[][], value: (row: number[], at: number) => number): number {
  return rows.reduce((sum, row, at) => sum + value(row, at), 0);
}
