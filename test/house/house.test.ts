/**
 * Goal: the repository keeps the law of the house. Method: every file that is or could be committed is read,
 * imports and words are found by a scanner, and the rules are applied; stale permissions fail as well.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ErrorCode, ExitCode } from "../../shared/errors.ts";
import { jsonSchema } from "../../shared/scenario/schema.ts";
import { VERSION } from "../../shared/version.ts";
import {
  checkCycles,
  checkDoors,
  checkRooms,
  isIn,
  staleDoors,
  staleRooms,
} from "./import-rules.ts";
import * as law from "./law.ts";
import { listFiles, ROOT, readTexts, toSource } from "./repository.ts";
import * as shape from "./shape-rules.ts";
import * as words from "./word-rules.ts";

/** Text that is read for addresses and machine paths; pictures and the like are not. */
const TEXT =
  /(\.(ts|js|json|md|ya?ml|html|css|csv|sh|txt|conf|lua|pem)|^[^.]+|\/[^./]+|\.(gitignore|npmrc))$/;

const paths = listFiles(ROOT);
const texts = readTexts(
  ROOT,
  paths.filter((path) => TEXT.test(path)),
);
const typescript = texts.filter(({ path }) => path.endsWith(".ts")).map(toSource);
const sources = typescript.filter(({ path }) => law.SOURCE_TREES.some((tree) => isIn(path, tree)));

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

describe("the house", () => {
  it("was read at all", () => {
    for (const tree of law.SOURCE_TREES) {
      expect(sources.filter(({ path }) => path.startsWith(tree)).length, tree).toBeGreaterThan(5);
    }
    const imports = sources.reduce((sum, file) => sum + file.scan.imports.length, 0);
    expect(imports).toBeGreaterThan(100);
  });

  it("knows the digest of every package that is installed from the lockfile", () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, { integrity?: string; link?: boolean }>;
    };
    const entries = Object.entries(packages).filter(([path, { link }]) => path !== "" && !link);
    expect(entries.length).toBeGreaterThan(100);
    const without = entries.filter(([, { integrity }]) => !/^sha512-.{88}$/.test(integrity ?? ""));
    expect(without.map(([path]) => path)).toEqual([]);
  });

  it("keeps the import law", () => {
    expect(checkRooms(typescript, law.ROOMS, law.ENTRIES)).toEqual([]);
    expect(staleRooms(typescript, law.ROOMS)).toEqual([]);
    expect(checkCycles(typescript)).toEqual([]);
    expect(law.ENTRIES.filter((entry) => !paths.includes(entry))).toEqual([]);
  });

  it("has one door per package", () => {
    expect(checkDoors(typescript, law.DOORS, law.FREE_OF_DOORS)).toEqual([]);
    const { dependencies, devDependencies } = manifest;
    const installed = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    expect(staleDoors(typescript, law.DOORS, installed)).toEqual([]);
    const doorless = Object.keys(dependencies).filter((name) => !(name in law.DOORS));
    expect(doorless).toEqual([]);
  });

  it("takes time and chance from shared/time alone", () => {
    expect(words.checkTimeAndChance(sources, law.TIME_AND_CHANCE)).toEqual([]);
    expect(words.staleAllowances(sources, law.TIME_AND_CHANCE, words.checkTimeAndChance)).toEqual(
      [],
    );
  });

  it("reads the environment in config files alone", () => {
    expect(words.checkEnvironment(sources, law.ENVIRONMENT_READERS)).toEqual([]);
    expect(words.staleAllowances(sources, law.ENVIRONMENT_READERS, words.checkEnvironment)).toEqual(
      [],
    );
  });

  it("has no banned words", () => {
    expect(words.checkBannedCode(typescript)).toEqual([]);
    expect(words.checkComments(typescript)).toEqual([]);
  });

  it("speaks the words of the field to its users", () => {
    const documents = texts.filter(({ path }) =>
      /^(README\.md|(docs|examples|deploy)\/.*\.(md|ya?ml))$/.test(path),
    );
    expect(documents.length).toBeGreaterThan(20);
    expect(words.checkProse(documents)).toEqual([]);
    expect(words.checkMessages(sources)).toEqual([]);
  });

  it("has files of a good shape", () => {
    expect(shape.checkOpening(sources)).toEqual([]);
    expect(shape.checkNamedFiles(sources, paths)).toEqual([]);
    const tests = typescript.filter((file) => !sources.includes(file));
    expect(shape.checkLength(sources, law.MAX_LINES.sources, law.LONGER_FILES)).toEqual([]);
    expect(shape.checkLength(tests, law.MAX_LINES.tests, law.LONGER_FILES)).toEqual([]);
    expect(Object.keys(law.LONGER_FILES).filter((path) => !paths.includes(path))).toEqual([]);
    expect(
      shape.checkNames(
        typescript.map(({ path }) => path),
        law.VAGUE_NAMES,
      ),
    ).toEqual([]);
  });

  it("has a README in each room and nothing odd at the root", () => {
    expect(shape.checkReadmes(paths, law.SOURCE_TREES)).toEqual([]);
    const readmes = texts.filter(
      ({ path }) =>
        path.endsWith("/README.md") && law.SOURCE_TREES.some((tree) => isIn(path, tree)),
    );
    const registered = shape.filesOfRegistries(sources);
    expect(shape.checkReadmeFiles(readmes, paths, law.SOURCE_TREES, registered)).toEqual([]);
    for (const folder of ["examples", "docs", "test", "test/house"])
      expect(paths).toContain(`${folder}/README.md`);
    expect(shape.checkTopLevel(paths, law.TOP_LEVEL)).toEqual([]);
  });

  it("names no registry and no machine", () => {
    expect(shape.checkPlaces(texts)).toEqual([]);
    const lockfile = texts.find(({ path }) => path === "package-lock.json");
    expect(lockfile).toBeDefined();
    expect(shape.checkLockfile(lockfile?.text ?? "")).toEqual([]);
  });

  it("has one version", () => {
    expect(VERSION).toBe(manifest.version);
  });

  it("has the JSON Schema that checks scenarios (npm run schema writes it)", () => {
    expect(JSON.parse(readFileSync(join(ROOT, "scenario.schema.json"), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(jsonSchema())),
    );
  });

  it("explains every dependency", () => {
    const document = texts.find(({ path }) => path === "docs/dependencies.md");
    const { dependencies, devDependencies } = manifest;
    const installed = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    expect(installed.filter((name) => !document?.text.includes(`\`${name}\``))).toEqual([]);
  });

  it("documents every code it promises", () => {
    const document = texts.find(({ path }) => path === "docs/cli.md");
    expect(document).toBeDefined();
    if (document === undefined) return;
    const codes = [...Object.values(ExitCode), ...Object.keys(ErrorCode)];
    expect(shape.checkDocumented(document, codes)).toEqual([]);
  });
});
