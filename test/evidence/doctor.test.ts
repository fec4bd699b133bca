/** What doctor says of evidence: by asking the real endpoint once, with the certificates that are configured. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { evidenceCheck } from "../../src/commands/io/evidence-check.ts";
import type { CellConfig } from "../../src/config/schema.ts";
import { evidenceDesk } from "../qa/evidence-desk.ts";

test("[F83] doctor says whether central takes evidence of this cell, and what is wrong where it does not", async () => {
  const desk = await evidenceDesk(() => undefined);
  const configured = (cell: string, as: string, url = desk.url()) => {
    const file = (name: string) => join(desk.installation.handed(as), name);
    const qa = { caFile: file("ca.cert.pem"), certFile: file("cell.cert.pem"), keyFile: file("cell.key.pem") };
    return {
      cell: { id: cell },
      qa,
      evidence: { url, recipientFile: file("evidence.recipient") },
    } as unknown as CellConfig;
  };
  const said = (config: CellConfig) => evidenceCheck(config, desk.installation.root);
  const good = configured("cell-1", "cell-1");
  expect(await said(good)).toMatchObject({ state: "good", what: expect.stringContaining("Central QA takes evidence") });
  const other = await said(configured("cell-1", "cell-2"));
  expect(other).toMatchObject({ state: "bad", remedy: expect.stringContaining("qa enrol") });
  const away = await said(configured("cell-1", "cell-1", "https://localhost:1"));
  expect(away).toMatchObject({ state: "warning", what: expect.stringContaining("is not reached") });
  const stranger = await evidenceDesk(() => undefined);
  const foreign = join(stranger.installation.handed("cell-1"), "ca.cert.pem");
  const untrusted = await said({ ...good, qa: { ...good.qa, caFile: foreign } } as CellConfig);
  expect(untrusted).toMatchObject({ state: "bad", what: expect.stringContaining("do not fit") });
  const noRecipient = {
    ...good,
    evidence: { ...good.evidence, recipientFile: desk.installation.config },
  } as CellConfig;
  expect(await said(noRecipient)).toMatchObject({ state: "bad", what: expect.stringContaining("recipient") });
  expect(await said({ ...good, qa: undefined } as CellConfig)).toMatchObject({ state: "bad" });
  expect(await said({ ...good, evidence: undefined } as CellConfig)).toMatchObject({ state: "good" });
});
