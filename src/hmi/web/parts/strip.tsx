/** The verdict strip: one cell a layer, each verdict with its own shape and colour. */
import type { AttemptView } from "../../api.ts";

const names = { p: "passed", t: "tolerated", c: "conceded", f: "failed", b: "not seen", o: "not made" } as const;
const size = 16;

type Mark = keyof typeof names;

/** Layers from left to right, row by row. */
export function Strip({ attempt }: { readonly attempt: AttemptView }) {
  const marks = Array.from({ length: attempt.planned }, (_, index) => (attempt.verdicts[index] ?? "o") as Mark);
  const perRow = Math.max(20, Math.ceil(marks.length / 3));
  const rows = Math.max(1, Math.ceil(marks.length / perRow));
  const count = (mark: Mark) => marks.filter((each) => each === mark).length;
  const told = (["p", "t", "c", "f", "b"] as const)
    .filter((mark) => count(mark) > 0)
    .map((mark) => `${count(mark)} ${names[mark]}`);
  return (
    <figure class="strip">
      <svg
        viewBox={`0 0 ${perRow * size} ${rows * size}`}
        preserveAspectRatio="xMinYMid"
        role="img"
        aria-label={`Layers: ${told.join(", ") || "none yet"}`}
      >
        {marks.map((mark, index) => (
          <Cell key={index} mark={mark} x={(index % perRow) * size} y={Math.floor(index / perRow) * size} />
        ))}
      </svg>
      <figcaption>
        {told.join(" · ") || "No layer decided yet"} · {attempt.planned} planned
      </figcaption>
    </figure>
  );
}

function Cell({ mark, x, y }: { readonly mark: Mark; readonly x: number; readonly y: number }) {
  const box = <rect x={x + 1.5} y={y + 1.5} width={size - 3} height={size - 3} class={`cell ${mark}`} />;
  const middle = `${x + 8} ${y + 4} L ${x + 13} ${y + 12} L ${x + 3} ${y + 12} Z`;
  return (
    <g>
      {box}
      {mark === "t" ? <path d={`M ${x + 3} ${y + 7} h 10 v 3 h -10 Z`} class="sign" /> : null}
      {mark === "c" ? <path d={`M ${middle}`} class="sign" /> : null}
      {mark === "f" ? <path d={`M ${x + 4} ${y + 4} l 8 8 m 0 -8 l -8 8`} class="sign line" /> : null}
      {mark === "b" ? <circle cx={x + 8} cy={y + 8} r={3.5} class="sign line" /> : null}
    </g>
  );
}
