/**
 * What an expression reads: the names and the literal paths, and the patterns it matches with. Called by expression.ts with
 * the syntax tree. Invariant: what all(), map() and their like bind is none of it.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import { ExpressionError } from "./expression-error.ts";
import { compilePattern, PatternError } from "./pattern.ts";

/** Visit the root, then read. */
export class Reads {
  readonly names = new Set<string>();
  readonly paths: string[][] = [];
  /** Paths of which a part is read that is not known before the run. */
  readonly openPaths: string[][] = [];
  private readonly bound: string[] = [];

  visit(node: ASTNode): void {
    const path = fieldPath(node);
    if (path !== null && !this.bound.includes(path[0] ?? "")) this.paths.push([...path]);
    this.visitNode(node);
  }

  private visitNode(node: ASTNode): void {
    switch (node.op) {
      case "value":
        return;
      case "id":
        if (!this.bound.includes(node.args)) this.names.add(node.args);
        return;
      case ".":
      case ".?":
        this.visitNode(node.args[0]);
        return;
      case "[]":
        this.visitIndex(node.args[0], node.args[1]);
        return;
      case "call":
        node.args[1].forEach((child) => {
          this.visit(child);
        });
        return;
      case "rcall":
        this.visitReceiverCall(node.args);
        return;
      case "list":
        node.args.forEach((child) => {
          this.visit(child);
        });
        return;
      case "map":
        for (const [key, value] of node.args) {
          this.visit(key);
          this.visit(value);
        }
        return;
      case "!_":
      case "-_":
        this.visit(node.args);
        return;
      default:
        node.args.forEach((child) => {
          this.visit(child);
        });
    }
  }

  /** With a name in the brackets the whole is a path, see fieldPath; else only what stands before them. */
  private visitIndex(base: ASTNode, index: ASTNode): void {
    const path = fieldPath(base);
    if (nameIn(index) !== null) {
      this.visitNode(base);
      return;
    }
    if (path !== null && !this.bound.includes(path[0] ?? "")) {
      this.openPaths.push([...path]);
      this.visitNode(base);
    } else this.visit(base);
    this.visit(index);
  }

  private visitReceiverCall([name, receiver, args]: [string, ASTNode, ASTNode[]]): void {
    if (name === "matches") checkPattern(args[0]);
    const first = args[0];
    // A macro (all, exists, map, filter, bind): its first argument names a variable of its own.
    const binds = args.length >= 2 && first?.op === "id" ? first.args : null;
    if (!(receiver.op === "id" && receiver.args === "cel")) this.visit(receiver);
    if (binds !== null) this.bound.push(binds);
    for (const child of args) this.visit(child);
    if (binds !== null) this.bound.pop();
  }
}

/** Known before the run, so that what is wrong with it is said then. */
function checkPattern(node: ASTNode | undefined): void {
  if (node?.op !== "value" || typeof node.args !== "string") {
    const hint = 'write it as text: m.id.matches("^a[0-9]+$")';
    throw new ExpressionError("matches() needs a fixed pattern", node?.start ?? 0, hint);
  }
  try {
    compilePattern(node.args);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new ExpressionError(`not a usable pattern: ${error.message}`, node.start, error.hint);
  }
}

/** ["m", "a", "b"] for `m.a.b` and `m.a["b"]`, null for anything else. */
function fieldPath(node: ASTNode): readonly string[] | null {
  if (node.op === "id") return [node.args];
  if (node.op !== "." && node.op !== "[]") return null;
  const base = fieldPath(node.args[0]);
  const name = node.op === "." ? node.args[1] : nameIn(node.args[1]);
  return base === null || name === null ? null : [...base, name];
}

/** The text in brackets, when it is one. */
function nameIn(index: ASTNode): string | null {
  return index.op === "value" && typeof index.args === "string" ? index.args : null;
}
