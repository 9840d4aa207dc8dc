/**
 * Cells of tables as every renderer takes them: one form, with the number written in its unit. Called by the renderers.
 * Invariant: what was not measured is a dash, never a zero.
 */
import {
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
} from "../text/format.ts";
import type { Cell, Column, Foreign, Moment, Piece, RichCell, Text } from "./block.ts";
import type { Unit } from "./unit.ts";

const NOT_MEASURED = "–";

export interface ShownCell extends RichCell {
  readonly text: Text;
  readonly value: number | null;
}

export function shownCell(cell: Cell, { unit }: Column): ShownCell {
  if (typeof cell === "number") return { text: formatIn(unit, cell), value: cell };
  if (cell === null) return { text: NOT_MEASURED, value: null };
  if (!isRich(cell)) return { text: cell, value: null };
  const { value = null, text } = cell;
  const shown = value === null ? (unit === "bar" ? "" : NOT_MEASURED) : formatIn(unit, value);
  return { ...cell, value, text: text ?? shown };
}

export function formatIn(unit: Unit, value: number): string {
  switch (unit) {
    case "ms":
      return formatMs(value);
    case "seconds":
      return formatSeconds(value);
    case "share":
      return formatShare(value);
    case "perSecond":
      return formatRate(value);
    case "bytes":
      return formatBytes(value);
    case "cores":
      return `${value.toFixed(2)} cores`;
    case "count":
    case "text":
    case "figure":
    case "bar":
      return formatCount(value);
  }
}

/** Aligned to the right. */
export function isNumeric({ unit }: Column): boolean {
  return unit !== "text" && unit !== "bar";
}

/** Without references: a renderer that has links looks for them. @param show how a renderer writes what is not plain text of ours */
export function joined(text: Text, show: (piece: Foreign | Moment) => string): string {
  const pieces = Array.isArray(text) ? (text as readonly Piece[]) : [text as Piece];
  return pieces
    .map((piece) => {
      if (typeof piece === "string") return piece;
      return "section" in piece ? "" : show(piece);
    })
    .join("");
}

function isRich(cell: Exclude<Cell, number | null>): cell is RichCell {
  return (
    typeof cell === "object" &&
    !Array.isArray(cell) &&
    !("foreign" in cell) &&
    !("moment" in cell) &&
    !("section" in cell)
  );
}
