/** One transaction on PostgreSQL, done again where the database asks for it: so it runs on a cluster as on one machine. */
import { setTimeout as pause } from "node:timers/promises";
import type postgres from "postgres";

export type Sql = postgres.Sql<{ bigint: number }>;
export type Tx = postgres.TransactionSql<{ bigint: number }>;

/** Runs and puts the database's own errors into the port's. */
export type Answer = <T>(act: () => Promise<T>) => Promise<T>;

/** So often a transaction is tried before the caller is told. */
const mostTries = 12;
const longestPauseMs = 1_000;
/** Serialisation failure and deadlock: the transaction did nothing, and may be done again as it is. */
const transient: ReadonlySet<string> = new Set(["40001", "40P01"]);

/** The database's code of a problem; empty where it is none of the database's. */
export function codeOf(problem: unknown): string {
  return problem instanceof Error && "code" in problem ? String(problem.code) : "";
}

/**
 * Runs `work` in one transaction. Read committed is asked for whatever the server's default is: a statement that has
 * waited for a log's row lock must see what its holder has committed. `work` may run several times.
 */
export async function transact<T>(sql: Sql, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return (await sql.begin("ISOLATION LEVEL READ COMMITTED", work)) as T;
    } catch (problem) {
      if (!transient.has(codeOf(problem)) || tries >= mostTries) throw problem;
      // Full jitter: those that were in each other's way come back apart.
      await pause(Math.random() * Math.min(longestPauseMs, 5 * 2 ** tries));
    }
  }
}
