/** Goal: an error says what, why and how to mend it, and cannot drive the terminal. Method: examples. */
import { describe, expect, it } from "vitest";
import { describeError } from "../../../coordinator/cli/terminal/error-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { OnrushError } from "../../../shared/errors.ts";

const plain = makeStyle(false);

describe("describeError", () => {
  it("shows what, why and the remedy, and keeps the exit code", () => {
    const error = new OnrushError({
      code: "ONRUSH_RUN_DIRECTORY",
      message: "cannot make the run directory runs/x",
      remedy: "choose another with --run-dir",
      cause: new Error("EACCES: permission denied"),
    });
    expect(describeError(error, plain, false)).toEqual({
      exitCode: 98,
      text: [
        "error: cannot make the run directory runs/x (ONRUSH_RUN_DIRECTORY)",
        "  why: EACCES: permission denied",
        "  fix: choose another with --run-dir",
        "",
      ].join("\n"),
    });
  });

  it("says that anything else is our fault, with a stack only on request", () => {
    const error = new TypeError("x is not a function");
    const short = describeError(error, plain, false);
    expect(short.exitCode).toBe(1);
    expect(short.text).toContain("internal error");
    expect(short.text).toContain("ONRUSH_DEBUG=1");
    expect(short.text).not.toContain("error-text.test.ts");
    expect(describeError(error, plain, true).text).toContain("error-text.test.ts");
  });

  it("escapes what others said and bounds it", () => {
    const error = new Error(`\u001b[2J${"a".repeat(5000)}`);
    const { text } = describeError(error, plain, false);
    expect(text).not.toContain("\u001b");
    expect(text.length).toBeLessThan(1000);
  });

  it("does not follow causes for ever, nor repeat itself", () => {
    const inner = new Error("inner");
    inner.cause = inner;
    const error = new OnrushError({ code: "ONRUSH_USAGE", message: "outer: inner", cause: inner });
    expect(describeError(error, plain, false).text).not.toContain("why:");
    const other = new OnrushError({ code: "ONRUSH_USAGE", message: "outer", cause: inner });
    expect(describeError(other, plain, false).text.match(/why:/g)?.length).toBe(3);
  });
});
