/**
 * The results a run can be written as, beside what its directory always holds. Used by the schema of scenario files,
 * by `--out` and by the report. Invariant: a name, once given, keeps its meaning.
 */

export const OUTPUT_KINDS = ["html", "json", "md", "csv", "junit", "pdf"] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];
