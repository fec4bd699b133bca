/** A slider for gloves: as high as a key, with a thumb as broad; the arrow keys of a keyboard move it too. */
interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** What the value means, for those who do not see it. */
  readonly told: string;
  readonly onMove: (value: number) => void;
}

/** Never the only way: keys beside it do the same (R1). */
export function Slider({ label, value, min, max, told, onMove }: SliderProps) {
  return (
    <input
      class="slider"
      type="range"
      aria-label={label}
      aria-valuetext={told}
      min={min}
      max={max}
      step={1}
      value={value}
      disabled={max <= min}
      onInput={(event) => onMove(Number(event.currentTarget.value))}
    />
  );
}
