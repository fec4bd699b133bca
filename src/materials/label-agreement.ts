/** Whether the label on the device is the one that was printed for it: what was scanned back against what was issued. */
import { assert } from "../kernel/assert.ts";
import { err, type Result } from "../kernel/result.ts";
import { type Gs1, parseGs1 } from "./gs1.ts";
import { elements, nameOf } from "./gs1-element.ts";

/**
 * What the scanned code says if it agrees with `issued`, the element string in the record, in every element. Error: a
 * sentence that names each element that differs, with both values, or says why nothing could be read.
 */
export function labelAgrees(issued: string, scanned: string): Result<Gs1, string> {
  const printed = parseGs1(issued);
  assert(printed.ok, "a label is issued with an element string that can be read");
  const read = parseGs1(scanned);
  if (!read.ok) return err(`The scanned code is not this label's. ${read.error}`);
  const differences = elements.flatMap((element) => {
    const [right, found] = [printed.value[element.field], read.value[element.field]];
    return right === found ? [] : [`${nameOf(element)} is ${quote(found)}, printed was ${quote(right)}`];
  });
  return differences.length === 0 ? read : err(`This is another label: ${differences.join("; ")}.`);
}

function quote(value: string | null): string {
  return value === null ? "absent" : `"${value}"`;
}
