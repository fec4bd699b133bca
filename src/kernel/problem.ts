/** What is known of something that was thrown: the system's code, and nothing that it may quote. */

/** The system's error code of something caught (`ENOENT`), or an empty text. */
export function errorCode(problem: unknown): string {
  return problem instanceof Error && "code" in problem && typeof problem.code === "string" ? problem.code : "";
}
