/**
 * The import law and the doors of packages as pure functions from files to violations. Called by
 * house.test.ts on the repository and by rules.test.ts on bad snippets, so that no rule can go blind.
 * Invariant: a violation says where and why.
 */
import { builtinModules } from "node:module";
import { posix } from "node:path";
import type { Room } from "./law.ts";
import type { SourceFile } from "./repository.ts";

/** `path:line why`. */
export type Violation = string;

const BUILTINS = new Set(builtinModules);

export function isIn(path: string, place: string): boolean {
  return place.endsWith("/") ? path.startsWith(place) : path === place;
}

function roomOf(path: string, rooms: readonly Room[]): Room | undefined {
  return rooms
    .filter(({ room }) => isIn(path, room))
    .sort((a, b) => b.room.length - a.room.length)[0];
}

/** null: a package or a builtin. */
function resolveImport(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

export function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

/** Who may import whom. */
export function checkRooms(
  files: readonly SourceFile[],
  rooms: readonly Room[],
  entries: readonly string[],
): Violation[] {
  const violations: Violation[] = [];
  for (const file of files) {
    const room = roomOf(file.path, rooms);
    if (room === undefined) {
      violations.push(`${file.path}:1 is in no room of the import law`);
      continue;
    }
    for (const { specifier, line } of file.scan.imports) {
      const at = `${file.path}:${line}`;
      if (specifier === null) {
        violations.push(`${at} computed import: the law cannot see what it loads`);
        continue;
      }
      const to = resolveImport(file.path, specifier);
      if (to === null) continue;
      if (room.becomes?.includes(to)) continue;
      if (entries.includes(to))
        violations.push(`${at} imports the program ${to}; start it instead`);
      // The program's own folder may be a room without a list: everything in it is one room.
      if (roomOf(to, rooms) === room) continue;
      if ([...room.may, ...(room.except ?? [])].some((place) => isIn(to, place))) continue;
      violations.push(`${at} ${room.room} must not import ${to}`);
    }
  }
  return violations;
}

/** Rooms of the law that stand empty, and exceptions nobody needs any more. */
export function staleRooms(files: readonly SourceFile[], rooms: readonly Room[]): Violation[] {
  const violations: Violation[] = [];
  for (const room of rooms) {
    const members = files.filter((file) => roomOf(file.path, rooms) === room);
    if (members.length === 0) violations.push(`law: room ${room.room} has no files`);
    const targets = new Set(members.flatMap(importedPaths));
    for (const exception of [...(room.except ?? []), ...(room.becomes ?? [])]) {
      if (!targets.has(exception)) {
        violations.push(`law: ${room.room} does not import ${exception} any more`);
      }
    }
  }
  return violations;
}

function importedPaths(file: SourceFile): string[] {
  return file.scan.imports.flatMap(({ specifier }) => {
    const to = specifier === null ? null : resolveImport(file.path, specifier);
    return to === null ? [] : [to];
  });
}

/** One door per package. */
export function checkDoors(
  files: readonly SourceFile[],
  doors: Readonly<Record<string, readonly string[]>>,
  freePlace: string,
): Violation[] {
  const violations: Violation[] = [];
  for (const file of files) {
    for (const { specifier, line } of file.scan.imports) {
      if (specifier === null || specifier.startsWith(".")) continue;
      const at = `${file.path}:${line}`;
      if (specifier.startsWith("node:")) continue;
      if (BUILTINS.has(specifier)) {
        violations.push(`${at} write node:${specifier}`);
        continue;
      }
      const name = packageOf(specifier);
      const places = doors[name];
      if (places === undefined) violations.push(`${at} the package ${name} has no door in the law`);
      else if (isIn(file.path, freePlace)) continue;
      else if (!places.some((place) => isIn(file.path, place))) {
        violations.push(`${at} ${name} has its door elsewhere: ${places.join(", ")}`);
      }
    }
  }
  return violations;
}

/** Doors nobody goes through, and dependencies without a door. */
export function staleDoors(
  files: readonly SourceFile[],
  doors: Readonly<Record<string, readonly string[]>>,
  dependencies: readonly string[],
): Violation[] {
  const violations: Violation[] = [];
  for (const [name, places] of Object.entries(doors)) {
    if (!dependencies.includes(name)) violations.push(`law: ${name} is not in package.json`);
    for (const place of places) {
      const used = files.some((file) => isIn(file.path, place) && importsPackage(file, name));
      if (!used) violations.push(`law: nothing in ${place} imports ${name} any more`);
    }
  }
  return violations;
}

function importsPackage(file: SourceFile, name: string): boolean {
  return file.scan.imports.some(
    ({ specifier }) => specifier !== null && packageOf(specifier) === name,
  );
}

/** Files that import each other, over any number of steps; types count as well. */
export function checkCycles(files: readonly SourceFile[]): Violation[] {
  const importsOf = new Map(files.map((file) => [file.path, importedPaths(file)]));
  const done = new Set<string>();
  const violations: Violation[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) violations.push(`${[...way.slice(at), path].join(" -> ")} is a cycle`);
    if (at >= 0 || done.has(path)) return;
    for (const next of importsOf.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return violations;
}
