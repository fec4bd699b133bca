/** Assertions that stay on in production: a controller that is wrong about its own state must stop. */

/** Thrown when the program finds itself in a state that its author held to be impossible. */
export class AssertionFailed extends Error {
  override name = "AssertionFailed";
}

/** Stops the process (by an exception nobody catches) unless `condition` holds; `why` says what was expected. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new AssertionFailed(why);
}

/** Marks a branch the types exclude; `value` is shown if data from outside reaches it all the same. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable: ${JSON.stringify(value)}`);
}
