import { describe, expect, it } from "vitest";
import { withOptionOfOtherTools } from "../../../coordinator/cli/options/other-tools.ts";

describe("an option of another load generator", () => {
  it("is answered with what does the same here, not with what is spelt alike", () => {
    const text = "error: unknown option '--vus'\n(Did you mean --bus?)\n";
    expect(withOptionOfOtherTools(text)).toBe(
      "error: unknown option '--vus'\n(--vus of other tools is -c, --connections here)\n",
    );
  });

  it.each([
    "error: unknown option '--connection'\n(Did you mean --connections?)\n",
    "error: unknown option '--constructor'\n",
    "error: missing required argument 'scenario'\n",
  ])("is not taken for %j", (text) => {
    expect(withOptionOfOtherTools(text)).toBe(text);
  });
});
