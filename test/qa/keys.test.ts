/** Central QA's key folder after its cosigner's key was replaced. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { rotateWitness } from "../../src/commands/io/qa-key.ts";
import { createQaKeys, openQaKeys } from "../../src/commands/io/qa-keys.ts";
import { freshFolder } from "./central.ts";
import { ran } from "./installation.ts";

test("[F81] central signs with the new key, and knows the old one with its end", async () => {
  const folder = join(freshFolder(), "keys");
  const made = await createQaKeys(folder, "qa.example/witness", ["localhost"]);
  expect((await ran((terminal) => rotateWitness(terminal, folder))).code).toBe(0);
  const opened = await openQaKeys(folder);
  if (!made.ok || !opened.ok) throw new Error("the folder does not open");
  const { witness, witnesses } = opened.value;
  expect(witness.key.id).not.toBe(made.value.witness.key.id);
  expect(witnesses.map(({ id }) => id)).toEqual([made.value.witness.key.id, witness.key.id]);
  expect(witnesses.map(({ effect }) => effect?.until !== undefined)).toEqual([true, false]);
});
