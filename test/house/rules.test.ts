/**
 * Goal: no rule of the house is blind. Method: each rule gets a snippet it must refuse and one it must let
 * through, and stale permissions must be refused as well.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkCycles,
  checkDoors,
  checkRooms,
  packageOf,
  staleDoors,
  staleRooms,
} from "./import-rules.ts";
import { ENTRIES, type Room } from "./law.ts";
import { listFiles, toSource } from "./repository.ts";
import {
  checkDocumented,
  checkLength,
  checkLockfile,
  checkNamedFiles,
  checkNames,
  checkOpening,
  checkPlaces,
  checkReadmeFiles,
  checkReadmes,
  checkTopLevel,
  filesOfRegistries,
} from "./shape-rules.ts";
import {
  checkBannedCode,
  checkComments,
  checkEnvironment,
  checkMessages,
  checkProse,
  checkTimeAndChance,
  staleAllowances,
} from "./word-rules.ts";

const file = (path: string, text: string) => toSource({ path, text });

describe("import cycles", () => {
  const files = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([path, text]) => file(path, text));

  it("are found over any number of steps, types included", () => {
    const cycle = files({
      "a/b.ts": 'import { c } from "./c.ts";',
      "a/c.ts": 'import type { D } from "../d.ts";',
      "d.ts": 'await import("./a/b.ts");',
    });
    expect(checkCycles(cycle)).toEqual(["a/b.ts -> a/c.ts -> d.ts -> a/b.ts is a cycle"]);
  });

  it("are not what two ways to one file are", () => {
    const diamond = files({
      "a.ts": 'import "./b.ts"; import "./c.ts";',
      "b.ts": 'import "./d.ts";',
      "c.ts": 'import "./d.ts";',
      "d.ts": 'import "node:fs";',
    });
    expect(checkCycles(diamond)).toEqual([]);
  });
});

describe("the import law", () => {
  const rooms: readonly Room[] = [
    { room: "shared/errors.ts", may: [] },
    { room: "shared/bus/", may: ["shared/errors.ts"] },
    { room: "worker/", may: ["shared/"] },
    { room: "worker/engine/", may: [], except: ["worker/port.ts"] },
    { room: "coordinator/", may: ["shared/"] },
    { room: "coordinator/cli/", may: ["target/"], becomes: ["worker/main.ts"] },
  ];
  const check = (path: string, text: string) => checkRooms([file(path, text)], rooms, ENTRIES);

  it.each([
    ["worker/a.ts", 'import { b } from "../coordinator/b.ts";'],
    ["worker/a.ts", 'import type { B } from "../coordinator/b.ts";'],
    ["coordinator/run/a.ts", 'await import("../../worker/b.ts");'],
    ["coordinator/run/a.ts", 'export { b } from "../../worker/b.ts";'],
    ["shared/errors.ts", 'import { b } from "./bus/b.ts";'],
    ["worker/a.ts", 'import "./main.ts";'],
    ["coordinator/cli/a.ts", 'await import("../../target/main.ts");'],
    ["worker/a.ts", "await import(place);"],
    ["worker/engine/a.ts", 'import { b } from "../b.ts";'],
    ["worker/a.ts", 'import { b } from "./engine/b.ts";'],
    ["elsewhere/a.ts", ""],
  ])("refuses in %s: %s", (path, text) => {
    expect(check(path, text)).toHaveLength(1);
  });

  it.each([
    ["worker/a.ts", 'import { b } from "./control/b.ts"; import { c } from "../shared/bus/c.ts";'],
    ["worker/engine/a.ts", 'import type { P } from "../port.ts"; import { b } from "./b.ts";'],
    ["shared/bus/a.ts", 'import { b } from "../errors.ts"; import { c } from "./c.ts";'],
    ["coordinator/cli/a.ts", 'await import("../../worker/main.ts");'],
    ["coordinator/a.ts", 'fork(new URL("../worker/main.ts", import.meta.url));'],
  ])("allows in %s: %s", (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  it("refuses rooms that stand empty and exceptions nobody needs", () => {
    expect(staleRooms([file("worker/engine/a.ts", "")], rooms)).toEqual([
      "law: room shared/errors.ts has no files",
      "law: room shared/bus/ has no files",
      "law: room worker/ has no files",
      "law: worker/engine/ does not import worker/port.ts any more",
      "law: room coordinator/ has no files",
      "law: room coordinator/cli/ has no files",
      "law: coordinator/cli/ does not import worker/main.ts any more",
    ]);
  });
});

describe("doors of packages", () => {
  const doors = { ws: ["target/"], "@a/b": ["worker/b.ts"], vitest: ["test/"] };
  const check = (path: string, text: string) => checkDoors([file(path, text)], doors, "test/");

  it.each([
    ["worker/a.ts", 'import { WebSocket } from "ws";'],
    ["worker/a.ts", 'import type { WebSocket } from "ws";'],
    ["worker/a.ts", 'import b from "@a/b/deep.js";'],
    ["worker/a.ts", 'import c from "unheard-of";'],
    ["worker/a.ts", 'import { readFileSync } from "fs";'],
  ])("refuses in %s: %s", (path, text) => {
    expect(check(path, text)).toHaveLength(1);
  });

  it.each([
    [
      "target/a.ts",
      'import { WebSocketServer } from "ws"; import { readFileSync } from "node:fs";',
    ],
    ["worker/b.ts", 'import b from "@a/b/deep.js";'],
    ["test/unit/a.test.ts", 'import { WebSocket } from "ws";'],
  ])("allows in %s: %s", (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  it("refuses doors nobody uses and doors of packages that are not installed", () => {
    const files = [file("target/a.ts", 'import "ws";'), file("test/a.test.ts", 'import "vitest";')];
    expect(staleDoors(files, doors, ["ws", "vitest"])).toEqual([
      "law: @a/b is not in package.json",
      "law: nothing in worker/b.ts imports @a/b any more",
    ]);
  });

  it("knows the package of a deep import", () => {
    expect(packageOf("@a/b/c/d.js")).toBe("@a/b");
    expect(packageOf("a/b.js")).toBe("a");
  });
});

describe("words in code", () => {
  it.each([
    ["Date.now()", checkTimeAndChance],
    ["new Date()", checkTimeAndChance],
    ["performance.now()", checkTimeAndChance],
    ["process.hrtime.bigint()", checkTimeAndChance],
    ["Math.random()", checkTimeAndChance],
    ["process.env.HOME", checkEnvironment],
    ['process["env"]', checkEnvironment],
  ])("refuses %s", (text, check) => {
    expect(check([file("worker/a.ts", text)], [])).toHaveLength(1);
    expect(check([file("worker/a.ts", text)], ["worker/a.ts"])).toEqual([]);
    expect(
      check([file("worker/a.ts", `// ${text}\nconst a = '${text.replaceAll("'", "")}';`)], []),
    ).toEqual([]);
    expect(staleAllowances([file("worker/a.ts", text)], ["worker/a.ts"], check)).toEqual([]);
    expect(staleAllowances([file("worker/a.ts", "")], ["worker/a.ts"], check)).toHaveLength(1);
  });

  it("lets other uses of the same objects through", () => {
    const text =
      "new Date(wallMs); performance.eventLoopUtilization(); Math.round(1); setTimeout(f, 1);";
    expect(checkTimeAndChance([file("worker/a.ts", text)], [])).toEqual([]);
  });

  it.each([
    "const a = b as any;",
    "let a: any;",
    "new Map<any>();",
    "vi.mock('x');",
    "it.only('x');",
  ])("refuses %s", (text) => {
    expect(checkBannedCode([file("test/a.test.ts", text)])).toHaveLength(1);
  });

  it("lets the words through in comments and strings", () => {
    expect(checkBannedCode([file("worker/a.ts", "// as any\nconst a = 'as any';")])).toEqual([]);
  });

  it.each([
    `// ${"TO"}DO later`,
    `/* ${"FIX"}ME */`,
    `// @ts-${"ignore"}`,
    `/** @ts-${"expect-error"} */`,
  ])("refuses %s", (text) => {
    expect(checkComments([file("worker/a.ts", text)])).toHaveLength(1);
  });

  it("lets the same words through in a string", () => {
    expect(checkComments([file("worker/a.ts", `const a = "${"TO"}DO";`)])).toEqual([]);
  });
});

describe("the shape of files", () => {
  it("wants an opening comment", () => {
    expect(checkOpening([file("worker/a.ts", "const a = 1;")])).toHaveLength(1);
    expect(checkOpening([file("worker/a.ts", "#!/usr/bin/env node\n/** It. */\n")])).toEqual([]);
  });

  it("bounds the length, and exceptions too", () => {
    const long = { path: "a.ts", text: "a\n".repeat(12) };
    expect(checkLength([long], 12, {})).toEqual([]);
    expect(checkLength([long], 10, {})).toHaveLength(1);
    expect(checkLength([long], 10, { "a.ts": 12 })).toEqual([]);
    expect(checkLength([long], 10, { "a.ts": 11 })).toHaveLength(1);
    expect(checkLength([long], 12, { "a.ts": 20 })).toHaveLength(1);
  });

  it.each([
    "worker/utils/a.ts",
    "worker/helpers.ts",
    "worker/camelCase.ts",
    "worker/snake_case.ts",
  ])("refuses the name %s", (path) => {
    expect(checkNames([path], ["utils", "helpers"])).toHaveLength(1);
  });

  it("allows kebab-case names", () => {
    expect(checkNames(["worker/ws-driver.ts", "test/unit/a-b.test.ts"], ["utils"])).toEqual([]);
  });

  it("wants a README in each room with sources", () => {
    const paths = ["worker/a.ts", "worker/engine/b.ts", "worker/engine/deep/c.ts"];
    expect(checkReadmes(paths, ["worker/"])).toHaveLength(2);
    const readmes = ["worker/README.md", "worker/engine/README.md"];
    expect(checkReadmes([...paths, ...readmes], ["worker/"])).toEqual([]);
  });

  it("wants a README to name the files there are, and no others", () => {
    const paths = ["worker/a.ts", "worker/b.ts", "worker/engine/c.ts", "worker/lean/d.ts"];
    const readme = (path: string, text: string) => ({ path, text });
    const inner = readme("worker/engine/README.md", "`c.ts`");
    const check = (text: string) =>
      checkReadmeFiles([readme("worker/README.md", text), inner], paths, ["worker/"]);
    expect(check("`a.ts` `b.ts` `d.ts`")).toEqual([]);
    expect(check("`a.ts`, `lean/d.ts`")).toEqual(["worker/README.md:1 does not name b.ts"]);
    expect(check("`a.ts` `b.ts` `d.ts` `e.ts`")).toEqual([
      "worker/README.md:1 names e.ts, which does not exist",
    ]);
  });

  it("lets a registry speak for the files it lists", () => {
    const registry = { path: "worker/kinds/registry.ts", text: 'import { a } from "./a.ts";' };
    const registered = filesOfRegistries([registry, { path: "worker/b.ts", text: "" }]);
    expect([...registered]).toEqual(["worker/kinds/a.ts"]);
    const paths = ["worker/kinds/registry.ts", "worker/kinds/a.ts", "worker/kinds/b.ts"];
    const readme = { path: "worker/kinds/README.md", text: "`registry.ts`" };
    expect(checkReadmeFiles([readme], paths, ["worker/"], registered)).toEqual([
      "worker/kinds/README.md:1 does not name b.ts",
    ]);
  });

  it("wants comments to name files there are", () => {
    const check = (text: string) =>
      checkNamedFiles([file("a/b.ts", text)], ["a/b.ts", "a/engine/main.ts"]);
    expect(check("/** Called by engine/main.ts, see ./b.ts. */ f('c.ts');")).toEqual([]);
    expect(check("// Called by run/gone.ts.")).toEqual([
      "a/b.ts:1 names run/gone.ts, which does not exist",
    ]);
  });

  it("keeps the root as it is", () => {
    expect(checkTopLevel(["a/b.ts", "c.md"], ["a"])).toEqual(["c.md has no place at the root"]);
  });

  it.each([
    `see https://registry.${"npmjs"}.org/ws`,
    `https://${"artifactory"}.corp.example/npm`,
    `cd "/${"home"}/somebody/onrush"`,
    `path: /${"Users"}/somebody`,
    `WORKDIR=/${"work"}/main`,
  ])("refuses the place in: %s", (text) => {
    expect(checkPlaces([{ path: "a.md", text }])).toHaveLength(1);
  });

  it("lets ordinary paths through", () => {
    const text = "coordinator/work/a, /tmp/x, http://127.0.0.1/home, registry of rooms, ./home/a";
    expect(checkPlaces([{ path: "a.md", text }])).toEqual([]);
  });

  it("refuses download addresses in the lockfile", () => {
    expect(checkLockfile('{ "resolved": "https://example" }')).toHaveLength(1);
    expect(checkLockfile('{ "integrity": "sha512" }')).toEqual([]);
  });

  it("wants every code documented", () => {
    const document = { path: "docs/cli.md", text: "| 97 | x |\n`ONRUSH_USAGE`" };
    expect(checkDocumented(document, [97, "ONRUSH_USAGE"])).toEqual([]);
    expect(checkDocumented(document, [9, 98, "ONRUSH_USAG"])).toHaveLength(3);
  });
});

describe("the list of files", () => {
  it("works without git and leaves out what is not ours", () => {
    const root = mkdtempSync(join(tmpdir(), "onrush-house-"));
    try {
      mkdirSync(join(root, "node_modules"));
      mkdirSync(join(root, "worker"));
      writeFileSync(join(root, "node_modules", "a.ts"), "");
      writeFileSync(join(root, "worker", "a.ts"), "");
      expect(listFiles(root)).toEqual(["worker/a.ts"]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe("words for users", () => {
  it.each([
    "how much the target bears",
    "the command that mends it",
    "10 unless told",
    "differs for sure",
    "nobody was let in",
    "whether the target lets us in",
    "several a side, in turns",
  ])("refuses in documents and messages: %s", (text) => {
    expect(checkProse([{ path: "docs/a.md", text: `x\n${text}` }])).toEqual([
      expect.stringContaining("docs/a.md:2 "),
    ]);
    expect(checkMessages([file("coordinator/a.ts", `const a = "${text}";`)])).toHaveLength(1);
    expect(
      checkMessages([file("coordinator/a.ts", `// ${text}\nconst wish = "terminal";`)]),
    ).toEqual([]);
  });
});
