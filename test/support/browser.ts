/**
 * A report in a real browser, from its file, with the network off. Whatever the page says on its console, throws, asks
 * for or pops up is kept: a report does none of it.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Path of a browser of this machine; null when there is none. */
function browserPath(): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  }
  return null;
}

/** Without a browser there is nothing to look at: where tests decide, that is a failure. */
export function lacksBrowser(): boolean {
  if (browserPath() !== null) return false;
  if (process.env["CI"] === "true") throw new Error("no Chromium on PATH, and CI=true");
  process.stderr.write("\nNO CHROMIUM ON PATH: reports are not looked at in a browser\n\n");
  return true;
}

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What a report never does. */
  readonly deeds: readonly string[];
}

export async function launchBrowser(): Promise<Browser> {
  const executablePath = browserPath() ?? "";
  return chromium.launch({
    executablePath,
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
