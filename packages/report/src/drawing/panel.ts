/** The plot area, in pixels of the figure; axes and labels are drawn outside it. */
export interface Panel {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The part of a scale that axes need; d3's linear and logarithmic scales satisfy it. */
export interface AxisScale {
  (value: number): number;
  domain(): number[];
  ticks(count?: number): number[];
  tickFormat(count?: number, specifier?: string): (value: number) => string;
}
