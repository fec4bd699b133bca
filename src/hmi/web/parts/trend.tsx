/** The course of one value over a build: from lowest to highest as a band, the mean as a line, what was not heard as a hatched bar. */
import type { Trend } from "../../api-layers.ts";
import { figure } from "../words.ts";

interface TrendProps {
  readonly trend: Trend;
  /** What the value should have been, where the machines tell it. */
  readonly setPoint: Trend | undefined;
  readonly bins: number;
  readonly layersPerBin: number;
  /** The layer that is looked at. */
  readonly layer: number;
}

const width = 1_168;
const height = 330;
/** Room above and below what was measured. */
const margin = 0.08;

/** The chart with its scale; what it shows is said in words for those who do not see it. */
export function TrendChart({ trend, setPoint, bins, layersPerBin, layer }: TrendProps) {
  const [low, high] = scaleOf([...trend.min, ...trend.max, ...(setPoint?.mean ?? [])]);
  const step = width / bins;
  const y = (value: number) => height - ((value - low) / (high - low)) * height;
  const here = Math.floor((layer - 1) / layersPerBin);
  return (
    <figure class="trend">
      <div class="scale" aria-hidden="true">
        <span>
          {figure(high)} {trend.unit}
        </span>
        <span>
          {figure(low)} {trend.unit}
        </span>
      </div>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={wordsOf(trend)}>
        <defs>
          <pattern id="unheard" width="10" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="stripe" width="4" height="10" />
          </pattern>
        </defs>
        {trend.min.map((from, bin) => {
          const to = trend.max[bin] ?? null;
          if (from === null || to === null) return null;
          const tall = Math.max(2, y(from) - y(to));
          return <rect class="range" key={bin} x={bin * step} y={y(to)} width={step} height={tall} />;
        })}
        {trend.gaps.map((bin) => (
          <rect class="gap" key={bin} x={bin * step} y={0} width={step} height={height} />
        ))}
        {setPoint ? <path class="set-point" d={lineOf(setPoint.mean, step, y)} /> : null}
        <path class="mean" d={lineOf(trend.mean, step, y)} />
        <rect class="here" x={here * step} y={height - 8} width={Math.max(3, step)} height={8} />
      </svg>
    </figure>
  );
}

/** The lowest and the highest end of the scale; a value that never changes stands in the middle. */
function scaleOf(values: readonly (number | null)[]): readonly [low: number, high: number] {
  const heard = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...heard), Math.max(...heard)];
  if (heard.length === 0) return [0, 1];
  const room = Math.max((most - least) * margin, Math.abs(most) * 0.001, 0.01);
  return [least - room, most + room];
}

/** A step a bin, broken where nothing was heard. */
function lineOf(values: readonly (number | null)[], step: number, y: (value: number) => number): string {
  let isOn = false;
  return values
    .map((value, bin) => {
      if (value === null) {
        isOn = false;
        return "";
      }
      const part = `${isOn ? "L" : "M"}${bin * step} ${y(value)}H${(bin + 1) * step}`;
      isOn = true;
      return part;
    })
    .join("");
}

function wordsOf({ min, max, unit, gaps }: Trend): string {
  const heard = [...min, ...max].filter((value) => value !== null);
  if (heard.length === 0) return "Not heard in any layer";
  const silent = gaps.length === 0 ? "heard throughout" : `not heard for a while in ${gaps.length} places`;
  return `From ${figure(Math.min(...heard))} to ${figure(Math.max(...heard))} ${unit}, ${silent}`;
}
