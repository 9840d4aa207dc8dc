/** Goal: --out is read exactly or refused with the form expected. Method: tables. */
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { collectFileOutputs, collectOutputs } from "../../../coordinator/cli/outputs.ts";

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

  it("of a report takes files alone", () => {
    expect(collectFileOutputs("md")).toEqual([{ kind: "md", to: null }]);
    expect(() => collectFileOutputs("prometheus=:0")).toThrow(/is not one of html/);
  });
});
