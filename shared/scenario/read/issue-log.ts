/**
 * The issue log of one reading: every stage adds what it finds, each with its place in the file.
 * Made by parse.ts, passed to every stage. Invariant: a value that already has an issue is not reported
 * again for what follows from it.
 */
import { formatPath, type Issue, MAX_ISSUES, orderIssues, type Path } from "../issue.ts";
import type { YamlDocument } from "./document.ts";
import type { Flaw } from "./tokens.ts";

/** Which part of the thing at the path is meant. `inside`: a character of its text. */
export interface Spot {
  readonly part?: "key" | "value";
  readonly inside?: number;
}

/** Longest text of an issue; more of it says nothing more. */
const MAX_TEXT_CHARS = 600;

function cut(text: string): string {
  return text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS - 3)}...` : text;
}

/** Past this many, issues are counted as present but no longer located. */
const MAX_LOGGED = 10 * MAX_ISSUES;

export class IssueLog {
  readonly #file: string;
  readonly #document: YamlDocument;
  readonly #issues: Issue[] = [];
  /** Formatted paths that have an issue at or below them. */
  readonly #touched = new Set<string>();
  readonly #exact = new Set<string>();
  /** Formatted paths whose value came from an option, with the option's name. */
  readonly #overridden = new Map<string, string>();

  constructor(file: string, document: YamlDocument) {
    this.#file = file;
    this.#document = document;
  }

  get isEmpty(): boolean {
    return this.#issues.length === 0;
  }

  add(path: Path, what: string, hint: string, spot: Spot = {}): void {
    if (this.#issues.length >= MAX_LOGGED) {
      this.mark(path);
      return;
    }
    const option = this.#optionOf(path);
    if (option !== null) this.#push(path, { file: option, line: 0, column: 0, what, hint });
    else {
      const offset =
        spot.inside === undefined
          ? this.#document.locate(path, spot.part ?? "value")
          : this.#document.locateInside(path, spot.inside);
      this.#push(path, { file: this.#file, ...this.#document.place(offset), what, hint });
    }
  }

  /** A problem with an option (`--set a.b`, `-e x`) itself. */
  addOption(option: string, what: string, hint: string): void {
    this.#push([], { file: option, line: 0, column: 0, what, hint });
  }

  addFlaw(flaw: Flaw): void {
    const { path, what, hint } = flaw;
    this.#push(path, { file: this.#file, ...this.#document.place(flaw.offset), what, hint });
  }

  /** Values at and below `path` come from `option`. */
  override(path: Path, option: string): void {
    this.#overridden.set(formatPath(path), option);
  }

  /**
   * No issue at `path` or below it, and none about a part that holds it: of a list that is too long, say,
   * the items were never looked at.
   */
  isSound(path: Path): boolean {
    if (this.#touched.has(formatPath(path))) return false;
    for (let length = path.length - 1; length > 0; length--) {
      if (this.#exact.has(formatPath(path.slice(0, length)))) return false;
    }
    return true;
  }

  /** An issue at `path` itself. */
  hasAt(path: Path): boolean {
    return this.#exact.has(formatPath(path));
  }

  list(): Issue[] {
    return orderIssues(this.#issues);
  }

  #optionOf(path: Path): string | null {
    for (let length = path.length; length > 0; length--) {
      const option = this.#overridden.get(formatPath(path.slice(0, length)));
      if (option !== undefined) return option;
    }
    return null;
  }

  #push(path: Path, issue: Omit<Issue, "path">): void {
    if (this.#issues.length < MAX_LOGGED) {
      const { what, hint } = issue;
      const texts = { path: cut(formatPath(path)), what: cut(what), hint: cut(hint) };
      this.#issues.push({ ...issue, ...texts });
    }
    this.mark(path);
  }

  /** Nothing more is to be said about `path`: its issue is reported elsewhere. */
  mark(path: Path): void {
    this.#exact.add(formatPath(path));
    for (let length = 0; length <= path.length; length++) {
      this.#touched.add(formatPath(path.slice(0, length)));
    }
  }
}
