import { describe, expect, it } from "vitest";
import { share } from "./ShareButton";

const what = { title: "Ann", url: "https://x.example/p/ann" };

describe("share", () => {
  it("leaves the word to the device where it can share, also where the reader thinks better of it", async () => {
    expect(await share(what, { share: async () => {} })).toBe("");
    const declined = async () => {
      throw new DOMException("no", "AbortError");
    };
    expect(await share(what, { share: declined })).toBe("");
  });
  it("copies the link else, and says so", async () => {
    let copied = "";
    const writeText = async (text: string) => {
      copied = text;
    };
    expect(await share(what, { clipboard: { writeText } })).toBe("Link copied");
    expect(copied).toBe(what.url);
  });
  it("shows the link where nothing else works", async () => {
    expect(await share(what, {})).toBe(what.url);
    const refuses = async () => {
      throw new Error("not allowed");
    };
    expect(await share(what, { share: refuses, clipboard: { writeText: refuses } })).toBe(what.url);
  });
});
