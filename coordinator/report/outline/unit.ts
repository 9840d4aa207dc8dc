/**
 * Units of numbers and the colours of series: what tables and charts have in common. Used by block.ts and plot.ts.
 */
/**
 * What a number is of; it decides how it is written and aligned. Columns of `text`, `bar` and `figure` (a number that is
 * written already) hold none.
 */
export type Unit =
  | "text"
  | "figure"
  | "bar"
  | "count"
  | "ms"
  | "seconds"
  | "share"
  | "perSecond"
  | "bytes"
  | "cores";

export type Colour = "c1" | "c2" | "c3" | "c4" | "c5" | "c6" | "c7";
