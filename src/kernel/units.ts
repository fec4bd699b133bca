/** Branded units: a number that is a temperature cannot be taken for a length. */

declare const unit: unique symbol;
type Quantity<Unit extends string> = number & { readonly [unit]?: Unit };

export type Millimetre = Quantity<"mm">;
export type MillimetrePerMinute = Quantity<"mm/min">;
export type Celsius = Quantity<"degC">;
export type Seconds = Quantity<"s">;
export type Milliseconds = Quantity<"ms">;
/** UTC wall-clock time in milliseconds since 1970-01-01, as a clock said it (it can jump). */
export type EpochMs = Quantity<"ms since 1970">;
/** Monotonic time in milliseconds since the process started (it cannot jump, and means nothing after a restart). */
export type MonotonicMs = Quantity<"ms since start">;

/** Now, by both clocks: what was promised in days is compared by the first, what lapses in minutes by the second. */
export interface Moment {
  readonly at: EpochMs;
  readonly mono: MonotonicMs;
}
