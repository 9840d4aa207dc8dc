/**
 * A report in a real browser, from its file, with the network off. Whatever the page says on its console, throws, asks
 * for or pops up is kept: a report does none of it.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { cacheOf, install, lackingOf, librariesIn, unpack } from "./debian.ts";

/** Of Debian. */
const PACKAGE = "chromium";
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

interface Program {
  readonly path: string;
  /** Folders of its libraries; null for one of the system. */
  readonly libraries: string | null;
}

let found: Program | null | undefined;

/** Of this machine, or brought here as the brokers are; null when there is none to be had. */
function browserProgram(): Program | null {
  if (found === undefined) found = onPath() ?? inCache() ?? fetched();
  return found;
}

function onPath(): Program | null {
  if (process.env["ONRUSH_TEST_NO_INSTALLED"] === "1") return null;
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      if (folder !== "" && existsSync(path)) return { path, libraries: null };
    }
  }
  return null;
}

function inCache(): Program | null {
  const root = cacheOf(PACKAGE);
  const path = join(root, "usr/lib/chromium/chromium");
  return existsSync(path) ? { path, libraries: librariesIn(root) } : null;
}

function fetched(): Program | null {
  // Only where tests decide: it is large.
  if (process.env["CI"] !== "true") return null;
  install(PACKAGE);
  const installed = onPath();
  if (installed !== null) return installed;
  unpack(cacheOf(PACKAGE), lackingOf(PACKAGE));
  return inCache();
}

/** Without a browser there is nothing to look at: where tests decide, that is a failure. */
export function lacksBrowser(): boolean {
  if (browserProgram() !== null) return false;
  if (process.env["CI"] === "true") throw new Error("no Chromium to be had, and CI=true");
  process.stderr.write("\nNO CHROMIUM ON PATH: reports are not looked at in a browser\n\n");
  return true;
}

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What a report never does. */
  readonly deeds: readonly string[];
}

export async function launchBrowser(): Promise<Browser> {
  const { path = "", libraries = null } = browserProgram() ?? {};
  return chromium.launch({
    executablePath: path,
    ...(libraries === null ? {} : { env: { ...process.env, LD_LIBRARY_PATH: libraries } }),
    // A browser refuses its sandbox to the superuser.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

export async function openReport(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const deeds: string[] = [];
  page.on("console", (message) => deeds.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => deeds.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    deeds.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", () => deeds.push("popup"));
  page.on("request", (request) => {
    if (request.url() !== url) deeds.push(`request: ${request.url().slice(0, 200)}`);
  });
  await page.goto(url);
  return { page, deeds, [Symbol.asyncDispose]: () => context.close() };
}
