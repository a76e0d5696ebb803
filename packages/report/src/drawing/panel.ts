/** The rectangle that data are drawn in, in pixels of the figure; axes and labels lie outside. */
export interface Panel {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A scale as axes need it: d3's linear and logarithmic scales are such. */
export interface AxisScale {
  (value: number): number;
  domain(): number[];
  ticks(count?: number): number[];
  tickFormat(count?: number, specifier?: string): (value: number) => string;
}
