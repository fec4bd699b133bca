/** What was measured in a layer, beside its limits, and by what it was judged. */
import type { LayerView } from "../../api.ts";
import { measure, plain, short } from "../words.ts";

interface SeenProps {
  readonly view: LayerView | null;
  /** How many findings there is room for. */
  readonly rows: number;
}

/** Findings, or else the reasons in words; below them the digests in short. */
export function Seen({ view, rows }: SeenProps) {
  if (!view) return null;
  return (
    <>
      {view.findings.length > 0 ? (
        <table class="findings">
          <thead>
            <tr>
              <th scope="col">Found</th>
              <th scope="col">Measured</th>
              <th scope="col">Limit</th>
              <th scope="col">Score</th>
            </tr>
          </thead>
          <tbody>
            {view.findings.slice(0, rows).map((each) => (
              <tr key={`${each.class}/${each.box.x_mm}/${each.box.y_mm}`}>
                <td>
                  {plain(each.class)}
                  {each.parts && each.parts.length < view.parts.length ? `, part ${each.parts.join(", ")}` : ""}
                </td>
                <td>{measure(each.measured, each.unit)}</td>
                <td>{measure(each.limit, each.unit)}</td>
                <td>{each.score === null ? "—" : each.score.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        view.reasons.map((reason) => <p key={reason}>{reason}</p>)
      )}
      {view.findings.length > rows ? <p>{view.findings.length - rows} more in the record.</p> : null}
      <p class="quiet">
        {partsTold(view)}
        Picture {view.grade ?? "not judged"}, take {view.take} · model{" "}
        {view.digests?.model ? short(view.digests.model) : "gave no answer"} · limits{" "}
        {view.digests ? short(view.digests.limits) : "—"}
        {view.uncertainty_mm === null ? "" : ` · places ± ${view.uncertainty_mm.toFixed(2)} mm`} · picture{" "}
        {short(view.frame)}
      </p>
    </>
  );
}

/** "Parts: 1, 3 passed; 2 failed. "; nothing where parts are not told apart. */
function partsTold({ parts }: LayerView): string {
  const words = { fail: "failed", blind: "not seen", pass: "passed", "not-made": "not in this layer" } as const;
  const told = (["fail", "blind", "pass", "not-made"] as const).flatMap((verdict) => {
    const those = parts.filter((each) => each.verdict === verdict).map(({ part }) => part);
    return those.length === 0 ? [] : [`${those.join(", ")} ${words[verdict]}`];
  });
  return told.length === 0 ? "" : `Parts: ${told.join("; ")}. `;
}
