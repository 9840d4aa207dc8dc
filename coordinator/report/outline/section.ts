/**
 * What a section of the report is: a question of the reader and the blocks that answer it. One file a section in
 * sections/, one line in registry.ts; docs and the conformance test run over that array. Invariants: `build` is a pure
 * function of the facts; no blocks means that the section does not apply, and is left out.
 */
import type { ReportModel } from "../model/model.ts";
import type { Summary } from "../summary-schema.ts";
import type { Block } from "./block.ts";

export const FORMATS = ["html", "md", "terminal", "csv", "junit", "pdf"] as const;
export type Format = (typeof FORMATS)[number];

/** The report, or of a run elsewhere its summary alone: a section shows what it can of what is there. */
export type Facts = { readonly summary: Summary } & Partial<Omit<ReportModel, "summary">>;

export interface SectionMeta {
  /** Address within report.html. */
  readonly id: string;
  readonly title: string;
  /** For docs/reports.md: what a reader finds there. */
  readonly about: string;
  /** Formats without it, each with the reason. */
  readonly omit?: Partial<Readonly<Record<Format, string>>>;
}

export interface Section {
  readonly meta: SectionMeta;
  build(facts: Facts): readonly Block[];
  /** Its few rows in the compact summary of a terminal. */
  brief?(facts: Facts): readonly Block[];
}
