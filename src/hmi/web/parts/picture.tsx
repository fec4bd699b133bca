/** A layer's picture with what was expected and what was found drawn over it, and layer and time written into it. */
import { useEffect, useState } from "preact/hooks";
import type { LayerView, Point, Problem, ViewOfLayer } from "../../api.ts";
import { get } from "../client.ts";
import { stamp } from "../words.ts";
import { Button } from "./button.tsx";

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
  /** The camera that took it, where several looked. */
  readonly seen: ViewOfLayer | null;
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
  // Which camera's picture is looked at, once somebody has chosen; until then the one that has something to say.
  const [camera, setCamera] = useState<string | null>(null);
  const url = `/api/attempts/${attempt}/layers/${layer}`;
  useEffect(() => {
    let current = true;
    void get<LayerView>(`${url}/report`).then((asked) => {
      if (!current) return;
      onView(asked.ok ? asked.value : null);
      if (!asked.ok) return setMissing({ layer, problem: asked.problem });
      const view = asked.value;
      const seen = chosen(view, camera);
      const source = `${url}/picture?frame=${(seen ?? view).frame}`;
      const image = new Image();
      image.onload = () => {
        if (!current) return;
        setMissing(null);
        setLoaded({ view, seen, source, width: image.naturalWidth, height: image.naturalHeight });
      };
      image.onerror = () => current && setMissing({ layer, problem: noPicture });
      image.src = source;
    });
    return () => {
      current = false;
    };
  }, [url, version, camera]);
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
  const { view: shown, seen, source, ...size } = loaded;
  const { expected, outlines } = seen ?? shown;
  const by = seen === null ? "" : ` · camera ${seen.camera}`;
  const caption = `Layer ${shown.layer} of ${planned}${by} · ${stamp(shown.receivedAt)}${simulated ? " · SIMULATED" : ""}`;
  const scale = size.width / 640;
  const drawn = (
    <svg
      class="picture"
      viewBox={`0 0 ${size.width} ${size.height}`}
      role="img"
      aria-label={`${caption}. ${told(shown)}`}
    >
      <image href={source} width={size.width} height={size.height} />
      {expected.map((outline) => (
        <path key={path(outline)} d={path(outline)} class="expected" stroke-width={2 * scale} />
      ))}
      {outlines.map((outline) => (
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
  if (shown.views.length === 0) return drawn;
  return (
    <div class="pictured">
      {drawn}
      <div class="deeds cameras">
        {shown.views.map((each) => (
          <Button
            key={each.camera}
            label={each.verdict === "pass" || each.verdict === null ? each.camera : `⚠ ${each.camera}`}
            on={each.camera === seen?.camera}
            onPress={() => setCamera(each.camera)}
          />
        ))}
      </div>
    </div>
  );
}

/** The camera that somebody chose, else the first that did not pass, else the first. */
function chosen({ views }: LayerView, camera: string | null): ViewOfLayer | null {
  const bad = views.find(({ verdict }) => verdict !== null && verdict !== "pass");
  return views.find((each) => each.camera === camera) ?? bad ?? views[0] ?? null;
}

function told(view: LayerView): string {
  const count = view.findings.length;
  return count === 0 ? `Verdict: ${view.verdict ?? "not yet"}.` : `${count} found, outlined.`;
}
