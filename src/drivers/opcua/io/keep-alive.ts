/** Counts up at the machine, as its sign that this cell lives. */
import { AttributeIds, type ClientSession, DataType, type NodeId, Variant } from "node-opcua";
import type { Fault } from "../../../equipment/machine.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import { faults } from "../faults.ts";
import { type CountedType, isCounted, nextCount, valueOfCount } from "../sign-of-life.ts";
import { within, wordsOf } from "./deadline.ts";

/** A sign of life that is being given. */
export interface SignOfLife {
  /** Why the machine did not take it the last few times, or null. */
  refused(): string | null;
  stop(): void;
}

/** Where and how often it is given. */
export interface LifeTimes {
  readonly everyMs: number;
  readonly callMs: number;
}

/** A machine that wants none. */
export const noSignOfLife: SignOfLife = { refused: () => null, stop: () => undefined };

/**
 * Gives the first sign of life, and goes on for as long as `mayGive` says; a variable that cannot be counted in is a fault. A cell
 * does not vouch for a machine that somebody else has: without it the machine makes itself safe.
 */
export async function keepAlive(
  session: ClientSession,
  nodeId: NodeId,
  { everyMs, callMs }: LifeTimes,
  mayGive: () => boolean,
): Promise<Result<SignOfLife, Fault>> {
  const type = await typeOf(session, nodeId, callMs);
  if (!isCounted(type)) return err(faults.signOfLifeNotTaken(`its variable is of the type ${type}`));
  let count = 0;
  let refused: string | null = null;
  let unanswered = 0;
  const give = async (): Promise<void> => {
    if (!mayGive()) return;
    count = nextCount(type, count);
    const status = await within(callMs, session.write({ ...target(nodeId), value: { value: variant(type, count) } }));
    refused = status.isGood() ? null : status.name;
    unanswered = 0;
  };
  await give();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    give()
      // The rest of a server may answer where this variable, which lives in the machine's own program, does not.
      .catch((problem: unknown) => {
        if (++unanswered >= mostUnanswered) refused = wordsOf(problem);
      })
      .finally(() => {
        busy = false;
      });
  }, everyMs);
  return ok({
    refused: () => refused,
    stop: () => clearInterval(timer),
  });
}

/** So many in a row without an answer are no sign of life any more. */
const mostUnanswered = 3;

const target = (nodeId: NodeId) => ({ nodeId, attributeId: AttributeIds.Value });

/** The type of the value that stands there; where none stands there yet, the one that the variable is declared with. */
async function typeOf(session: ClientSession, nodeId: NodeId, ms: number): Promise<string> {
  const [value, declared] = await within(
    ms,
    session.read([target(nodeId), { nodeId, attributeId: AttributeIds.DataType }]),
  );
  const stands = value?.value.dataType ?? DataType.Null;
  if (stands !== DataType.Null) return DataType[stands];
  const type = declared?.value.value as NodeId | null | undefined;
  return (type?.namespace === 0 ? DataType[Number(type.value)] : undefined) ?? String(type);
}

function variant(type: CountedType, count: number): Variant {
  return new Variant({ dataType: DataType[type], value: valueOfCount(type, count) });
}
