/** What every machine driver promises, as one suite; run by each driver and by the fake. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Machine } from "../../src/drivers/machine.ts";
import type { Answer, Directive } from "../../src/equipment/machine.ts";
import type { AttemptId, Digest } from "../../src/kernel/names.ts";
import type { Listener } from "./listener.ts";

/** A machine on its bench, online, with nothing begun. */
export interface ConformanceBench {
  readonly machine: Machine;
  readonly listener: Listener;
  /** Programs the machine can make, of that many layers. */
  readonly program: Digest;
  readonly layers: number;
  /** The machine is gone as the world would have it: power, cable, network. */
  lose(): Promise<void>;
  dispose(): Promise<void>;
}

/** A machine that does a task as a whole: there are no layers to release. */
export interface TaskBench extends Omit<ConformanceBench, "layers"> {
  /** A program that takes long enough to be held and aborted. */
  readonly longProgram: Digest;
  /** Tag of the part that lies in the machine. */
  readonly part: string;
  /** What the machine itself, not its driver, says of an attempt: at work, held, over, or never heard of. */
  shows(attempt: AttemptId): Promise<"at-work" | "held" | "over" | "nothing">;
  /** What a person does at the machine after an attempt was aborted. */
  settle(): Promise<void>;
}

const unheardOf = "0".repeat(64) as Digest;
let count = 0;
const fresh = (): AttemptId => `attempt-${++count}` as AttemptId;

/** Talks to the machine of a bench that is made before the first test and taken apart after the last. */
interface Desk<Bench> {
  bench(): Bench;
  begin(attempt: AttemptId, releasedLayer: number, program?: Digest): Promise<Answer>;
  tell(kind: "hold" | "abort", attempt: AttemptId): Promise<Answer>;
  proceed(attempt: AttemptId, releasedLayer: number): Promise<Answer>;
}

function deskOf<Bench extends Pick<ConformanceBench, "machine" | "program" | "dispose"> & { part?: string }>(
  start: () => Promise<Bench>,
): Desk<Bench> {
  let bench: Bench;
  beforeAll(async () => {
    bench = await start();
  });
  afterAll(() => bench.dispose());
  return {
    bench: () => bench,
    begin: (attempt, releasedLayer, program = bench.program) =>
      bench.machine.perform({
        ...{ kind: "begin", attempt, program, releasedLayer },
        ...(bench.part !== undefined && { part: bench.part }),
      }),
    tell: (kind, attempt) => bench.machine.perform({ kind, attempt }),
    proceed: (attempt, releasedLayer) => bench.machine.perform({ kind: "proceed", attempt, releasedLayer }),
  };
}

/** Runs the suite for a machine that builds in layers; `start` makes a bench of at least three layers. */
export function machineConformance(name: string, start: () => Promise<ConformanceBench>): void {
  describe(`machine conformance: ${name}`, () => {
    const desk = deskOf(start);
    const { begin, tell, proceed } = desk;
    const layersOf = (attempt: AttemptId) =>
      desk.bench().listener.heard.flatMap((o) => (o.kind === "layer-done" && o.attempt === attempt ? [o.layer] : []));

    strangersAreRefused(desk);

    test("[F31][F33] abort of an attempt that only an earlier driver knew leaves the idle machine safe, and says so", async () => {
      const earlier = fresh();
      expect([await tell("abort", earlier), await tell("abort", earlier)]).toEqual(Array(2).fill({ kind: "done" }));
      expect((await proceed(earlier, 2)).kind).toBe("refused");
      await begin(earlier, 1);
      expect(layersOf(earlier)).toEqual([]);
    });

    test("[F28][L3] released layers are made once each, in order, and no other; then it finishes", async () => {
      const { listener, layers, program } = desk.bench();
      const attempt = fresh();
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect((await begin(fresh(), 1)).kind).toBe("refused");
      for (let layer = 1; layer <= layers; layer++) {
        await listener.layer(attempt, layer);
        expect(await proceed(attempt, layer - 1)).toEqual({ kind: "done" });
        expect(layersOf(attempt)).toEqual(Array.from({ length: layer }, (_, i) => i + 1));
        expect(await proceed(attempt, layer + 1)).toEqual({ kind: "done" });
        expect(await proceed(attempt, layer + 1).then((a) => a.kind)).toMatch(/done|refused/);
      }
      const finished = await listener.next("finished", (o) => o.attempt === attempt);
      expect(finished.executed.program).toBe(program);
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect(layersOf(attempt)).toHaveLength(layers);
      expect((await proceed(attempt, 1)).kind).toBe("refused");
    });

    test("a held attempt begins no layer until it is told to proceed", async () => {
      const { listener } = desk.bench();
      const attempt = fresh();
      await begin(attempt, 1);
      await listener.layer(attempt, 1);
      expect(await tell("hold", attempt)).toMatchObject({ kind: "done" });
      expect(await proceed(attempt, 0)).toEqual({ kind: "done" });
      expect(layersOf(attempt)).toEqual([1]);
      expect(await proceed(attempt, 2)).toEqual({ kind: "done" });
      await listener.layer(attempt, 2);
      await tell("abort", attempt);
    });

    test("[F31] abort ends an attempt for good and can be repeated; the next attempt is a new one", async () => {
      const { listener, layers } = desk.bench();
      const attempt = fresh();
      await begin(attempt, layers);
      const [first, second] = await Promise.all([tell("abort", attempt), tell("abort", attempt)]);
      expect([first, second, await tell("abort", attempt)]).toEqual(Array(3).fill({ kind: "done" }));
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect((await proceed(attempt, 2)).kind).toBe("refused");
      const next = fresh();
      expect(await begin(next, 1)).toEqual({ kind: "done" });
      await listener.layer(next, 1);
      expect(layersOf(attempt).length).toBeLessThan(layers);
      await tell("abort", next);
    });

    manyAtOnce(desk);
    lossIsNoticed(desk, desk.bench);
    closeIsSilent(desk);
  });
}

/** Runs the suite for a machine that does a task as a whole. */
export function taskConformance(name: string, start: () => Promise<TaskBench>): void {
  describe(`machine conformance: ${name}`, () => {
    const desk = deskOf(start);
    const { begin, tell, proceed } = desk;
    const ends = (attempt: AttemptId) =>
      desk
        .bench()
        .listener.heard.filter((o) => (o.kind === "finished" || o.kind === "failed") && o.attempt === attempt);

    strangersAreRefused(desk);

    test("[F31][F33] abort of an attempt that only an earlier driver knew leaves the idle machine safe, and says so", async () => {
      const earlier = fresh();
      expect([await tell("abort", earlier), await tell("abort", earlier)]).toEqual(Array(2).fill({ kind: "done" }));
      expect((await proceed(earlier, 1)).kind).toBe("refused");
      await begin(earlier, 1);
      expect(await desk.bench().shows(earlier)).toBe("nothing");
    });

    test("[F28][L4] a task is done once, however often it is begun, and its end is told once", async () => {
      const { listener, program } = desk.bench();
      const attempt = fresh();
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect((await begin(fresh(), 1)).kind).toBe("refused");
      const finished = await listener.next("finished", (o) => o.attempt === attempt);
      expect(finished.executed.program).toBe(program);
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect((await proceed(attempt, 1)).kind).toBe("refused");
      const next = fresh();
      expect(await begin(next, 1)).toEqual({ kind: "done" });
      await listener.next("finished", (o) => o.attempt === next);
      expect([ends(attempt).length, ends(next).length]).toEqual([1, 1]);
    });

    test("a held attempt stands still until it is told to proceed", async () => {
      const { shows, settle, longProgram } = desk.bench();
      const attempt = fresh();
      expect(await begin(attempt, 1, longProgram)).toEqual({ kind: "done" });
      expect([await tell("hold", attempt), await tell("hold", attempt)]).toMatchObject(Array(2).fill({ kind: "done" }));
      expect(await shows(attempt)).toBe("held");
      expect([await proceed(attempt, 1), await proceed(attempt, 1)]).toEqual(Array(2).fill({ kind: "done" }));
      expect(await shows(attempt)).toBe("at-work");
      await tell("abort", attempt);
      await settle();
    });

    test("[F31] abort ends an attempt for good and can be repeated; the next attempt is a new one", async () => {
      const { shows, settle, longProgram, listener } = desk.bench();
      const attempt = fresh();
      await begin(attempt, 1, longProgram);
      const [first, second] = await Promise.all([tell("abort", attempt), tell("abort", attempt)]);
      expect([first, second, await tell("abort", attempt)]).toEqual(Array(3).fill({ kind: "done" }));
      expect(await shows(attempt)).toBe("nothing");
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect((await proceed(attempt, 1)).kind).toBe("refused");
      expect(await shows(attempt)).toBe("nothing");
      await settle();
      const next = fresh();
      expect(await begin(next, 1)).toEqual({ kind: "done" });
      await listener.next("finished", (o) => o.attempt === next);
      expect(ends(attempt)).toEqual([]);
    });

    manyAtOnce(desk, () => desk.bench().settle());
    lossIsNoticed(desk, () => ({ ...desk.bench(), program: desk.bench().longProgram }));
    closeIsSilent(desk);
  });
}

type AnyBench = Pick<ConformanceBench, "machine" | "listener" | "program" | "lose" | "dispose">;

function strangersAreRefused({ begin, tell, proceed }: Desk<AnyBench>): void {
  test("[F28] an attempt that nobody began is refused, and an unknown program is not begun", async () => {
    const nobody = fresh();
    for (const answer of [await tell("hold", nobody), await proceed(nobody, 2)]) expect(answer.kind).toBe("refused");
    expect((await begin(nobody, 1, unheardOf)).kind).toBe("refused");
  });
}

function manyAtOnce({ bench, tell }: Desk<AnyBench & { part?: string }>, settle = async () => {}): void {
  test("many directives at once are each answered once", async () => {
    const { machine, program, part } = bench();
    const attempt = fresh();
    const all: Directive[] = [
      { kind: "begin", attempt, program, releasedLayer: 1, ...(part !== undefined && { part }) },
      { kind: "hold", attempt },
      { kind: "proceed", attempt, releasedLayer: 1 },
      { kind: "abort", attempt },
      { kind: "abort", attempt: fresh() },
    ];
    const answers = await Promise.all(all.map((directive) => machine.perform(directive)));
    expect(answers.every((answer) => ["done", "refused", "unknown"].includes(answer.kind))).toBe(true);
    expect((await tell("abort", attempt)).kind).not.toBe("unknown");
    await settle();
  });
}

function lossIsNoticed({ begin, tell, proceed }: Desk<AnyBench>, bench: () => AnyBench): void {
  test("[F31] a lost machine is noticed, its attempt ends, and every directive is still answered", async () => {
    const { listener, lose, program } = bench();
    const attempt = fresh();
    await begin(attempt, 1, program);
    listener.forget();
    await lose();
    await listener.next("offline");
    const failed = await listener.next("failed", (o) => o.attempt === attempt);
    expect(failed.heaters).toBe("unknown");
    expect((await begin(fresh(), 1)).kind).toBe("refused");
    expect((await proceed(attempt, 2)).kind).toBe("refused");
    expect(["unknown", "done"]).toContain((await tell("abort", attempt)).kind);
  });
}

function closeIsSilent({ bench, begin }: Desk<AnyBench>): void {
  test("after close there is silence, and directives are refused", async () => {
    const { machine, listener } = bench();
    await machine.close();
    listener.forget();
    expect((await begin(fresh(), 1)).kind).toBe("refused");
    await machine.close();
    expect(listener.heard).toEqual([]);
  });
}
