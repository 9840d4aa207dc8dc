/** Goal: --out is read exactly or refused with the form expected. Method: tables. */
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { collectFileOutputs, collectOutputs } from "../../../coordinator/cli/options/out-option.ts";
import { checkOutputs } from "../../../coordinator/launch/outputs.ts";

describe("--out", () => {
  it("takes formats, files and where to be scraped, and again", () => {
    const once = collectOutputs("html, junit=reports/junit.xml");
    expect(collectOutputs("prometheus,prometheus=0.0.0.0:1,prometheus=[::1]:0", once)).toEqual([
      { kind: "html", to: null },
      { kind: "junit", to: "reports/junit.xml" },
      { kind: "prometheus", to: "127.0.0.1:9464" },
      { kind: "prometheus", to: "0.0.0.0:1" },
      { kind: "prometheus", to: "[::1]:0" },
    ]);
  });

  it.each([
    "",
    "xml",
    "md=",
    "prometheus=",
    "prometheus=9464",
    "prometheus=:99999",
    "prometheusx=:1",
  ])("refuses %j", (text) => {
    expect(() => collectOutputs(text)).toThrow(InvalidArgumentError);
  });

  it("refuses two results in one file, and takes one that is asked for twice", () => {
    const twice = collectFileOutputs("md=reports/a,junit=reports/../reports/a");
    expect(() => checkOutputs(twice)).toThrow("md and junit are both to be written to");
    expect(() => checkOutputs(collectFileOutputs("md=a,md=a,junit=b,json,md"))).not.toThrow();
  });

  it("takes collectors, and shows none it refuses", () => {
    expect(collectOutputs("otlp, otlp=http://c:1, json")).toEqual([
      { kind: "otlp", to: "http://127.0.0.1:4318/v1/metrics" },
      { kind: "otlp", to: "http://c:1/v1/metrics" },
      { kind: "json", to: null },
    ]);
    for (const text of ["otlp=", "otlp=c:1", "otlp=http://me:s3cr3t@c:1"]) {
      expect(() => collectOutputs(text)).toThrow(
        expect.objectContaining({
          code: "ONRUSH_USAGE",
          message: expect.not.stringContaining("s3cr3t"),
        }),
      );
    }
    expect(() => collectOutputs("otlpx=http://c:1")).toThrow(InvalidArgumentError);
  });

  it("of a report takes pictures of its charts, too, in a folder; a run does not", () => {
    const outputs = [
      { kind: "png", to: null },
      { kind: "png", to: "pictures" },
    ];
    expect(collectFileOutputs("png,png=pictures")).toEqual(outputs);
    expect(() => collectFileOutputs("png=")).toThrow(/names no folder/);
    expect(() => collectOutputs("png")).toThrow(/is not one of html/);
  });

  it("of a report takes files alone", () => {
    expect(collectFileOutputs("md")).toEqual([{ kind: "md", to: null }]);
    expect(() => collectFileOutputs("prometheus=:0")).toThrow(/is not one of html/);
    expect(() => collectFileOutputs("otlp=http://c:1")).toThrow(/is not one of html/);
  });
});
