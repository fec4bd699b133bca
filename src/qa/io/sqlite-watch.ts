/** The last status of each cell and the alarms, in central QA's SQLite file. */
import type Database from "better-sqlite3";
import { type Alarm, type HeldEnd, type KeptStatus, mostAlarms, type WatchStore } from "../watch.ts";

type Db = Database.Database;
type Answer = <T>(act: () => T) => Promise<T>;

/** A status is no record: the next takes its place. An alarm is one. */
export const watchSchema = `
  CREATE TABLE status (
    origin TEXT NOT NULL PRIMARY KEY, boot INTEGER NOT NULL, counter INTEGER NOT NULL, note TEXT NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE alarm (
    id TEXT NOT NULL PRIMARY KEY, cell TEXT NOT NULL, code TEXT NOT NULL, what TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX alarm_cell ON alarm (cell);
`;

/** The watch of an open store; `endOf` reads the end of what is held of a log. */
export function sqliteWatch(db: Db, answer: Answer, endOf: (origin: string) => HeldEnd): WatchStore {
  const columns = "SELECT origin, boot, counter, note, received_at AS receivedAt FROM status";
  const one = db.prepare<[string], KeptStatus>(`${columns} WHERE origin = ?`);
  const keep = db.prepare("INSERT OR REPLACE INTO status VALUES (?, ?, ?, ?, ?)");
  const count = db.prepare<[string], { n: number }>("SELECT count(*) AS n FROM alarm WHERE cell = ?");
  const insert = db.prepare("INSERT OR IGNORE INTO alarm VALUES (?, ?, ?, ?, ?)");
  const raise = ({ id, cell, code, what, at }: Alarm) => {
    if ((count.get(cell)?.n ?? 0) < mostAlarms) insert.run(id, cell, code, what, at);
  };
  return {
    settleStatus: (origin, judge) =>
      answer(() =>
        db
          .transaction(() => {
            const { status, alarms, value } = judge(one.get(origin) ?? null, endOf(origin));
            if (status !== null) {
              keep.run(status.origin, status.boot, status.counter, status.note, status.receivedAt);
            }
            for (const alarm of alarms) raise(alarm);
            return value;
          })
          .immediate(),
      ),
    statuses: () => answer(() => db.prepare<[], KeptStatus>(`${columns} ORDER BY origin`).all()),
    raise: (alarm) => answer(() => db.transaction(() => raise(alarm)).immediate()),
    alarms: (limit) =>
      answer(() =>
        db
          .prepare<[number], Alarm>("SELECT id, cell, code, what, at FROM alarm ORDER BY at DESC, id LIMIT ?")
          .all(limit),
      ),
  };
}
