/** Measured values beside their limits, each with its verdict as sign and word. */
import { useSignal } from "@preact/signals";
import type { ResultView } from "../../api-route.ts";
import { set } from "../set.ts";
import { limits } from "../words.ts";
import { Pager } from "./pager.tsx";

const verdicts = { pass: "✓ within", fail: "✕ outside", missing: "– missing" } as const;

interface ResultsProps {
  readonly results: readonly ResultView[];
  readonly perPage: number;
}

/** The table, those that are not as they should be first. */
export function Results({ results, perPage }: ResultsProps) {
  const page = useSignal(0);
  const sorted = [...results].sort((a, b) => Number(a.verdict === "pass") - Number(b.verdict === "pass"));
  const pages = Math.max(1, Math.ceil(sorted.length / perPage));
  const at = Math.min(page.value, pages - 1);
  return (
    <>
      <table class="findings results">
        <thead>
          <tr>
            <th scope="col">Characteristic</th>
            <th scope="col">Value</th>
            <th scope="col">Limits</th>
            <th scope="col">Measured by</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {sorted.slice(at * perPage, (at + 1) * perPage).map((each) => (
            <tr key={each.characteristic} class={each.verdict}>
              <td>{each.title}</td>
              <td>{each.value === null ? "—" : `${each.value} ${each.unit}`}</td>
              <td>{limits(each.lower, each.upper, each.unit)}</td>
              <td>{each.gauge ?? "—"}</td>
              <td class={each.verdict === "pass" ? "" : "abnormal-text"}>{verdicts[each.verdict]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pager page={at} pages={pages} onPage={(to) => set(page, to)} what="Results" />
    </>
  );
}
