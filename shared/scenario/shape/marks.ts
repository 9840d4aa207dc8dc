/**
 * Marks on parts of a shape, for what zod has no word for. Set by the sections, read by read/statics.ts and by the JSON
 * Schema. Invariant: a mark outlives the wrappers and checks put on the part; a text of a key that the shape does not
 * know is not resolved, and the unknown key is the one thing that is reported.
 */
import * as z from "zod";
import type { Path } from "../issue.ts";
import { tagged } from "./fields.ts";

const MARKS = ["asWritten", "implied", "unshown"] as const;
type Mark = (typeof MARKS)[number];

function marked<T extends z.ZodType>(schema: T, mark: Mark): T {
  return tagged(schema, { [mark]: true });
}

function has(node: z.core.$ZodType, mark: Mark): boolean {
  return z.globalRegistry.get(node)?.[mark] === true;
}

/** What zod's types take for a key that need not be written. */
export interface OptionalIn {
  readonly _zod: { readonly optin: "optional" };
}

/** A key that need not be written: another one implies its value. */
export function implied<T extends z.ZodType>(schema: T): T & OptionalIn {
  // To the types of whoever writes a scenario it is optional; parsed it has its value.
  return marked(schema, "implied") as T & OptionalIn;
}

/** The part stays as written when placeholders are resolved before the run: templates are rendered during it, expressions hold none. */
export function asWritten<T extends z.ZodType>(schema: T): T {
  return marked(schema, "asWritten");
}

/** A text that is neither stored nor shown: it may hold secrets. */
export function unshown<T extends z.ZodType>(schema: T): T {
  return marked(schema, "unshown");
}

/** What is known of the text at `path`. */
export interface Place {
  /** Placeholders in it need their values before the run. */
  readonly isStatic: boolean;
  readonly isUnshown: boolean;
}

export function placeOf(root: z.ZodType, path: Path): Place {
  let nodes = open(root);
  for (const part of path) {
    nodes = nodes.flatMap((node) => childrenOf(node, part)).flatMap(open);
    if (nodes.some(isAsWritten)) return { isStatic: false, isUnshown: false };
  }
  return { isStatic: nodes.length > 0, isUnshown: nodes.some((node) => has(node, "unshown")) };
}

function isAsWritten(node: z.core.$ZodType): boolean {
  return has(node, "asWritten");
}

/** The JSON Schema of a part says nothing of marks, and does not require what is implied. */
export function withoutMarks(part: z.core.$ZodType, node: z.core.JSONSchema.BaseSchema): void {
  for (const mark of MARKS) Reflect.deleteProperty(node, mark);
  if (!(part instanceof z.ZodObject) || node.required === undefined) return;
  const { shape } = part;
  node.required = node.required.filter((key) => !has(shape[key] as z.core.$ZodType, "implied"));
}

/** The schema within wrappers; of a union all variants. Wrappers that carry the mark stay. */
function open(node: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (isAsWritten(node)) return [node];
  if (node instanceof z.ZodOptional || node instanceof z.ZodPrefault)
    return open(node.def.innerType);
  // The schema that it keeps: its getter makes another one each time.
  if (node instanceof z.ZodLazy) return open(node._zod.innerType);
  if (node instanceof z.ZodUnion) return node.def.options.flatMap(open);
  if (node instanceof z.ZodPipe) {
    return open(node.def.in instanceof z.ZodTransform ? node.def.out : node.def.in);
  }
  return [node];
}

function childrenOf(node: z.core.$ZodType, part: string | number): readonly z.core.$ZodType[] {
  if (node instanceof z.ZodObject) {
    const child = Object.hasOwn(node.def.shape, part) ? node.def.shape[part] : undefined;
    return child === undefined ? [] : [child];
  }
  if (node instanceof z.ZodArray) return [node.def.element];
  if (node instanceof z.ZodRecord) return [node.def.valueType];
  // Whatever stands there is as its whole.
  if (node instanceof z.ZodUnknown) return [node];
  if (node instanceof z.ZodTuple) return node.def.items.slice(Number(part), Number(part) + 1);
  return [];
}
