/** A Dockerfile as instructions by stage, and a .dockerignore as a question. Used by the rules. Pure. */

export interface Instruction {
  /** In capitals, e.g. COPY. */
  readonly word: string;
  readonly args: string;
  readonly line: number;
}

/** From its FROM on. What stands before the first one is in no stage. */
export type Stage = readonly Instruction[];

export function instructionsOf(text: string): Instruction[] {
  const found: Instruction[] = [];
  let open = "";
  let start = 0;
  for (const [index, raw] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    if (open === "") start = index + 1;
    open = `${open} ${raw.trim()}`.trim();
    if (open.endsWith("\\")) {
      open = open.slice(0, -1).trimEnd();
      continue;
    }
    const [, word = "", args = ""] = /^(\S+)\s*(.*)$/.exec(open) ?? [];
    found.push({ word: word.toUpperCase(), args, line: start });
    open = "";
  }
  return found;
}

export function stagesOf(text: string): Stage[] {
  const stages: Instruction[][] = [];
  for (const instruction of instructionsOf(text)) {
    if (instruction.word === "FROM") stages.push([instruction]);
    else stages.at(-1)?.push(instruction);
  }
  return stages;
}

export function nameOf([from]: Stage): string {
  return / AS (\S+)$/i.exec(from?.args ?? "")?.[1] ?? "";
}

export interface Copy {
  /** Stage it copies from; null: the context. */
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly destination: string;
  readonly line: number;
}

export function copiesOf(stage: Stage): Copy[] {
  return stage
    .filter(({ word }) => word === "COPY" || word === "ADD")
    .map(({ args, line }) => {
      const words = args.split(/\s+/);
      const paths = words.filter((word) => !word.startsWith("--"));
      const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
      return {
        from: from ?? null,
        sources: paths.slice(0, -1),
        destination: paths.at(-1) ?? "",
        line,
      };
    });
}

/** The words of an exec form, `["node", "main.js"]`; null for a form that a shell runs. */
export function execForm(args: string): string[] | null {
  const at = args.indexOf("[");
  if (at < 0) return null;
  try {
    const words = JSON.parse(args.slice(at)) as unknown;
    const all = Array.isArray(words) && words.every((word) => typeof word === "string");
    return all && words.length > 0 ? words : null;
  } catch {
    return null;
  }
}

/** Whether a path is left out of the context: the last line that matches it, or a folder it is in, decides. */
export function isIgnored(ignored: string, path: string): boolean {
  let out = false;
  for (const raw of ignored.split("\n")) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const pattern = line.replace(/^!/, "").replace(/^\/|\/$/g, "");
    if (matches(pattern, path)) out = !line.startsWith("!");
  }
  return out;
}

function matches(pattern: string, path: string): boolean {
  const source = pattern
    .split("/")
    .map((part) =>
      part === "**"
        ? ".*"
        : part
            .replace(/[.+^${}()|[\]\\]/g, "\\$&")
            .replaceAll("*", "[^/]*")
            .replaceAll("?", "[^/]"),
    )
    .join("/")
    .replaceAll(".*/", "(.*/)?");
  return new RegExp(`^${source}(/|$)`).test(path);
}
