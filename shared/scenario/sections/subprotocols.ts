/**
 * The meaning of `connect.subprotocols`: names, which may hold what is a connection's own, such as a token. Called by
 * connect.ts. Invariant: with every row of the data the list is one that RFC 6455 allows: tokens, none twice.
 */

import { checkPlace } from "../check/rows.ts";
import { checkTemplate, type TemplateContext } from "../check/templates.ts";
import type { Path } from "../issue.ts";
import { scanPieces } from "../template/scan.ts";
import { quoted } from "../units.ts";

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HINT = "letters, digits and .-_~ without spaces";
/** Between the names of a list that is looked at as a whole; no name can hold it. */
const BETWEEN = "\n";

/** The list as it was written. @param path of the list */
export function checkSubprotocols(
  names: readonly string[],
  path: Path,
  context: TemplateContext,
): readonly string[] {
  let isWhole = true;
  for (const [index, name] of names.entries()) {
    if (!checkName(name, [...path, index], context)) isWhole = false;
  }
  if (isWhole) checkTwice(names, path, context);
  return names;
}

function checkName(name: string, path: Path, context: TemplateContext): boolean {
  const { log } = context;
  const template = checkTemplate(name, path, context);
  if (template === null) return false;
  if (name.includes("{{") && readsSeq(name)) {
    log.add(path, "a subprotocol is offered before the first message: seq has no value", "");
    return false;
  }
  const fault = !name.includes("{{")
    ? () => (TOKEN.test(name) ? "" : `not a subprotocol: ${quoted(name)}`)
    : (value: string) => (TOKEN.test(value) ? "" : "the value is no subprotocol");
  checkPlace({ kind: "text", value: name, path, fault, hint: HINT }, template, context);
  return log.isSound(path);
}

function readsSeq(name: string): boolean {
  const quotedText = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
  return scanPieces(name).some(
    (piece) => "source" in piece && /(?<![.\w])seq\b/.test(piece.source.replaceAll(quotedText, "")),
  );
}

/** The same name twice, as written or with a row's values. */
function checkTwice(names: readonly string[], path: Path, context: TemplateContext): void {
  const value = names.join(BETWEEN);
  const template = checkTemplate(value, path, context);
  const fault = (text: string) => {
    const offered = text.split(BETWEEN);
    const twice = offered.find((name, index) => offered.indexOf(name) !== index);
    if (twice === undefined) return "";
    return names.includes(twice) ? `the subprotocol ${twice} is twice` : "a subprotocol is twice";
  };
  if (template !== null)
    checkPlace({ kind: "text", value, path, fault, hint: "" }, template, context);
}
