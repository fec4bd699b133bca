/** The command line, as an engineer and an auditor use it: exit codes, --json, words, and nothing lost. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { configJsonSchema } from "../../src/config/schema.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "cellward-cli-"));
const [data, keys] = [join(folder, "data"), join(folder, "keys")];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  json(): { readonly [key: string]: unknown };
}

function cellward(...args: readonly string[]): Promise<Said> {
  return new Promise((done) => {
    execFile(process.execPath, [join(root, "src/main.ts"), ...args], (problem, out, err) => {
      const code = problem ? (problem.code as number) : 0;
      done({ code, out, err, json: () => JSON.parse(out.trim().split("\n").at(-1)!) });
    });
  });
}

/** The committed configuration with fresh keys of both roles in it. */
async function trusting(): Promise<string> {
  let text = readFileSync(join(root, "config/simulated-cell.toml"), "utf8");
  for (const role of ["design-authority", "clinical-release"]) {
    const out = mkdtempSync(join(folder, "signer-"));
    const made = await cellward("--json", "keygen", "--name", `test.example/${role}`, "--out", out);
    text = text.replace(`../var/demo/authority/${role}.vkey`, String(made.json()["line"]));
  }
  return text;
}

beforeAll(async () => {
  const made = await cellward("init", "--data", data, "--keys", keys, "--origin", "test.example/cell-1");
  expect(made.code, made.err).toBe(0);
  expect(made.out).toContain("test.example/cell-1+");
});

describe("init", () => {
  it("[F90] makes keys that only their owner reads, and refuses to write over them", async () => {
    expect(statSync(join(keys, "signing.key.pem")).mode & 0o077).toBe(0);
    const again = await cellward("init", "--data", data, "--keys", keys, "--origin", "test.example/cell-1");
    expect([again.code, again.err]).toEqual([7, expect.stringContaining("already")]);
  });

  it("refuses keys inside the data folder", async () => {
    const inside = await cellward(
      "init",
      "--data",
      join(folder, "d2"),
      "--keys",
      join(folder, "d2/keys"),
      "--origin",
      "a.b/c",
    );
    expect(inside.code).toBe(7);
    expect(inside.err).toContain("What to do:");
  });
});

describe("verify", () => {
  it("[F67] says genuine with the right key, and says nothing without one", async () => {
    const good = await cellward("--json", "verify", data, "--keys", keys);
    expect([good.code, good.json()["ok"]]).toEqual([0, true]);
    const line = readFileSync(join(keys, "cell.vkey"), "utf8").trim();
    expect((await cellward("verify", data, "--keys", keys)).out).toContain("GENUINE AND COMPLETE\n");
    const without = await cellward("verify", data, "--key", line);
    expect([without.code, without.out]).toEqual([0, expect.stringContaining("GENUINE, as far as this key shows")]);
    expect((await cellward("verify", data)).code).toBe(2);
    const witness = await cellward("verify", data, "--keys", keys, "--witness", line);
    expect([witness.code, witness.err]).toEqual([2, expect.stringContaining("not the public key of a cosigner")]);
    const nowhere = await cellward("verify", join(folder, "nothing"), "--key", line);
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining("There is nothing at")]);
  });

  it("takes no key for a key", async () => {
    const { code, err } = await cellward("verify", data, "--key", "my-key");
    expect([code, err]).toEqual([2, expect.stringContaining("name+8 hex digits+base64")]);
  });
});

describe("export, backup and restore", () => {
  it("[F71] an export of a job that is not there is refused in words", async () => {
    const { code, err } = await cellward(
      "export",
      "J9",
      "--data",
      data,
      "--keys",
      keys,
      "--out",
      join(folder, "r.json"),
    );
    expect([code, err]).toEqual([3, expect.stringContaining("J9")]);
  });

  it("[F96] a backup verifies and restores into an empty folder only", async () => {
    const copy = join(folder, "copy");
    expect((await cellward("backup", "--data", data, "--keys", keys, "--to", copy)).code).toBe(0);
    expect((await cellward("backup", "--data", data, "--keys", keys, "--to", copy)).code).toBe(7);
    const fresh = join(folder, "fresh");
    const restored = await cellward("restore", copy, "--keys", keys, "--data", fresh);
    expect([restored.code, restored.out]).toEqual([0, expect.stringContaining("does not start on it before")]);
    expect((await cellward("restore", copy, "--keys", keys, "--data", fresh)).code).toBe(7);
    expect((await cellward("verify", fresh, "--keys", keys)).code).toBe(0);
  });
});

describe("configuration", () => {
  const example = readFileSync(join(root, "config/simulated-cell.toml"), "utf8");
  const good = example.replace(/^origin = .*$/m, `origin = "test.example/cell-1"`);
  const checked = async (text: string) => {
    const file = join(folder, "cell.toml");
    writeFileSync(file, text);
    return cellward("doctor", "--json", "--config", file, "--data", data, "--keys", keys);
  };

  it.each([
    ["an unknown key", `${good}\n[telemtry]\non = true\n`, "telemtry"],
    ["a value of the wrong kind", good.replace("takesAllowed = 3", 'takesAllowed = "three"'), "takesAllowed"],
    ["no TOML at all", "cell = [", "line 1"],
  ])("with %s is refused by name", async (_, text, words) => {
    const { code, out } = await checked(text);
    expect([code, out]).toEqual([78, expect.stringContaining(words)]);
  });

  it("the committed schema is the one that the code prints", async () => {
    const committed = JSON.parse(readFileSync(join(root, "config/cell.schema.json"), "utf8"));
    expect(committed).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
    expect(JSON.parse((await cellward("config", "schema")).out)).toEqual(committed);
  });

  it("[L8] doctor says what run would refuse although the record verifies", async () => {
    const said = async () => {
      const { out } = await checked(good.replace(/^origin = .*$/m, `origin = "elsewhere.example/cell-9"`));
      const { checks } = JSON.parse(out) as { checks: { check: string; what: string; remedy: string }[] };
      return checks.filter((each) => each.check === "start").map((each) => each.what);
    };
    expect(await said()).toEqual([expect.stringMatching(/^The ledger belongs to .*, the configuration to elsewhere/)]);
    writeFileSync(join(data, "RESTORED.txt"), "This folder was restored.\n");
    onTestFinished(() => rmSync(join(data, "RESTORED.txt")));
    expect(await said()).toEqual([expect.any(String), "This folder was restored."]);
  });

  it("doctor names each thing that is missing, with its remedy", async () => {
    const { code, out } = await checked(good);
    const { checks } = JSON.parse(out) as { checks: { check: string; state: string; remedy: string }[] };
    const bad = checks.filter((each) => each.state === "bad").map((each) => each.check);
    expect(code).toBe(3);
    const station = ["Finishing station", "access to Finishing station"];
    expect(bad).toEqual(["trust", "intake", "Printer A", "presence device", "camera", "inspection", ...station]);
    for (const each of checks.filter((one) => one.state === "bad")) expect(each.remedy).toMatch(/[a-z].*\.$/);
  });
});

describe("run", () => {
  it("[F67][F96] does not start on a restored image, and says why", async () => {
    const copy = join(folder, "copy-2");
    const image = join(folder, "image");
    await cellward("backup", "--data", data, "--keys", keys, "--to", copy);
    await cellward("restore", copy, "--keys", keys, "--data", image);
    const config = join(folder, "trusting.toml");
    writeFileSync(config, await trusting());
    const { code, err } = await cellward("run", "--config", config, "--data", image, "--keys", keys);
    expect([code, err]).toEqual([3, expect.stringContaining("restored")]);
  });
});

describe("people", () => {
  it("[F91] are invited with a one-time code and a role that exists", async () => {
    const invited = await cellward("--json", "people", "invite", "--keys", keys, "--role", "technician");
    expect(invited.json()).toMatchObject({
      ok: true,
      code: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/),
    });
    expect((await cellward("people", "invite", "--keys", keys, "--role", "surgeon")).code).toBe(2);
  });
});

describe("help and usage", () => {
  it("tells every command and exit code, and refuses what is none", async () => {
    const { code, out } = await cellward("--help");
    expect(code).toBe(0);
    for (const word of [
      "init",
      "run",
      "verify",
      "export",
      "backup",
      "restore",
      "doctor",
      "people",
      "camera",
      "78 configuration",
    ]) {
      expect(out).toContain(word);
    }
    expect((await cellward("launch")).code).toBe(2);
    expect((await cellward("verify")).code).toBe(2);
  });
});
