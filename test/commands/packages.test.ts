/** Packages by the command line, as a design authority, a clinical release and an engineer use it. */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const example = join(root, "config/examples/drill-guide");
const folder = mkdtempSync(join(tmpdir(), "cellward-pack-"));
const at = (name: string) => join(folder, name);
const temporary = mkdtempSync(join(folder, "tmp-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function cellward(args: readonly string[], input = ""): Promise<Said> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [join(root, "src/main.ts"), ...args],
      { env: { ...process.env, TMPDIR: temporary } },
      (problem, out, err) => done({ code: problem ? (problem.code as number) : 0, out, err }),
    );
    child.stdin?.end(input);
  });
}

const form = "MRN-48213-7\n1961-04-09\n";
const designKey = at("design/design-authority.key");
const designLine = at("design/design-authority.vkey");
const releaseKey = at("release/clinical-release.key");
const releaseLine = at("release/clinical-release.vkey");
let recipient = "";

beforeAll(async () => {
  for (const [role, out] of [
    ["design-authority", "design"],
    ["clinical-release", "release"],
  ] as const) {
    const made = await cellward(["keygen", "--name", `clinic.example/${role}`, "--out", at(out)]);
    expect([made.code, made.out]).toEqual([0, expect.stringContaining(`clinic.example/${role}+`)]);
  }
  const made = await cellward(["init", "--data", at("data"), "--keys", at("keys"), "--origin", "test.example/cell-1"]);
  recipient = /age1[0-9a-z]{58}/.exec(made.out)?.[0] ?? "";
});

/** What the recipe's other machines run. */
const station = readdirSync(join(example, "station")).map((name) => join(example, "station", name));

/** Arguments of a good pack, with some of them changed. */
function packing(out: string, change: Record<string, string> = {}): string[] {
  const options: Record<string, string> = {
    "--order": join(example, "drill-guide.order.json"),
    "--program": join(example, "drill-guide.gcode"),
    "--identifiers": "-",
    "--recipient": recipient,
    "--key": designKey,
    "--out": at(out),
    ...change,
  };
  return ["pack", ...Object.entries(options).flat(), "--program", ...station];
}

function orderWith(name: string, change: (order: Record<string, unknown>) => void): string {
  const order = JSON.parse(readFileSync(join(example, "drill-guide.order.json"), "utf8"));
  change(order);
  writeFileSync(at(name), JSON.stringify(order));
  return at(name);
}

const releasing = (from: string, out: string, key = releaseKey, authority = designLine) => [
  ...["release", at(from), "--key", key, "--design-authority", authority, "--out", at(out)],
];

describe("[F90] keys and identities", () => {
  it("are for their owner alone, and never written over", async () => {
    for (const path of [designKey, releaseKey, at("keys/age.identity")]) expect(statSync(path).mode & 0o077).toBe(0);
    expect(recipient).toMatch(/^age1/);
    const again = await cellward(["keygen", "--name", "x.example/design-authority", "--out", at("design")]);
    expect([again.code, again.err]).toEqual([7, expect.stringContaining("already")]);
    const odd = await cellward(["keygen", "--name", "Jane Doe", "--out", at("odd")]);
    expect([odd.code, odd.err]).toEqual([7, expect.stringContaining("cannot be the name")]);
  });

  it("a secret that others can read, or that is none, signs nothing", async () => {
    const copy = at("loose.key");
    writeFileSync(copy, readFileSync(designKey), { mode: 0o644 });
    chmodSync(copy, 0o644);
    const loose = await cellward(packing("x.cwp", { "--key": copy }), form);
    expect([loose.code, loose.err]).toEqual([7, expect.stringContaining("other accounts")]);
    const none = await cellward(packing("x.cwp", { "--key": designLine }), form);
    expect(none.code).toBe(7);
    expect(none.out + none.err).not.toContain("PRIVATE");
    expect(readdirSync(folder)).not.toContain("x.cwp");
  });

  it("a cell's identity is printed, renewed, and made hybrid; the old one goes on opening", async () => {
    const keys = at("keys");
    expect((await cellward(["recipient", "--keys", keys])).out.trim()).toBe(recipient);
    const fresh = await cellward(["--json", "recipient", "--keys", keys, "--new", "--hybrid"]);
    expect(JSON.parse(fresh.out)).toMatchObject({ ok: true, recipient: expect.stringMatching(/^age1pq1/) });
    const lines = readFileSync(join(keys, "age.identity"), "utf8").split("\n");
    expect(lines.filter((line) => line.startsWith("AGE-SECRET-KEY-"))).toHaveLength(2);
    const packed = await cellward(packing("hybrid.cwp", { "--recipient": JSON.parse(fresh.out).recipient }), form);
    expect(packed.code, packed.err).toBe(0);
    expect((await cellward(["recipient", "--keys", at("nowhere")])).code).toBe(7);
  });
});

describe("[F1] pack and release", () => {
  it("[F2][L6] make a package that says what it orders and shows nothing else", async () => {
    const packed = await cellward(packing("a.cwp", { "--attach": join(example, "drill-guide.stl") }), form);
    expect([packed.code, packed.err]).toEqual([0, ""]);
    const released = await cellward(releasing("a.cwp", "b.cwp"));
    expect([released.code, released.err]).toEqual([0, ""]);
    for (const words of [
      "You release:",
      "J-2026-000042",
      "CASE-000042, side left, 1 to be made",
      "by the cell demo.cellward.example/cell-1",
      "recipe drill-guide-pla",
      "62 layers",
      "design DESIGN-000042 revision 1, approved by DA-17",
      "drill-guide.gcode (toolpath)",
      "expires 2036-01-01T00:00:00Z",
    ]) {
      expect(released.out).toContain(words);
    }
    const shown = await cellward(["package", "show", at("b.cwp"), "--key", designLine, releaseLine]);
    expect(shown.out).toContain(
      "Signed by clinic.example/design-authority.\nSigned by clinic.example/clinical-release.",
    );
    const bytes = readFileSync(at("b.cwp")).toString("latin1");
    const said = packed.out + released.out + shown.out;
    for (const secret of [
      "MRN-48213-7",
      "MRN482137",
      "1961-04-09",
      "19610409",
      ";LAYER_CHANGE",
      "M109 S205",
      "facet",
    ]) {
      expect(bytes).not.toContain(secret);
      expect(said).not.toContain(secret);
    }
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("two packages of one order have neither key, number nor HMAC in common", async () => {
    for (const out of ["c1.cwp", "c2.cwp"]) await cellward(packing(out), form);
    const orders = await Promise.all(
      ["c1.cwp", "c2.cwp"].map(async (name) =>
        JSON.parse((await cellward(["--json", "package", "show", at(name)])).out),
      ),
    );
    const [one, two] = orders.map(({ order }) => order);
    expect(one.nonce).not.toBe(two.nonce);
    expect(one.identifierHmacs[0]).not.toBe(two.identifierHmacs[0]);
    expect(orders[0].files["identifiers.key"]).not.toBe(orders[1].files["identifiers.key"]);
  });

  it("identifiers come from a file too", async () => {
    writeFileSync(at("form.txt"), form);
    expect((await cellward(packing("d.cwp", { "--identifiers": at("form.txt") }))).code).toBe(0);
  });

  it("[L8] show says that a signature was not checked, and which key did not make it", async () => {
    await cellward(packing("e.cwp"), form);
    const unchecked = await cellward(["package", "show", at("e.cwp")]);
    expect(unchecked.out).toMatch(/Says that clinic\.example\/design-authority\+.* signed it: NOT CHECKED/);
    const cut = readFileSync(at("e.cwp")).subarray(0, 2_000);
    writeFileSync(at("cut.cwp"), cut);
    const shown = await cellward(["--json", "package", "show", at("cut.cwp")]);
    expect([shown.code, JSON.parse(shown.out).code]).toEqual([7, "package-truncated"]);
  });
});

describe("[F38] pack signs nothing that cannot be made", () => {
  const program = readFileSync(join(example, "drill-guide.gcode"), "utf8");

  it.each<[string, () => Record<string, string>, string, RegExp]>([
    [
      "a program that burns",
      () => {
        writeFileSync(at("drill-guide.gcode"), program.replace("M109 S205", "M109 S260"));
        return { "--program": at("drill-guide.gcode") };
      },
      form,
      /limit is 230/,
    ],
    [
      "other layers",
      () => ({ "--order": orderWith("o1.json", (order) => Object.assign(order["expect"]!, { layers: 61 })) }),
      form,
      /prints 62 layers; the order says 61/,
    ],
    ["a program that did not come", () => ({ "--program": join(example, "drill-guide.stl") }), form, /did not come/],
    [
      "an order that has expired",
      () => ({ "--order": orderWith("o2.json", (order) => (order["expires"] = "2026-01-02T00:00:00Z")) }),
      form,
      /has expired/,
    ],
    [
      "an order with a member too many",
      () => ({ "--order": orderWith("o3.json", (order) => (order["note"] = 1)) }),
      form,
      /note/,
    ],
    [
      "a recipe that is not there",
      () => ({ "--order": orderWith("o4.json", (order) => (order["recipe"] = "titanium")) }),
      form,
      /no recipe titanium/,
    ],
    [
      "a pathway that asks for more",
      () => ({ "--order": orderWith("o5.json", (order) => (order["pathway"] = "us-patient-matched")) }),
      form,
      /the prescriber.*implanted/,
    ],
    [
      "a title that no label has room for",
      () => ({ "--order": orderWith("o6.json", (order) => (order["title"] = "W".repeat(120))) }),
      form,
      /No label could be made.*does not fit/,
    ],
    [
      "an id that no label has room for",
      () => ({ "--order": orderWith("o7.json", (order) => (order["id"] = "J".repeat(21))) }),
      form,
      /wrong at id: an order's id has at most 20 signs/,
    ],
    ["no recipient", () => ({ "--recipient": "age1nobody" }), form, /no recipient/],
    ["one identifier", () => ({}), "MRN-48213-7\n", /two identifiers cannot be read/],
  ])("%s", async (_, change, input, words) => {
    const { code, err } = await cellward(packing("no.cwp", change()), input);
    expect([code, err]).toEqual([7, expect.stringMatching(words)]);
    expect(err).toContain("What to do:");
    expect(err).not.toContain("48213");
    expect(readdirSync(folder)).not.toContain("no.cwp");
  });
});

describe("[F1] release signs only what the design authority signed, once", () => {
  beforeAll(async () => {
    await cellward(packing("f.cwp"), form);
    await cellward(releasing("f.cwp", "twice.cwp"));
    const bytes = readFileSync(at("f.cwp"));
    bytes[bytes.length - 10] = bytes[bytes.length - 10]! ^ 1;
    writeFileSync(at("changed.cwp"), bytes);
  });

  it.each<[string, () => string[], RegExp]>([
    ["with the same key", () => releasing("f.cwp", "g.cwp", designKey), /this very key/],
    [
      "of another design authority",
      () => releasing("f.cwp", "g.cwp", releaseKey, releaseLine),
      /not signed by the design authority/,
    ],
    ["twice", () => releasing("twice.cwp", "g.cwp"), /2 signatures already/],
    ["of a changed package", () => releasing("changed.cwp", "g.cwp"), /changed on their way/],
  ])("refuses a release %s", async (_, args, words) => {
    const { code, err } = await cellward(args());
    expect([code, err]).toEqual([7, expect.stringMatching(words)]);
    expect(readdirSync(folder)).not.toContain("g.cwp");
  });
});

describe("[F90] trust is configuration", () => {
  const good = readFileSync(join(root, "config/simulated-cell.toml"), "utf8");
  const starting = async (design: string, release: string) => {
    const text = good
      .replace("../var/demo/authority/design-authority.vkey", design)
      .replace("../var/demo/authority/clinical-release.vkey", release);
    writeFileSync(at("cell.toml"), text);
    return cellward(["run", "--config", at("cell.toml"), "--data", at("data"), "--keys", at("keys")]);
  };

  it("a key in both roles, a key of another kind and a file that is not there keep the cell from starting", async () => {
    const line = readFileSync(designLine, "utf8").trim();
    const both = await starting(designLine, line);
    expect([both.code, both.err]).toEqual([78, expect.stringMatching(/stands in both roles/)]);
    const cell = await starting(designLine, `${readFileSync(join(at("keys"), "cell.vkey"), "utf8").trim()}x`);
    expect([cell.code, cell.err]).toEqual([78, expect.stringMatching(/trust/)]);
    const nowhere = await starting(designLine, "nowhere.vkey");
    expect([nowhere.code, nowhere.err]).toEqual([78, expect.stringMatching(/nowhere\.vkey cannot be read/)]);
  });

  it("with keys of both roles the next thing is looked at", async () => {
    const started = await starting(designLine, releaseLine);
    // This ledger belongs to another cell than the configuration names.
    expect([started.code, started.err]).toEqual([3, expect.stringContaining("belongs to test.example/cell-1")]);
  });

  it("doctor looks at identity and trust", async () => {
    await starting(designLine, releaseLine);
    const { out } = await cellward(["doctor", "--config", at("cell.toml"), "--data", at("data"), "--keys", at("keys")]);
    expect(out).toMatch(/ok {3}packages: Packages sealed for age1/);
    expect(out).toMatch(/ok {3}trust: Design authority: clinic\.example\/design-authority\. Clinical release:/);
    rmSync(join(at("keys"), "age.identity"));
    const without = await cellward(["doctor", "--config", at("cell.toml"), "--data", at("data"), "--keys", at("keys")]);
    expect(without.out).toMatch(/BAD {2}packages: The key folder has no age identity[\s\S]*cellward recipient --new/);
  });
});
