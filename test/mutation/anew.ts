/** Mutants that the right key has signed anew: no forgery, but what a faulty or hostile holder of the key could write; both have to say the same of it. */
import { parsePackage, printPackage } from "../../src/intake/package/container.ts";
import { canonical, type Json } from "../../src/kernel/json.ts";
import { fromHex, textOf, toBase64, utf8 } from "../../src/ledger/bytes.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { parseEnvelope, printEnvelope, signPayload } from "../../src/ledger/dsse.ts";
import { signNote } from "../../src/ledger/note.ts";
import type { Signer, VerifyingKey } from "../../src/ledger/signer.ts";
import { emptyFrontier, grow, leafHash, rootOf } from "../../src/ledger/tree.ts";
import { stateAnew } from "./archives.ts";
import type { Case, ExportCase, LogCase } from "./case.ts";
import type { Chance } from "./chance.ts";
import { mutateText } from "./json.ts";
import { mutateSignedText } from "./notes.ts";

/** A changed case under good signatures; null for what is not signed as one. */
export async function signAnew(
  test: Case,
  original: Case,
  signers: readonly Signer[],
  chance: Chance,
): Promise<{ readonly how: string; readonly test: Case } | null> {
  const signer = signers[0]!;
  switch (test.kind) {
    case "export":
      return statementAnew(original as ExportCase, signer, chance);
    case "log":
      return logAnew(test, signers, chance);
    case "checkpoint": {
      const { how, value } = mutateSignedText((original as typeof test).note.split("\n\n")[0] ?? "", chance);
      return { how: `signed anew: ${how}`, test: { ...test, note: await signNote(value, signer) } };
    }
    case "decision": {
      const { how, bytes } = await envelopeAnew(utf8((original as typeof test).text), signers, chance);
      return { how, test: { ...test, text: textOf(bytes) ?? "" } };
    }
    case "package": {
      const parts = parsePackage((original as typeof test).data);
      if (!parts.ok) return null;
      const { how, bytes } = await envelopeAnew(parts.value.envelope, signers, chance);
      return { how, test: { ...test, data: printPackage({ ...parts.value, envelope: bytes }) } };
    }
    case "archive": {
      const how = "the statement made anew";
      return (await stateAnew(test.path, signer)) ? { how, test } : null;
    }
    case "folder":
      return null;
  }
}

async function statementAnew(test: ExportCase, signer: Signer, chance: Chance): Promise<{ how: string; test: Case }> {
  const file = JSON.parse(textOf(test.data) ?? "") as { statement: string; checkpoint: string };
  const member = chance.of(["statement", "statement", "checkpoint"] as const);
  const { how, value } = mutateSignedText(file[member].split("\n\n")[0] ?? "", chance);
  const changed = { ...file, [member]: await signNote(value, signer) } as unknown as Json;
  return { how: `${member} signed anew: ${how}`, test: { ...test, data: utf8(canonical(changed)) } };
}

/**
 * The log with its checkpoints signed anew over its rows as they stand, whatever they are, each by the keys that had signed
 * it; or the same log for a user who wrote other bounds after his keys.
 */
async function logAnew(
  test: LogCase,
  signers: readonly Signer[],
  chance: Chance,
): Promise<{ readonly how: string; readonly test: LogCase }> {
  if (chance.int(3) === 0) {
    const bound = () => chance.of([{}, { from: chance.int(9) }, { until: chance.int(9) }, { revoked: chance.int(9) }]);
    const keys = test.keys.map((key) => ({ ...key, effect: bound() }));
    return { how: "its keys bounded otherwise", test: { ...test, keys } };
  }
  const checkpoints = [];
  for (const { size, note } of test.checkpoints) {
    if (size > test.rows.length || size < 0) continue;
    const by = signers.filter(({ key }) => note.includes(signatureStart(key)));
    const root = rootOf(
      test.rows
        .slice(0, size)
        .map(({ entry }) => leafHash(entry))
        .reduce(grow, emptyFrontier),
    );
    const text = formatCheckpoint({ origin: test.origin, size, root });
    checkpoints.push({ size, note: await signNote(text, ...(by.length > 0 ? by : [signers[0]!])) });
  }
  return { how: "its heads signed anew", test: { ...test, checkpoints } };
}

/** How a signature line of a key begins, as far as the key's id settles its base64. */
function signatureStart({ name, id }: VerifyingKey): string {
  return `\u2014 ${name} ${toBase64(fromHex(id) ?? new Uint8Array()).slice(0, 5)}`;
}

async function envelopeAnew(
  envelope: Uint8Array,
  signers: readonly Signer[],
  chance: Chance,
): Promise<{ how: string; bytes: Uint8Array }> {
  const read = parseEnvelope(envelope);
  if (!read.ok) throw new Error(read.error);
  const { how, value } = mutateText(textOf(read.value.payload) ?? "", [], chance);
  const payload = utf8(value);
  const payloadType = chance.int(20) === 0 ? "text/plain" : read.value.payloadType;
  const by =
    chance.int(8) === 0 ? chance.of([[signers[0]!], [signers[0]!, signers[0]!], signers.toReversed()]) : signers;
  const signatures = [];
  for (const signer of by) signatures.push(await signPayload(payloadType, payload, signer));
  return { how: `signed anew: ${how}`, bytes: printEnvelope({ payloadType, payload, signatures }) };
}
