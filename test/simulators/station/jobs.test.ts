/** The station over real OPC UA: each kind of job from program to results. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, type Desk, exampleProgram, openDesk, startBench } from "./bench.ts";
import { command, digestOfBytes, responseOf, sendProgram, stateOf, store, until } from "./jobs-desk.ts";

let bench: Bench;
let desk: Desk;

beforeAll(async () => {
  bench = await startBench(["--speed", "200", "--heartbeat-ms", "60000"]);
  desk = await openDesk(bench);
  for (const name of ["clean-dry", "press-sleeves", "measure"])
    await sendProgram(desk, `${name}.json`, exampleProgram(name));
});
afterAll(async () => {
  await desk.close();
  expect(await bench.stop()).toBe(0);
});

test("each kind of job goes from store to ended, and answers with its results", async () => {
  await bench.control("POST /part", { tag: "P-1" });
  const results: Record<string, Record<string, unknown>> = {};
  for (const operation of ["clean-dry", "press-sleeves", "measure"]) {
    const id = `J-1-${operation}`;
    expect(await store(desk, { id, operation, tag: "P-1" })).toBe(1);
    expect(await stateOf(desk, id)).toEqual([1, 2]);
    expect(await command(desk, "Start", id)).toBe(1);
    await until(desk, id, 5);
    const response = await responseOf(desk, id);
    expect(response).toMatchObject({ status: 1, state: [5, 1], why: null });
    results[operation] = response.data;
    expect(response.data).toMatchObject({ ProgramDigest: digestOfBytes(exampleProgram(operation)), JobResult: 1 });
  }
  for (const id of ["wash-temperature-min", "dry-temperature-max", "dry-duration"]) {
    expect(results["clean-dry"]).toHaveProperty(id, expect.any(Number));
  }
  for (const sleeve of ["sleeve-1", "sleeve-2"]) {
    expect(results["press-sleeves"]).toHaveProperty(`${sleeve}-peak-force`, expect.any(Number));
    expect(results["press-sleeves"]).toHaveProperty(`${sleeve}-depth`, expect.any(Number));
    expect((results["press-sleeves"]![`${sleeve}-curve`] as Float64Array).length).toBeGreaterThan(100);
  }
  for (const id of ["sleeve-1-bore", "sleeve-2-bore", "sleeve-distance", "guide-height"]) {
    expect(results["measure"]).toHaveProperty(id, expect.any(Number));
  }
});
