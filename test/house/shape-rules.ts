/**
 * Rules about files as such: names, length, opening, READMEs, the root, addresses and documents. Pure, from
 * files to violations; called by house.test.ts on the repository and by rules.test.ts on bad snippets.
 * Invariant: a violation says where and why.
 */
import { isIn, type Violation } from "./import-rules.ts";
import type { SourceFile, TextFile } from "./repository.ts";

/** A file opens by saying what it is. */
export function checkOpening(files: readonly TextFile[]): Violation[] {
  return files
    .filter((file) => {
      const opening = file.text.replace(/^#!.*\n/, "").trimStart();
      return !opening.startsWith("/*") && !opening.startsWith("//");
    })
    .map((file) => `${file.path}:1 opens without a comment that says what it is`);
}

function countLines(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

/** @param longer listed files that may be longer than maxLines, each with its own bound */
export function checkLength(
  files: readonly TextFile[],
  maxLines: number,
  longer: Readonly<Record<string, number>>,
): Violation[] {
  return files.flatMap((file) => {
    const lines = countLines(file.text);
    const bound = longer[file.path] ?? maxLines;
    if (lines > bound) return [`${file.path}:1 has ${lines} lines, at most ${bound} are allowed`];
    if (file.path in longer && lines <= maxLines) {
      return [`law: ${file.path} does not need to be longer any more`];
    }
    return [];
  });
}

/** kebab-case, and no names that catch everything. */
export function checkNames(paths: readonly string[], vague: readonly string[]): Violation[] {
  return paths.flatMap((path) => {
    const bad = path
      .split("/")
      .map((part) => part.replace(/(\.(test|prop))?\.ts$/, ""))
      .filter((part) => vague.includes(part) || !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(part));
    return bad.map((part) => `${path}:1 "${part}" is no name for a room or a file`);
  });
}

/** Folders with sources, down to two levels, each of which says what it is for. */
export function checkReadmes(paths: readonly string[], trees: readonly string[]): Violation[] {
  const rooms = new Set<string>();
  for (const path of paths) {
    if (!path.endsWith(".ts") || !trees.some((tree) => isIn(path, tree))) continue;
    const folders = path.split("/").slice(0, -1);
    rooms.add(folders.slice(0, 1).join("/"));
    rooms.add(folders.slice(0, 2).join("/"));
  }
  return [...rooms]
    .filter((room) => !paths.includes(`${room}/README.md`))
    .map((room) => `${room}/ has no README.md`);
}

/** Files that a `registry.ts` imports, of its own folder or one inside. */
export function filesOfRegistries(sources: readonly TextFile[]): ReadonlySet<string> {
  const registries = sources.filter(({ path }) => path.endsWith("/registry.ts"));
  return new Set(
    registries.flatMap(({ path, text }) =>
      [...text.matchAll(/from "\.\/([\w/-]+\.ts)"/g)].map(([, file]) =>
        path.replace("registry.ts", file ?? ""),
      ),
    ),
  );
}

const NAMED_FILE = /`([\w./-]+\.ts)`/g;

/**
 * A README names every source file of its folder and of the folders inside that have none of their own, and no file
 * that does not exist. Kinds that a registry lists say themselves what they are.
 * @param registered what registries beside them import
 */
export function checkReadmeFiles(
  readmes: readonly TextFile[],
  paths: readonly string[],
  trees: readonly string[],
  registered: ReadonlySet<string> = new Set(),
): Violation[] {
  const sources = paths.filter((path) => trees.some((tree) => isIn(path, tree)));
  return readmes.flatMap(({ path, text }) => {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const inside = readmes.filter((other) => other.path !== path && other.path.startsWith(folder));
    const own = sources.filter(
      (file) =>
        file.startsWith(folder) &&
        file.endsWith(".ts") &&
        !registered.has(file) &&
        !inside.some((other) => file.startsWith(other.path.slice(0, -"README.md".length))),
    );
    const named = [...text.matchAll(NAMED_FILE)].map(([, name]) => name ?? "");
    const missing = own
      .filter((file) => !named.some((name) => `/${file}`.endsWith(`/${name}`)))
      .map((file) => `${path}:1 does not name ${file.slice(folder.length)}`);
    const gone = named
      .filter((name) => !paths.some((known) => `/${known}`.endsWith(`/${name.replace("../", "")}`)))
      .map((name) => `${path}:1 names ${name}, which does not exist`);
    return [...missing, ...gone];
  });
}

/** Comments that name a file name one that exists: a path, or the end of one. */
export function checkNamedFiles(
  files: readonly SourceFile[],
  paths: readonly string[],
): Violation[] {
  return files.flatMap(({ path, scan }) =>
    scan.comments.flatMap(({ text, line }) =>
      [...text.matchAll(/(?<![\w/.-])[\w./-]*[\w-]+\.ts\b/g)]
        .map(([name]) => name.replace(/^[./]+/, ""))
        .filter((name) => !paths.some((known) => `/${known}`.endsWith(`/${name}`)))
        .map((name) => `${path}:${line} names ${name}, which does not exist`),
    ),
  );
}

export function checkTopLevel(paths: readonly string[], allowed: readonly string[]): Violation[] {
  const entries = new Set(paths.map((path) => path.split("/")[0] ?? path));
  return [...entries]
    .filter((entry) => !allowed.includes(entry))
    .map((entry) => `${entry} has no place at the root`);
}

const PLACES: readonly (readonly [RegExp, string])[] = [
  [/registry\.(npmjs|yarnpkg|npmmirror)\b|npm\.pkg\.github|jsr\.io/i, "names a package registry"],
  [/\b(artifactory|verdaccio|nexus)[.\w-]*\.[a-z]{2,}/i, "names a package registry"],
  [/(^|[\s"'`(=:])\/(home|Users)\/[\w.-]+/, "names somebody's home folder"],
  [/(^|[\s"'`(=:])\/(work|root|workspace|mnt|builds)\/\w/, "names a folder of one machine"],
];

/** What ties the repository to one machine or one mirror. */
export function checkPlaces(files: readonly TextFile[]): Violation[] {
  return files.flatMap((file) =>
    file.text
      .split("\n")
      .flatMap((line, index) =>
        PLACES.filter(([pattern]) => pattern.test(line)).map(
          ([, why]) => `${file.path}:${index + 1} ${why}`,
        ),
      ),
  );
}

/** Download addresses in the lockfile would pin one registry or mirror. */
export function checkLockfile(text: string): Violation[] {
  return text.includes('"resolved"') ? ["package-lock.json:1 records download addresses"] : [];
}

/** Every code users script against is in the document that promises it. */
export function checkDocumented(
  document: TextFile,
  codes: readonly (string | number)[],
): Violation[] {
  return codes
    .filter((code) => !new RegExp(`(^|[^\\w])${code}([^\\w]|$)`, "m").test(document.text))
    .map((code) => `${document.path}:1 does not mention ${code}`);
}
