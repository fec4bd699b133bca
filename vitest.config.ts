/** Test runner: everything under test/, two workers at most because CI has two cores. */
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSequencer, type TestSpecification, type Vitest } from "vitest/node";
import { seedOf } from "./test/chosen-seed.ts";

/** Files that play the whole product take minutes: they begin first, so that nothing has to wait for the last of them. */
class DemoFirst implements TestSequencer {
  readonly #usual: BaseSequencer;
  constructor(runner: Vitest) {
    this.#usual = new BaseSequencer(runner);
  }
  shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    return this.#usual.shard(files);
  }
  async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rest = await this.#usual.sort(files);
    const plays = ({ moduleId }: TestSpecification) => moduleId.includes("/test/demo/");
    return [...rest.filter(plays), ...rest.filter((file) => !plays(file))];
  }
}

// One seed for every file of this run; whoever asked for chance is told which it was.
const seed = seedOf(process.env["CELLWARD_TEST_SEED"]);
if (seed !== seedOf(undefined)) console.log(`To repeat these cases: CELLWARD_TEST_SEED=${seed} npm test`);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/seed.ts"],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { sequencer: DemoFirst },
    // Hundreds of programs are started from source: each takes the stripped and compiled files of the one before.
    env: {
      NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/node"),
      CELLWARD_TEST_SEED: String(seed),
    },
  },
});
