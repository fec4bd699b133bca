/** Whether a process is still there. */

/** True while the process of that id runs, or waits to be collected. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
