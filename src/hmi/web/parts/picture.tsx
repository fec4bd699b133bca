/** A layer's picture with what was expected and what was found drawn over it, and layer and time written into it. */
import { useEffect, useState } from "preact/hooks";
import type { LayerView, Point, Problem } from "../../api.ts";
import { get } from "../client.ts";
import { stamp } from "../words.ts";

interface PictureProps {
  readonly attempt: string;
  readonly layer: number;
  readonly planned: number;
  /** Anything that changes when the layer may have been seen anew. */
  readonly version: string;
  readonly simulated: boolean;
  readonly onView: (view: LayerView | null) => void;
}

const path = (outline: readonly Point[]) => `M${outline.map(([x, y]) => `${x} ${y}`).join("L")}Z`;

/** A picture that has arrived, with the report it belongs to. */
interface Loaded {
  readonly view: LayerView;
  readonly source: string;
  readonly width: number;
  readonly height: number;
}

/** Why there is nothing to show, in the server's words. */
interface Missing {
  readonly layer: number;
  readonly problem: Problem;
}

const noPicture: Problem = {
  code: "no-picture",
  what: "Its picture is not in the cell, or cannot be read.",
  remedy: "The record says by its digest what it was.",
};

/** The frame; what it shows names its own layer and time, and without a picture it says so. */
export function Picture({ attempt, layer, planned, version, simulated, onView }: PictureProps) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [missing, setMissing] = useState<Missing | null>(null);
  const url = `/api/attempts/${attempt}/layers/${layer}`;
  useEffect(() => {
    let current = true;
    void get<LayerView>(`${url}/report`).then((asked) => {
      if (!current) return;
      onView(asked.ok ? asked.value : null);
      if (!asked.ok) return setMissing({ layer, problem: asked.problem });
      const view = asked.value;
      const source = `${url}/picture?frame=${view.frame}`;
      const image = new Image();
      image.onload = () => {
        if (!current) return;
        setMissing(null);
        setLoaded({ view, source, width: image.naturalWidth, height: image.naturalHeight });
      };
      image.onerror = () => current && setMissing({ layer, problem: noPicture });
      image.src = source;
    });
    return () => {
      current = false;
    };
  }, [url, version]);
  if (missing?.layer === layer) {
    return (
      <div class="picture none">
        <strong>No picture of layer {layer}</strong>
        <span>
          {missing.problem.what} {missing.problem.remedy}
        </span>
      </div>
    );
  }
  if (!loaded) {
    return (
      <div class="picture none">
        <strong>Fetching the picture of layer {layer}</strong>
      </div>
    );
  }
  const { view: shown, source, ...size } = loaded;
  const caption = `Layer ${shown.layer} of ${planned} · ${stamp(shown.receivedAt)}${simulated ? " · SIMULATED" : ""}`;
  const scale = size.width / 640;
  return (
    <svg
      class="picture"
      viewBox={`0 0 ${size.width} ${size.height}`}
      role="img"
      aria-label={`${caption}. ${told(shown)}`}
    >
      <image href={source} width={size.width} height={size.height} />
      {shown.expected.map((outline) => (
        <path key={path(outline)} d={path(outline)} class="expected" stroke-width={2 * scale} />
      ))}
      {shown.outlines.map((outline) => (
        <g key={path(outline)}>
          <path d={path(outline)} class="found under" stroke-width={6 * scale} />
          <path d={path(outline)} class="found" stroke-width={3 * scale} />
        </g>
      ))}
      <rect width={size.width} height={30 * scale} class="caption" />
      <text x={10 * scale} y={21 * scale} font-size={17 * scale} class="caption">
        {caption}
      </text>
    </svg>
  );
}

function told(view: LayerView): string {
  const count = view.findings.length;
  return count === 0 ? `Verdict: ${view.verdict ?? "not yet"}.` : `${count} found, outlined.`;
}
