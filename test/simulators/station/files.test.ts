/** The program store: handles, modes and limits of OPC 10000-20, and random calls against a plain model. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFiles, type FileStore, mostFileBytes, mostFiles } from "../../../src/simulators/station/files.ts";

function opened(files: FileStore, name: string, mode: number): number {
  const handle = files.open(name, mode, "s");
  if (!handle.ok) throw new Error(handle.error);
  return handle.value;
}

describe("program store", () => {
  it("gives back what was written, in whatever pieces", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 12 }),
        fc.integer({ min: 1, max: 80 }),
        (pieces, length) => {
          const files = createFiles(() => 64);
          files.create("p.json");
          const writing = opened(files, "p.json", 2 | 4);
          for (const piece of pieces) expect(files.write(writing, "p.json", "s", piece).ok).toBe(true);
          files.close(writing, "p.json", "s");
          const reading = opened(files, "p.json", 1);
          const back: number[] = [];
          for (;;) {
            const part = files.read(reading, "p.json", "s", length);
            if (!part.ok || part.value.length === 0) break;
            expect(part.value.length).toBeLessThanOrEqual(Math.min(length, 64));
            back.push(...part.value);
          }
          expect(back).toEqual(pieces.flatMap((piece) => [...piece]));
        },
      ),
    );
  });
  it("overwrites from a position, appends, and erases when told", () => {
    const files = createFiles(() => 100);
    files.create("p");
    const first = opened(files, "p", 3);
    files.write(first, "p", "s", Buffer.from("0123456789"));
    files.seek(first, "p", "s", 3);
    files.write(first, "p", "s", Buffer.from("abc"));
    expect(files.position(first, "p", "s")).toEqual({ ok: true, value: 6 });
    files.close(first, "p", "s");
    const second = opened(files, "p", 2 | 8);
    files.write(second, "p", "s", Buffer.from("!"));
    files.close(second, "p", "s");
    expect(Buffer.from(files.bytes("p")!).toString()).toBe("012abc6789!");
    files.close(opened(files, "p", 2 | 4), "p", "s");
    expect(files.bytes("p")!.length).toBe(0);
  });
  it("lets many read or one write, and a handle is good for its file and session only", () => {
    const files = createFiles(() => 100);
    files.create("p");
    files.create("q");
    const reading = opened(files, "p", 1);
    expect(files.open("p", 1, "t").ok).toBe(true);
    expect(files.open("p", 2, "s")).toEqual({ ok: false, error: "BadNotWritable" });
    expect(files.write(reading, "p", "s", Buffer.from("x"))).toEqual({ ok: false, error: "BadInvalidState" });
    expect(files.read(reading, "q", "s", 1).ok).toBe(false);
    expect(files.read(reading, "p", "t", 1).ok).toBe(false);
    expect(files.remove("p")).toEqual({ ok: false, error: "BadInvalidState" });
    files.forget("s");
    files.forget("t");
    const writing = opened(files, "p", 2);
    expect(files.open("p", 1, "t")).toEqual({ ok: false, error: "BadNotReadable" });
    files.close(writing, "p", "s");
    expect(files.close(writing, "p", "s").ok).toBe(false);
    for (const mode of [0, 4, 8, 1 | 4, 2 | 4 | 8, 16]) expect(files.open("p", mode, "s").ok).toBe(false);
  });
  it("moves onto a free name only, and has an end", () => {
    const files = createFiles(() => mostFileBytes + 1);
    files.create("p.part");
    expect(files.move("p.part", "p", false).ok).toBe(true);
    expect(files.names()).toEqual(["p"]);
    expect(files.move("p", "../p", false)).toEqual({ ok: false, error: "BadInvalidArgument" });
    files.create("q");
    expect(files.move("q", "p", true)).toEqual({ ok: false, error: "BadBrowseNameDuplicated" });
    const handle = opened(files, "p", 2);
    expect(files.write(handle, "p", "s", new Uint8Array(mostFileBytes + 1))).toEqual({
      ok: false,
      error: "BadOutOfMemory",
    });
    for (let n = files.names().length; n < mostFiles; n++) expect(files.create(`f${n}`).ok).toBe(true);
    expect(files.create("one-more")).toEqual({ ok: false, error: "BadOutOfMemory" });
  });
});
