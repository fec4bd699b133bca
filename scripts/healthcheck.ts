/** Asks the cell on this computer whether it is alive: exit code 0 if so, 1 with a sentence if not. */

const address = process.argv[2] ?? "http://127.0.0.1:8440/healthz";

try {
  const answer = await fetch(address, { signal: AbortSignal.timeout(3000), redirect: "error" });
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
} catch (problem) {
  console.error(`${address} is not healthy: ${problem instanceof Error ? problem.message : String(problem)}`);
  process.exitCode = 1;
}
