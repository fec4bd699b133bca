/** A value at which another has rested a moment: a slider that is drawn over thousands of layers asks for one picture, not for all. */
import { useEffect, useState } from "preact/hooks";

const restMs = 120;

/** The last value that stood for a moment. */
export function useRested(value: number): number {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
