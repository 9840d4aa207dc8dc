/**
 * Loads a bundle with the code that V8 made of it when it was built: to compile it again is half of what loading it costs.
 * The build copies this file to dist/bundle; the stubs it writes call it. Invariant: without that code, or with that of another
 * V8, the bundle is loaded as any other module is; where Node.js keeps compiled code itself (22.8 and later), it does then.
 */
const { existsSync, readFileSync } = require("node:fs");
const nodeModule = require("node:module");
const { join } = require("node:path");
const { Script } = require("node:vm");

const loaded = new Map();

/** @param name of a file of this folder */
function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const file = join(__dirname, name);
  const code = codeOf(file);
  if (!existsSync(code)) {
    nodeModule.enableCompileCache?.();
    return require(file);
  }
  const module = { exports: {} };
  loaded.set(name, module);
  const script = scriptOf(file, { cachedData: readFileSync(code) });
  const requireThere = (id) => (id.startsWith("./") ? load(id.slice(2)) : require(id));
  script.runInThisContext()(module.exports, requireThere, module, file, __dirname);
  return module.exports;
}

/** Where the code that this V8 made of a bundle is. */
function codeOf(file) {
  return `${file}.${process.versions.v8}.code`;
}

function scriptOf(filename, options = {}) {
  const source = readFileSync(filename, "utf8");
  return new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename,
    ...options,
  });
}

/** `import()` for bundles: code that V8 made in another process cannot say whose it is, so Node.js refuses one there. */
const importPackage = (id) => import(id);

module.exports = { codeOf, importPackage, load, scriptOf };
