/**
 * Prints a page with a browser of this machine, without a window. Called by pdf.ts. Invariants: the browser sees one
 * file and no network; it has a profile of its own that is removed; it ends, by itself or by force.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { OnrushError } from "../../../shared/errors.ts";
import { tied } from "../../../shared/lifeline.ts";

/** Tried in this order, on PATH or where the system keeps programs. */
const BROWSERS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
] as const;

const VERSION_MS = 15_000;
const PRINT_MS = 120_000;
/** Of what the browser says when it fails. */
const MAX_WORDS = 2000;

const FLAGS = [
  "--headless",
  "--disable-gpu",
  "--disable-extensions",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-pdf-header-footer",
  // The page asks for nothing; this is for the browser's own requests.
  "--host-resolver-rules=MAP * ~NOTFOUND",
] as const;

/**
 * A browser refuses its sandbox to the superuser. Without one, several processes protect nothing, and one of them could
 * outlive the others; those inside a sandbox end with it.
 */
const WITHOUT_SANDBOX = ["--no-sandbox", "--no-zygote", "--single-process"] as const;

/** @returns the command of the first browser that answers, or null */
export async function findBrowser(): Promise<string | null> {
  for (const command of BROWSERS) {
    const { code } = await run(command, ["--version"], VERSION_MS);
    if (code === 0) return command;
  }
  return null;
}

/** @throws OnrushError ONRUSH_PDF_UNAVAILABLE when the browser does not print */
export async function printWithBrowser(command: string, page: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "onrush-pdf-"));
  try {
    const source = join(folder, "report.html");
    const printed = join(folder, "report.pdf");
    await writeFile(source, page);
    const { code, words } = await run(
      command,
      [
        ...FLAGS,
        ...(process.getuid?.() === 0 ? WITHOUT_SANDBOX : []),
        `--user-data-dir=${join(folder, "profile")}`,
        `--print-to-pdf=${printed}`,
        pathToFileURL(source).href,
      ],
      PRINT_MS,
    );
    const pdf = await readFile(printed).catch(() => null);
    if (pdf !== null && pdf.length > 0) return pdf;
    throw new OnrushError({
      code: "ONRUSH_PDF_UNAVAILABLE",
      message: `${command} made no PDF (it ended with ${code ?? "a signal"}): ${words.trim()}`,
      remedy: "open report.html and print it",
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Ended {
  /** null: by a signal, or it never began. */
  readonly code: number | null;
  readonly words: string;
}

function run(command: string, args: readonly string[], withinMs: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(...tied(command, args), {
      stdio: ["ignore", "ignore", "pipe"],
      timeout: withinMs,
      killSignal: "SIGKILL",
    });
    // A browser outlives nobody.
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-MAX_WORDS);
    });
    child.once("error", () => resolve({ code: null, words }));
    child.once("close", (code) => {
      process.off("exit", end);
      resolve({ code, words });
    });
  });
}
