export { channelShares } from './channel-shares.js';
export { type BottleneckWidths, matchedWidth } from './matched-width.js';
export { paperWidth } from './paper-width.js';
export { type SubBlockWidths } from './sub-block-widths.js';
export { type SubdivideOptions, subdivide } from './subdivide.js';
export { SubdivideError } from './subdivide-error.js';
