/** What a set of runs comes to, as text. Called by main.ts. Invariant: no share without its n and its interval. */
import type { Answer } from "./answer.ts";
import { nameOf } from "./bundle.ts";
import type { Reliability } from "./reliability.ts";
import { isRight, SCORE_MEASURES, type Score, type Scored, type Share } from "./score.ts";

/** Every run: what was done, whether it was felt, what we say of it. */
export function runsTable(all: readonly Scored[]): readonly string[] {
  return all.map(({ label, truth, value, usual, isDisturbed, answers }) => {
    const { cause = "healthy", also } = label.label ?? {};
    const intended = also === undefined ? cause : `${cause} and ${also.cause}`;
    const felt =
      value === null ? "" : ` (${label.impact?.measure} ${short(value)}, healthy ${short(usual)})`;
    const isLost = label.label !== null && truth === null;
    const state = isDisturbed ? "machine was busy: " : isLost ? "not felt: " : "";
    const answer = answers.get("ours") ?? [];
    const mark = isDisturbed ? " " : isRight(truth, answer) ? "+" : "-";
    return `${mark} ${nameOf(label).padEnd(24)} ${state}${intended}${felt} -> ${text(answer)}`;
  });
}

function text(answer: Answer): string {
  if (answer.length === 0) return "nothing";
  return answer
    .slice(0, 3)
    .map(({ cause, locus }) => `${cause} (${locus})`)
    .join(", ");
}

function short(value: number | null): string {
  return value === null ? "-" : String(Number(value.toPrecision(3)));
}

/** Markdown: a row a cause that was felt, with what was said instead of it; the worst first. */
export function causesTable(all: readonly Scored[]): readonly string[] {
  const felt = all.filter(({ truth, isDisturbed }) => truth !== null && !isDisturbed);
  const rows = [...grouped(felt, ({ truth }) => truth?.cause ?? "")].map(([cause, runs]) => {
    const answers = runs.map(({ truth, answers }) => ({ truth, said: answers.get("ours") ?? [] }));
    const first = answers.filter(({ truth, said }) => isRight(truth, said)).length;
    const among = answers.filter(({ truth, said }) =>
      said.slice(0, 3).some((one) => isRight(truth, [one])),
    ).length;
    const wrong = answers.filter(({ truth, said }) => !isRight(truth, said));
    return {
      cause,
      of: runs.length,
      first,
      among,
      instead: instead(wrong.map(({ said }) => said)),
    };
  });
  return [
    "| cause | runs | named first | among the first three | named instead |",
    "| --- | --- | --- | --- | --- |",
    ...rows
      .toSorted((a, b) => a.first / a.of - b.first / b.of || a.cause.localeCompare(b.cause))
      .map(
        ({ cause, of, first, among, instead }) =>
          `| \`${cause}\` | ${of} | ${first} | ${among} | ${instead} |`,
      ),
  ];
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

function instead(said: readonly Answer[]): string {
  return [...grouped(said, ([first]) => first?.cause ?? "nothing")]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([cause, { length }]) => (length === 1 ? cause : `${length} x ${cause}`))
    .join(", ");
}

/** A row a measure, a column an analyzer. */
export function scoresTable(all: readonly Score[]): readonly string[] {
  const width = Math.max(...SCORE_MEASURES.map(({ length }) => length));
  const row = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}  ${cells.map((cell) => cell.padEnd(24)).join("  ")}`.trimEnd();
  return [
    row(
      "",
      all.map(({ analyzer }) => analyzer),
    ),
    ...SCORE_MEASURES.map((measure) =>
      row(
        measure,
        all.map(({ shares }) => shareText(shares[measure])),
      ),
    ),
    row(
      "calibration error",
      all.map(({ calibration }) => (calibration === null ? "-" : calibrationText(calibration))),
    ),
  ];
}

/** The error, how many answers it is of, and what it would be if they were all as likely as stated. */
export function calibrationText({ error, byChance, of }: Omit<Reliability, "bins">): string {
  return `${error.toFixed(2)} (n = ${of}; ${byChance.toFixed(2)} by chance)`;
}

/** Markdown: a row a bin of first answers, what was said of them and how many were right. */
export function reliabilityTable({ bins }: Reliability): readonly string[] {
  return [
    "| stated | answers | stated on average | were right |",
    "| --- | --- | --- | --- |",
    ...bins.map(({ of, least, said, most, right, low, high }) => {
      const range = least === most ? said.toFixed(2) : `${least.toFixed(2)} to ${most.toFixed(2)}`;
      return `| ${range} | ${of} | ${said.toFixed(2)} | ${shareText({ count: right, of, low, high })} |`;
    }),
  ];
}

function shareText({ count, of, low, high }: Share): string {
  if (low === null || high === null) return "- (n = 0)";
  return `${count}/${of} = ${(count / of).toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
}
