/** The last status of each cell and the alarms, in central QA's PostgreSQL database. */
import { type Alarm, type HeldEnd, type KeptStatus, mostAlarms, type WatchStore } from "../watch.ts";
import { type Answer, type Sql, type Tx, transact } from "./postgres-transact.ts";

/** The watch of an open store. */
export function postgresWatch(
  sql: Sql,
  answer: Answer,
  given: {
    readonly lock: (tx: Tx, origin: string) => Promise<void>;
    readonly endOf: (tx: Tx, origin: string) => Promise<HeldEnd>;
  },
): WatchStore {
  const columns = (run: Sql | Tx) => run`SELECT origin, boot, counter, note, received_at AS "receivedAt" FROM status`;
  return {
    settleStatus: (origin, judge) =>
      answer(async () => {
        const settled = await transact(sql, async (tx) => {
          await given.lock(tx, origin);
          const [before] = await tx<KeptStatus[]>`${columns(tx)} WHERE origin = ${origin}`;
          const { status, alarms, value } = judge(before ?? null, await given.endOf(tx, origin));
          if (status !== null) await keep(tx, status);
          for (const alarm of alarms) await insert(tx, alarm);
          return { value };
        });
        return settled.value;
      }),
    statuses: () => answer(async () => [...(await sql<KeptStatus[]>`${columns(sql)} ORDER BY origin`)]),
    raise: (alarm) => answer(() => transact(sql, (tx) => insert(tx, alarm))),
    alarms: (limit) =>
      answer(async () => [
        ...(await sql<Alarm[]>`SELECT id, cell, code, what, at FROM alarm ORDER BY at DESC, id LIMIT ${limit}`),
      ]),
  };
}

async function keep(tx: Tx, { origin, boot, counter, note, receivedAt }: KeptStatus): Promise<void> {
  await tx`
    INSERT INTO status ${tx({ origin, boot, counter, note, received_at: receivedAt })}
    ON CONFLICT (origin) DO UPDATE SET boot = excluded.boot, counter = excluded.counter, note = excluded.note,
      received_at = excluded.received_at`;
}

async function insert(tx: Tx, alarm: Alarm): Promise<void> {
  const rows = await tx<{ n: number }[]>`SELECT count(*) AS n FROM alarm WHERE cell = ${alarm.cell}`;
  if ((rows[0]?.n ?? 0) < mostAlarms) await tx`INSERT INTO alarm ${tx({ ...alarm })} ON CONFLICT DO NOTHING`;
}
