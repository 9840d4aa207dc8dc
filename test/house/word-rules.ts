/**
 * Rules about words in code and comments: time, chance, the environment, types, unfinished work. Pure, from
 * files to violations; called by house.test.ts on the repository and by rules.test.ts on bad snippets.
 * Invariant: a violation says what to use instead.
 */
import type { Violation } from "./import-rules.ts";
import type { SourceFile } from "./repository.ts";
import type { Token } from "./scan.ts";

/** A chain of tokens, e.g. ["Date", ".", "now"], and what to use instead. */
interface Ban {
  readonly tokens: readonly string[];
  readonly instead: string;
}

const TIME_BANS: readonly Ban[] = [
  { tokens: ["Date", ".", "now"], instead: "Clock of shared/time/clock.ts" },
  { tokens: ["new", "Date", "(", ")"], instead: "Clock.wallMs of shared/time/clock.ts" },
  { tokens: ["performance", ".", "now"], instead: "Clock of shared/time/clock.ts" },
  { tokens: ["performance", ".", "timeOrigin"], instead: "Clock of shared/time/clock.ts" },
  { tokens: ["process", ".", "hrtime"], instead: "Clock of shared/time/clock.ts" },
  { tokens: ["process", ".", "uptime"], instead: "Clock of shared/time/clock.ts" },
  { tokens: ["Math", ".", "random"], instead: "shared/time/random.ts" },
];

const ENVIRONMENT_BANS: readonly Ban[] = [
  { tokens: ["process", ".", "env"], instead: "the program's config.ts" },
  { tokens: ["process", "[", "env", "]"], instead: "the program's config.ts" },
];

const EVERYWHERE_BANS: readonly Ban[] = [
  { tokens: ["as", "any"], instead: "a type, or unknown and a check" },
  { tokens: [":", "any"], instead: "a type, or unknown and a check" },
  { tokens: ["<", "any", ">"], instead: "a type, or unknown and a check" },
  { tokens: ["vi", ".", "mock"], instead: "the real thing: sockets on loopback, child processes" },
  { tokens: ["it", ".", "only"], instead: "run one file: npx vitest run <file>" },
  { tokens: ["test", ".", "only"], instead: "run one file: npx vitest run <file>" },
  { tokens: ["describe", ".", "only"], instead: "run one file: npx vitest run <file>" },
];

export function checkTimeAndChance(files: readonly SourceFile[], allowed: readonly string[]) {
  return checkBans(files, TIME_BANS, allowed);
}

export function checkEnvironment(files: readonly SourceFile[], allowed: readonly string[]) {
  return checkBans(files, ENVIRONMENT_BANS, allowed);
}

export function checkBannedCode(files: readonly SourceFile[]): Violation[] {
  return checkBans(files, EVERYWHERE_BANS, []);
}

function checkBans(
  files: readonly SourceFile[],
  bans: readonly Ban[],
  allowed: readonly string[],
): Violation[] {
  const violations: Violation[] = [];
  for (const file of files) {
    if (allowed.includes(file.path)) continue;
    violations.push(...bannedIn(file, bans));
  }
  return violations;
}

function bannedIn(file: SourceFile, bans: readonly Ban[]): Violation[] {
  const { tokens } = file.scan;
  return tokens.flatMap((token, index) =>
    bans
      .filter((ban) => ban.tokens.every((text, offset) => isCode(tokens[index + offset], text)))
      .map((ban) => `${file.path}:${token.line} ${ban.tokens.join("")}: use ${ban.instead}`),
  );
}

/** A word or sign of code; the content of a string counts only as the key of process["env"]. */
function isCode(token: Token | undefined, text: string): boolean {
  if (token === undefined || token.text !== text) return false;
  return token.kind !== "template" && (token.kind !== "string" || text === "env");
}

/** Allowed places that do nothing forbidden any more. */
export function staleAllowances(
  files: readonly SourceFile[],
  allowed: readonly string[],
  check: (files: readonly SourceFile[], allowed: readonly string[]) => Violation[],
): Violation[] {
  return allowed
    .filter(
      (path) =>
        check(
          files.filter((file) => file.path === path),
          [],
        ).length === 0,
    )
    .map((path) => `law: ${path} does not need its permission any more`);
}

const BANNED_COMMENTS: readonly (readonly [RegExp, string])[] = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, "do it, or leave it out"],
  [/@ts-(ignore|expect-error|nocheck)\b/, "make the types right"],
];

export function checkComments(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) =>
    file.scan.comments.flatMap((comment) =>
      BANNED_COMMENTS.filter(([pattern]) => pattern.test(comment.text)).map(
        ([pattern, instead]) =>
          `${file.path}:${comment.line} ${pattern.exec(comment.text)?.[0]}: ${instead}`,
      ),
    ),
  );
}

/** Private words, and what the field says instead. Of text that users read: documents, help, messages. */
const PROSE_BANS: readonly (readonly [RegExp, string])[] = [
  [/\bbears?\b/i, "sustains, holds"],
  [/\bmend(s|ed|ing)?\b/i, "fix"],
  [/\bunless told\b/i, "default: …"],
  [/\bfor sure\b/i, "statistically significant, certainly"],
  [/\bheed(s|ed|ing)?\b/i, "apply, follow"],
  [/\bwish(es|ed)?\b/i, "request"],
  [
    /\blets? (us|me|you|them|nobody|somebody|anybody) in\b|\b(was|were|nobody) let in\b/i,
    "accepts the connection",
  ],
  [/\bsceptics?\b/i, "say for whom it is"],
  [/\b(taken|take|made|a side,?) in turns\b/i, "alternately"],
  [/\bstood? in for\b/i, "replaced"],
  [/\bbooks balance\b/i, "everything is accounted for"],
  [/\b(is|was|are|were|been) told\b/i, "reported, configured"],
  [/\btold apart\b/i, "distinguished"],
  [/\blately\b/i, "recently"],
  [/\bfor ever\b/i, "say until when"],
];

/** @param texts documents for users. */
export function checkProse(
  texts: readonly { readonly path: string; readonly text: string }[],
): Violation[] {
  return texts.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, at) => privateWords(line, `${path}:${at + 1}`)),
  );
}

/** Sentences in the code that people get to read: strings of more than one word. */
export function checkMessages(files: readonly SourceFile[]): Violation[] {
  return files.flatMap(({ path, scan }) =>
    scan.tokens
      .filter(({ kind, text }) => (kind === "string" || kind === "template") && /\w \w/.test(text))
      .flatMap(({ text, line }) => privateWords(text, `${path}:${line}`)),
  );
}

function privateWords(text: string, at: string): Violation[] {
  return PROSE_BANS.flatMap(([pattern, instead]) => {
    const found = pattern.exec(text)?.[0];
    return found === undefined ? [] : [`${at} "${found}": say ${instead}`];
  });
}
