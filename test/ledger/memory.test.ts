/** The ledger in memory: the conformance suite, and what power cuts leave behind. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { sameBytes } from "../../src/ledger/bytes.ts";
import { LedgerFailed } from "../../src/ledger/ledger.ts";
import {
  createMemoryDisk,
  type Fate,
  headOnDisk,
  openMemoryLedger,
  simulatedSignature,
  simulatedSigner,
  verifyDisk,
} from "../../src/ledger/memory.ts";
import { all, ledgerConformance } from "./conformance.ts";
import { draft, origin, started } from "./plain-drafts.ts";

ledgerConformance("The memory ledger", async () => {
  const disk = createMemoryDisk(origin);
  return {
    open: async () => openMemoryLedger(disk),
    key: simulatedSigner(origin).key,
    check: (_key, message, signature) => sameBytes(signature, simulatedSignature(message)),
  };
});

test("[L1][L2] whatever the power does, what was acknowledged is there and the rest is whole or absent", async () => {
  const fates = fc.array(
    fc.constantFrom<Fate>("written", "written", "cut-before", "cut-during", "cut-after", "disk-full"),
    {
      minLength: 1,
      maxLength: 25,
    },
  );
  await fc.assert(
    fc.asyncProperty(fates, async (list) => {
      const disk = createMemoryDisk(origin);
      let acknowledged = 0;
      let boot = 0;
      let ledger = openMemoryLedger(disk, { fate: () => "written" });
      for (const fate of list) {
        ledger = openMemoryLedger(disk, { fate: () => fate });
        const before = headOnDisk(disk).size;
        const write = ledger.append([started(boot++), draft("A", {}, "J1", boot - 1)]);
        if (fate === "written") {
          acknowledged = Math.max(acknowledged, (await write).length + before);
        } else {
          await expect(write).rejects.toThrow(LedgerFailed);
          await expect(ledger.append([draft("B", {}, null, boot)])).rejects.toThrow(LedgerFailed);
        }
        const grown = headOnDisk(disk).size - before;
        expect(grown).toBe({ written: 2, "cut-after": 2, "disk-full": 1, "cut-before": 0, "cut-during": 0 }[fate]);
      }
      expect(headOnDisk(disk).size).toBeGreaterThanOrEqual(acknowledged);
      expect(verifyDisk(disk).findings.filter((one) => one.rule !== "unsigned")).toEqual([]);
      expect((await all(openMemoryLedger(disk))).length).toBe(headOnDisk(disk).size);
    }),
    { numRuns: 60 },
  );
});
