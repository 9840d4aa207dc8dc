/** How the texts in this folder are laid out: the width of labels, and tables without frames. */
import type { TableConstructorOptions } from "cli-table3";

/** Columns of a label, the gap after it included. */
export const LABEL = 14;

export const PLAIN_TABLE: TableConstructorOptions = {
  style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  chars: {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "",
  },
};

/** "label         text": labels in one column, so the eye can run down it. */
export function row(label: string, text: string): string {
  return `  ${label.padEnd(LABEL)}${text}`;
}
