/**
 * Bundles the built programs: `node deploy/bundle/bundle.mjs`, the last step of `npm run build`. Loading some hundred small
 * modules is most of what a command costs, and each run starts several processes; a bundle costs a third of that, and with
 * the code that V8 makes of it beside it (load.cjs) a sixth.
 * What a process starts with lies in dist/bundle, and the file it was built to, dist/worker/main.js for one, loads it.
 * Invariants: paths that a module derives from its own address stay what they were; packages that only a cluster or a server
 * needs are left where they are; each package that is bundled has its licence in dist/bundle/LICENSES.txt.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { rolldown } from "rolldown";
import { codeOf, scriptOf } from "./load.cjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const dist = join(root, "dist");
const into = "bundle";

/** Everything that is started as a process or a thread of its own, but for hooks (worker/hooks/sandbox): few files, which hand out modules of Node.js as they are. */
const PROGRAMS = [
  "coordinator/cli/main.js",
  "coordinator/check/main.js",
  "coordinator/check/thread.js",
  "coordinator/report/process/main.js",
  "worker/main.js",
  "worker/engine/main.js",
  "worker/probe/main.js",
  "worker/sentinel/main.js",
  "worker/trace/main.js",
  "target/main.js",
];

/** Loaded seldom, large, or with files of their own. */
const LEFT_OUT =
  /^(@fastify\/|@nats-io\/|@opentelemetry\/|@resvg\/|bullmq|fastify|ioredis|junit-report-builder|msgpackr-extract|pdfmake|prom-client|systeminformation)/;

const nameOf = (program) => program.replace(/\.js$/, "").replaceAll("/", "-");

/** A module's own address, as seen from dist/bundle. */
const keepAddresses = {
  name: "addresses",
  transform(code, id) {
    if (!id.startsWith(dist)) return null;
    const path = relative(dist, id).split(sep).join("/");
    // A bundle is not started as it is.
    return code
      .replace(/^#!.*/, "")
      .replaceAll("import.meta.url", `new URL("../${path}", import.meta.url).href`);
  },
};

/** Packages that are imported when they are needed: by load.cjs, which says why. */
const importsByLoader = {
  name: "imports",
  renderChunk(code) {
    const changed = code.replace(/(?<![\w.$])import\("([^".][^"]*)"\)/g, (own, id) =>
      LEFT_OUT.test(id) ? `require("./load.cjs").importPackage("${id}")` : own,
    );
    const left = /(?<![\w.$])import\("[^".][^"]*"\)/.exec(changed)?.[0];
    if (left !== undefined) throw new Error(`${left} cannot be loaded from a bundle`);
    return changed;
  },
};

function licences(modules) {
  const packages = new Set();
  for (const module of modules) {
    const [, name] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(module) ?? [];
    if (name)
      packages.add(join(module.slice(0, module.lastIndexOf("node_modules")), "node_modules", name));
  }
  return [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    const text = file === undefined ? "" : `\n\n${readFileSync(join(folder, file), "utf8").trim()}`;
    return `${name} ${version} (${license})${text}\n`;
  });
}

const missing = PROGRAMS.filter((program) => !existsSync(join(dist, program)));
if (missing.length > 0) throw new Error(`not built: ${missing.join(", ")}`);

const bundled = new Set();
const files = [];
for (const program of PROGRAMS) {
  // Each by itself: what several share would else become many small files again.
  const bundle = await rolldown({
    input: { [nameOf(program)]: join(dist, program) },
    external: (id) => LEFT_OUT.test(id),
    platform: "node",
    plugins: [keepAddresses, importsByLoader],
  });
  const { output } = await bundle.write({
    dir: join(dist, into),
    format: "cjs",
    banner: '"use strict";',
    entryFileNames: "[name].cjs",
    chunkFileNames: `${nameOf(program)}-[name]-[hash].cjs`,
  });
  await bundle.close();
  for (const { fileName, moduleIds } of output) {
    files.push(join(dist, into, fileName));
    for (const id of moduleIds ?? []) bundled.add(id);
  }
}

// Else only functions that are called at once would be compiled.
setFlagsFromString("--no-lazy");
const scripts = files.map((file) => scriptOf(file));
// The code is refused where flags differ.
setFlagsFromString("--lazy");
for (const [at, file] of files.entries()) {
  writeFileSync(codeOf(file), scripts[at].createCachedData());
}

for (const program of PROGRAMS) {
  const loader = relative(dirname(program), join(into, "load.cjs")).split(sep).join("/");
  const first = readFileSync(join(dist, program), "utf8").split("\n", 1)[0];
  const start = first.startsWith("#!") ? `${first}\n` : "";
  const stub = `import { load } from "${loader}";\nload("${nameOf(program)}.cjs");\n`;
  writeFileSync(join(dist, program), `${start}${stub}`);
}
copyFileSync(join(root, "deploy/bundle/load.cjs"), join(dist, into, "load.cjs"));
writeFileSync(join(dist, into, "LICENSES.txt"), licences(bundled).join(`\n${"-".repeat(80)}\n\n`));
