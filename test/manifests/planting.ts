/** Makes the mistakes of mistakes.yaml, one at a time: the same objects, but for one value. Used by mistakes.test.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../house/repository.ts";
import { type KubeObject, nameOf, type Rendered } from "./objects.ts";

export interface Mistake {
  /** What went wrong, as a person would say it. */
  readonly title: string;
  /** Overlay, or component and overlay. */
  readonly among: string;
  /** Kind and name; of generated ConfigMaps without the hash. */
  readonly in: string;
  readonly at: string;
  readonly put?: unknown;
  readonly says: string;
}

export function readMistakes(): Mistake[] {
  const text = readFileSync(join(ROOT, "test/manifests/mistakes.yaml"), "utf8");
  const listed = parse(text) as Readonly<Record<string, readonly Omit<Mistake, "among">[]>>;
  return Object.entries(listed).flatMap(([among, rows]) => rows.map((row) => ({ ...row, among })));
}

type Place = Record<string, unknown> | unknown[];

/** @throws Error when there is no such object or place, or nothing changes: a mistake that is not made is not found */
export function plant(rendered: Rendered, { in: object, at, put }: Mistake): Rendered {
  const objects = structuredClone(rendered.objects) as KubeObject[];
  const found = objects.find((one) => isNamed(one, object));
  if (found === undefined) throw new Error(`there is no ${object} in ${rendered.name}`);
  const parts = at.slice(1).split("/");
  const last = parts.pop() ?? "";
  let place = found as unknown as Place;
  for (const part of parts) {
    place = (place as Record<string, Place>)[keyOf(place, part)] as Place;
    if (place === undefined) throw new Error(`${object} has no ${at}`);
  }
  const key = keyOf(place, last);
  if (Array.isArray(place)) {
    if (last === "-") place.push(put);
    else place.splice(Number(key), 1, ...(put === undefined ? [] : [put]));
  } else if (put === undefined) delete place[key];
  else place[key] = put;
  if (JSON.stringify(objects) === JSON.stringify(rendered.objects)) {
    throw new Error(`${object} ${at} was that already`);
  }
  return { ...rendered, objects };
}

function keyOf(place: Place, part: string): string {
  const key = part.replaceAll("~1", "/");
  if (!Array.isArray(place) || /^\d+$|^-$/.test(key)) return key;
  return String(place.findIndex((one) => (one as { readonly name?: string }).name === key));
}

function isNamed(object: KubeObject, name: string): boolean {
  const own = nameOf(object);
  return own === name || (object.kind === "ConfigMap" && own.startsWith(`${name}-`));
}
