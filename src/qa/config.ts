/** Central QA's configuration file: its name, its broker, its store, and the cells whose keys it trusts. */
import { z } from "zod";
import { digestOf } from "../kernel/hash.ts";
import { utf8 } from "../ledger/bytes.ts";

const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const title = z.string().min(1).max(120);
const path = z.string().min(1).max(1024);

const origin = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}\/[a-z0-9][a-z0-9.-]{0,62}$/);
/** Public keys of one log: lines with their bounds, as `cellward init` and `cellward key` print them. */
const keys = z.array(z.string().min(16).max(700)).min(1).max(8);

const cell = z.strictObject({
  /** The name in the cell's topics and in its client certificate. */
  id: identifier,
  title,
  /** Name of the cell's ledger. */
  origin,
  /** The public keys of that ledger. */
  keys,
  /** Ledgers of this cell that are over, the oldest first; each was continued under the next, the last under `origin`. */
  ancestor: z.array(z.strictObject({ origin, keys })).max(8).default([]),
  /** True where simulated devices may be released: a demonstration, never a hospital. */
  demonstration: z.boolean().default(false),
  /** After so long without a word the cell's state is unknown; cells say every minute what they are at. */
  silentAfterSeconds: z.number().int().min(5).max(604_800).default(180),
});

/** Every log that a cell has or had. */
function originsOf(one: z.infer<typeof cell>): string[] {
  return [...one.ancestor.map((each) => each.origin), one.origin];
}

/** Parses a whole configuration; every path is relative to the file's own folder. */
export const qaConfig = z
  .strictObject({
    witness: z.strictObject({
      /** Name of the cosigning key, as `cellward qa init` made it. */
      name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/),
    }),
    http: z
      .strictObject({
        host: z.string().min(1).max(255).default("127.0.0.1"),
        port: z.number().int().min(0).max(65_535).default(8450),
        /** Set where a TLS proxy on this computer stands before the page. */
        secureCookies: z.boolean().default(false),
        /** Further host names under which the page is reached. */
        hosts: z.array(z.string().min(1).max(255)).max(16).default([]),
        idleMinutes: z.number().int().min(1).max(60).default(10),
      })
      .prefault({}),
    broker: z.strictObject({
      url: z.url({ protocol: /^mqtts$/ }),
      /** Client certificate, its key and the broker's authority; those of the key folder where they are left out. */
      certificate: path.optional(),
      key: path.optional(),
      authority: path.optional(),
      /**
       * Several instances share the load. `share`: an MQTT 5 shared subscription of this name, the same in each
       * instance. `part` of `parts`: where the broker has none, each instance hears its own part of the cells.
       */
      share: identifier.optional(),
      part: z.number().int().min(1).max(64).optional(),
      parts: z.number().int().min(1).max(64).optional(),
    }),
    store: z
      .strictObject({
        /** File that holds the address of a PostgreSQL database; without it (and without DATABASE_URL) one file in the data folder. */
        databaseUrlFile: path.optional(),
      })
      .prefault({}),
    /** Where cells bring evidence, over HTTPS with the installation's certificates; without it none is taken. */
    evidence: z
      .strictObject({
        host: z.string().min(1).max(255).default("127.0.0.1"),
        port: z.number().int().min(0).max(65_535).default(8451),
        /** Folder of all cells' evidence, in folders of their names. */
        folder: path,
        /** Most of one cell. */
        quotaMiB: z.number().int().min(1).max(67_108_864).default(102_400),
        /** So much of the disk is left free. */
        keepFreeMiB: z.number().int().min(0).max(67_108_864).default(2_048),
        /** The endpoint's certificate and key; those of the key folder where they are left out. */
        certificate: path.optional(),
        key: path.optional(),
      })
      .optional(),
    cell: z.array(cell).min(1).max(1_000),
  })
  .superRefine(({ cell: cells, broker: { share, part, parts } }, context) => {
    const issue = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: ["broker", field], message });
    if ((part === undefined) !== (parts === undefined)) issue("part", "part and parts go together");
    if ((part ?? 1) > (parts ?? 1)) issue("part", "there are fewer parts than this");
    if (share !== undefined && parts !== undefined) issue("share", "the load is shared or parted, not both");
    const named = { id: cells.map((one) => [one.id]), origin: cells.map(originsOf) };
    for (const field of ["id", "origin"] as const) {
      const seen = new Set<string>();
      for (const [index, names] of named[field].entries()) {
        if (names.some((one) => seen.has(one)) || new Set(names).size < names.length) {
          context.addIssue({ code: "custom", path: ["cell", index, field], message: `two cells have this ${field}` });
        }
        for (const one of names) seen.add(one);
      }
    }
  });

export type QaConfig = z.infer<typeof qaConfig>;
export type CellEntry = QaConfig["cell"][number];

/** The part, 1 to `parts`, that hears a cell: the same in every instance, for it depends on the cell's id alone. */
export function partOf(cell: string, parts: number): number {
  return (Number.parseInt(digestOf(utf8(cell)).slice(0, 8), 16) % parts) + 1;
}

/** The keys of the file that are paths. */
export const qaPaths: ReadonlySet<string> = new Set(["certificate", "key", "authority", "databaseUrlFile", "folder"]);

/** The configuration's JSON Schema (draft 2020-12), printed by `cellward qa schema`. */
export function qaJsonSchema(): unknown {
  return z.toJSONSchema(qaConfig, { io: "input" });
}
