/** Values a second that the OPC UA driver reads and checks, against a bare client that reads the same nodes of the same station. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AttributeIds, type ClientSession, type NodeId } from "node-opcua";
import { clientUriOf } from "../src/drivers/opcua/config.ts";
import { connect } from "../src/drivers/opcua/io/connect.ts";
import { openLink } from "../src/drivers/opcua/io/link.ts";
import { newUnitMemory } from "../src/drivers/opcua/io/packml.ts";
import type { AttemptId } from "../src/kernel/names.ts";
import {
  accept,
  configOf,
  introduce,
  origin,
  partTag,
  startOpcuaBench,
  stationId,
  stationProgram,
} from "../test/drivers/opcua-machine.ts";
import { openDesk, startBench } from "../test/simulators/station/bench.ts";
import type { Row } from "./row.ts";

const rounds = 7;
const measureMs = 400;
/** Values of one look: job orders, item state and operation mode, the last two by number and by node. */
const nodes = [
  "machinery:MachineryBuildingBlocks/jobs:JobManagement/jobs:JobOrderControl/isa95:JobOrderList",
  "machinery:MachineryItemState/CurrentState/Number",
  "machinery:MachineryItemState/CurrentState/Id",
  "machinery:MachineryOperationMode/CurrentState/Number",
  "machinery:MachineryOperationMode/CurrentState/Id",
];

/** Measures both in turns; then how long a start takes with its program read back. */
export async function run(): Promise<Row[]> {
  const station = await startBench();
  const keysDir = join(station.folder, "keys");
  mkdirSync(keysDir, { mode: 0o700 });
  await introduce(station, keysDir);
  accept(station, keysDir);
  const desk = await openDesk(station);
  const found: NodeId[] = [];
  for (const path of nodes) {
    const node = await desk.node(path).catch(() => null);
    if (node !== null) found.push(node);
  }
  const config = {
    ...{
      machine: configOf(station),
      equipment: stationId,
      pki: join(keysDir, "opcua"),
      clientUri: clientUriOf(origin),
    },
  };
  const connection = await connect(config, () => undefined);
  if (!connection.ok) throw new Error(connection.error.what);
  const silent = { reading: () => undefined, alarm: () => undefined, hint: () => undefined };
  const link = await openLink(connection.value, config, newUnitMemory([]), silent);
  if (!link.ok) throw new Error(link.error.what);
  const look = async (): Promise<void> => {
    const reply = await link.value.request({ kind: "look" });
    if (reply.kind !== "looked") throw new Error(JSON.stringify(reply));
  };
  // In turns, so that whatever else the computer does falls on both.
  const [bare, own]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    bare.push(await perSecond(found.length, () => readBare(desk.session, found)));
    own.push(await perSecond(found.length, look));
  }
  const [baseline, value] = [median(bare), median(own)];
  await desk.close();
  await link.value.close(true);
  await station.stop();
  return [
    { name: "values read and checked", value, unit: "values/s", baseline, ratio: value / baseline },
    { name: "start, program written and read back", value: await startMs(), unit: "ms" },
  ];
}

async function readBare(session: ClientSession, found: readonly NodeId[]): Promise<void> {
  await session.read(found.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })));
}

async function perSecond(values: number, work: () => Promise<void>): Promise<number> {
  for (let n = 0; n < 5; n++) await work();
  let count = 0;
  const began = performance.now();
  while (performance.now() - began < measureMs) {
    await work();
    count += values;
  }
  return (count / (performance.now() - began)) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** From `begin` to its answer through the whole driver and its child process. */
async function startMs(): Promise<number> {
  const bench = await startOpcuaBench();
  await bench.station.control("POST /part", { tag: partTag });
  const program = bench.store(stationProgram("press-sleeves"));
  const began = performance.now();
  const answer = await bench.begin("bench" as AttemptId, program);
  const took = performance.now() - began;
  if (answer.kind !== "done") throw new Error(JSON.stringify(answer));
  await bench.dispose();
  return took;
}
