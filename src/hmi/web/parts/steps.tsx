/** The route as a strip of steps: done, at work, next, later; each with its own shape and word. */
import type { StepView } from "../../api-route.ts";
import { stepWords } from "../words.ts";

const marks = { done: "✓", running: "▶", next: "●", waiting: "○" } as const;
/** So many steps stand side by side. */
const shown = 8;

/** The steps around the one that is next. */
export function Steps({ route }: { readonly route: readonly StepView[] }) {
  const at = route.findIndex(({ state }) => state === "next" || state === "running");
  const from = Math.max(0, Math.min((at < 0 ? route.length : at) - 2, route.length - shown));
  return (
    <ol class="steps" aria-label="Route">
      {route.slice(from, from + shown).map((step, index) => (
        <li key={step.id} class={`route-step ${step.state}`} data-step={step.id}>
          <span>
            <span aria-hidden="true">{marks[step.state]} </span>
            {from + index + 1} · {stepWords[step.state]}
          </span>
          <strong>{step.title}</strong>
          <span class="quiet">{step.equipment ?? "by hand"}</span>
        </li>
      ))}
    </ol>
  );
}
