/** Wrong ways to keep a record, each a few lines of the real source changed, that the faults must convict. */

interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const database = "src/ledger/io/database.ts";

function synchronous(level: "NORMAL" | "OFF", number: 1 | 0): readonly Change[] {
  return [
    {
      file: database,
      from: 'db.pragma("synchronous = FULL");\n    db.pragma("wal',
      to: `db.pragma("synchronous = ${level}");\n    db.pragma("wal`,
    },
    {
      file: database,
      from: '"synchronous", { simple: true }) === 2',
      to: `"synchronous", { simple: true }) === ${number}`,
    },
  ];
}

export const weaknesses = {
  /** SQLite flushes the log only when it moves it. */
  NORMAL: synchronous("NORMAL", 1),
  /** SQLite flushes nothing. */
  OFF: synchronous("OFF", 0),
  /** What is written aside is renamed before it is flushed. */
  "artifact-unflushed": [{ file: "src/ledger/io/files.ts", from: "await file.sync();", to: "" }],
  /** A folder that was made is not there after a power cut. */
  "folder-unflushed": [{ file: "src/ledger/io/files.ts", from: "await flushFolder(above);", to: "" }],
  /** The floor is raised before the checkpoint under it is on the disk. */
  "floor-first": [
    {
      file: "src/ledger/io/signing.ts",
      from: 'await writer.putNote("checkpoint", head.size, note);',
      to: 'await writeFloor(options.keysDir, origin, { ...head, size: head.size + 1 });\n    await writer.putNote("checkpoint", head.size, note);',
    },
  ],
  /** No weakness of the record: the process kills itself in the tick that records the event that STEP names. */
  step: [
    {
      file: "src/cell.ts",
      from: "if (drafts.length > 0) await ports.ledger.append(drafts);",
      to: `const step = (moment: string) => {
        const [type, when] = (process.env["STEP"] ?? "").split(" ");
        if (when === moment && drafts.some((draft) => draft.type === type)) process.kill(process.pid, "SIGKILL");
      };
      step("before-write");
      if (drafts.length > 0) await ports.ledger.append(drafts);
      step("after-write");`,
    },
    {
      file: "src/cell.ts",
      from: "settle(state);\n    } catch",
      to: 'step("after-answers");\n      settle(state);\n    } catch',
    },
  ],
} as const satisfies Record<string, readonly Change[]>;
