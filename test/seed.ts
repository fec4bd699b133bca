/** Before every test file: properties take the same cases in every run, unless somebody asks for others. */
import fc from "fast-check";
import { seedOf } from "./chosen-seed.ts";

fc.configureGlobal({ seed: seedOf(process.env["CELLWARD_TEST_SEED"]) });
