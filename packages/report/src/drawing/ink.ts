/** Colours of everything except data. All text has a contrast of at least 7:1 against white. */
export const ink = {
  text: '#1a1a1a',
  muted: '#4d4d4d',
  axis: '#767676',
  grid: '#e2e2e2',
  paper: '#ffffff',
} as const;

/** Font sizes in a figure, in pixels. */
export const typeSizePx = { title: 12, label: 11, tick: 10.5, small: 9.5 } as const;
