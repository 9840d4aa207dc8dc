/** Every relative link of a document leads somewhere: to a file that is there, and to a heading that is in it. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { listFiles } from "../house/repository.ts";
import { ROOT } from "./fences.ts";

const documents = listFiles(ROOT).filter((path) => path.endsWith(".md"));

interface Link {
  readonly document: string;
  readonly href: string;
}

/** Without code, in which brackets are no links. */
function prose(document: string): string {
  const text = readFileSync(join(ROOT, document), "utf8");
  return text.replace(/^ *```[\s\S]*?^ *```/gm, "").replace(/`[^`\n]*`/g, "`");
}

function linksOf(document: string): Link[] {
  return [...prose(document).matchAll(/\]\(([^()\s]+)\)/g)].map(([, href = ""]) => ({
    document,
    href,
  }));
}

/** As GitHub names them. */
function anchorsOf(path: string): Set<string> {
  const text = readFileSync(path, "utf8").replace(/^ *```[\s\S]*?^ *```/gm, "");
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}

/** Why it leads nowhere; null when it does. */
function flawOf({ document, href }: Link): string | null {
  if (/^[a-z]+:/i.test(href)) return null;
  const [path = "", anchor] = href.split("#");
  const file = normalize(join(ROOT, path === "" ? document : join(dirname(document), path)));
  if (!file.startsWith(normalize(ROOT))) return `${document}: ${href} leads out of the repository`;
  if (!existsSync(file)) return `${document}: ${href} is not there`;
  if (anchor === undefined) return null;
  if (!statSync(file).isFile()) return `${document}: ${href} is no document`;
  return anchorsOf(file).has(anchor) ? null : `${document}: ${href} has no such heading`;
}

describe("documents", () => {
  const links = documents.flatMap(linksOf);

  it("link to what is there", () => {
    expect(links.filter(({ href }) => !href.includes(":")).length).toBeGreaterThan(80);
    expect(links.map(flawOf).filter((flaw) => flaw !== null)).toEqual([]);
  });

  it("are found by others: every one in docs/ is linked from docs/README.md", () => {
    const linked = new Set(linksOf("docs/README.md").map(({ href }) => href));
    const lost = documents
      .filter((path) => path.startsWith("docs/") && path !== "docs/README.md")
      .filter((path) => !linked.has(path.slice("docs/".length)));
    expect(lost).toEqual([]);
  });

  it("would be found out", () => {
    const flaw = (href: string) => flawOf({ document: "docs/cli.md", href });
    expect(flaw("no-such.md")).toContain("is not there");
    expect(flaw("#no-such-heading")).toContain("no such heading");
    expect(flaw("../../elsewhere.md")).toContain("out of the repository");
    expect(flaw("#exit-codes")).toBeNull();
  });
});
