/**
 * The files of deploy/ that containers are built and started from, read as Docker reads them. Used by the rules.
 * Invariant: a file that is named and cannot be read is an error, and so is one that is not what its place asks for.
 */
import { dirname, join } from "node:path";
import { parse } from "yaml";

/** Text of a file by its path from the root of the repository; null: there is none. */
export type Repository = (path: string) => string | null;

/** YAML as it comes. */
export type Tree = { readonly [key: string]: unknown };

export interface ComposeFile {
  readonly path: string;
  readonly tree: Tree;
}

export interface Service {
  readonly name: string;
  readonly tree: Tree;
}

/** One file that is started, with what it includes. */
export interface Composition {
  readonly path: string;
  readonly files: readonly ComposeFile[];
  readonly services: readonly Service[];
}

export interface Deployment {
  readonly repository: Repository;
  readonly compositions: readonly Composition[];
  readonly dockerfile: string;
  readonly ignored: string;
}

export const FOLDER = "deploy/compose";
export const DOCKERFILE = "deploy/docker/Dockerfile";

export function readDeployment(repository: Repository): Deployment {
  return {
    repository,
    compositions: ["redis.yaml", "nats.yaml"].map((name) =>
      readComposition(repository, join(FOLDER, name)),
    ),
    dockerfile: textOf(repository, DOCKERFILE),
    ignored: textOf(repository, ".dockerignore"),
  };
}

export function textOf(repository: Repository, path: string): string {
  const text = repository(path);
  if (text === null) throw new Error(`${path} is not there`);
  return text;
}

function readComposition(repository: Repository, path: string): Composition {
  const main = readComposeFile(repository, path);
  const included = list(main.tree["include"]).map((name) =>
    readComposeFile(repository, join(dirname(path), String(name))),
  );
  const files = [main, ...included];
  const services = files.flatMap(({ tree }) =>
    Object.entries(record(tree["services"])).map(([name, service]) => ({
      name,
      tree: record(service),
    })),
  );
  return { path, files, services };
}

function readComposeFile(repository: Repository, path: string): ComposeFile {
  return { path, tree: parseYaml(textOf(repository, path)) };
}

/** With merge keys, as Compose reads it. */
export function parseYaml(text: string): Tree {
  return record(parse(text, { merge: true }));
}

export function record(value: unknown): Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Tree)
    : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What a list or a map names: `networks: [a]` and `networks: { a: … }` are the same. */
export function namesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : Object.keys(record(value));
}

/** Of all files together: secrets, networks or volumes. */
export function definedIn({ files }: Composition, kind: string): ReadonlyMap<string, Tree> {
  return new Map(
    files.flatMap(({ tree }) =>
      Object.entries(record(tree[kind])).map(([name, value]) => [name, record(value)] as const),
    ),
  );
}

/** `${NAME:-default}` as it is without a value for NAME. */
export function withDefaults(text: string): string {
  return text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");
}

/** Of our image, as opposed to a broker's or Prometheus'. */
export function isOurs({ tree }: Service): boolean {
  return withDefaults(String(tree["image"] ?? "")).startsWith("onrush:");
}

export function find({ services }: Composition, name: string): Service | null {
  return services.find((service) => service.name === name) ?? null;
}
