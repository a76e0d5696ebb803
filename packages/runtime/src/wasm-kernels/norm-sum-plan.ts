// The plan of a call of `DmnnNormSum` or its gradient on wasm: a list of 32-bit words, read by assembly/norm-sum-*.ts and
// written by wasm-norm-sum.ts. This file is compiled by both compilers, so that both agree on where each word is.

/** Pixels of a map. */
export const PIXELS = 0;
export const CHANNELS = 1;
export const PATHS = 2;
/** 1 if the paths are normalised, 0 if they are summed as they are. */
export const NORMALISED = 3;
/** A float: the sum is at least this. */
export const LOW = 4;
/** A float: the sum is at most this. */
export const HIGH = 5;
/** Address of [images, GATE_COLUMNS]; 0 for none. */
export const GATES = 6;
export const GATE_COLUMNS = 7;
/** Address. Forwards what is added, backwards its gradient; 0 for none. */
export const SHORTCUT = 8;
/** Parts that the result is wanted in. */
export const PARTS = 9;
/** Backwards: upstream gradients of each part. */
export const VIEWS = 10;
/** Address of the mean over each map, or of its gradient, [images, channels]; 0 for none. */
export const POOLED = 11;
/** Address. Backwards: the result, or 0 where the only path shows what was at a bound. */
export const RESULT = 12;
/** Address of doubles: forwards [paths, images, 2, channels], backwards [images, 1 + paths, channels]. */
export const SUMS = 13;
/** Address of [paths, TERM_ROWS, channels]. */
export const TERMS = 14;
/** Address of the gradient of the gates, [images, GATE_COLUMNS]; 0 for none. */
export const GATE_GRADIENT = 15;
export const IMAGES = 16;

/** The words of the first path; those of the others follow. */
export const FIRST_PATH = 17;
export const PATH_WORDS = 9;
/** Address. */
export const PATH_X = 0;
/** Column of the gates, −1 for none. */
export const PATH_COLUMN = 1;
/** Address of [channels]; 0 if paths are not normalised, and so are those that follow. */
export const PATH_SCALE = 2;
export const PATH_OFFSET = 3;
export const PATH_MEAN = 4;
export const PATH_VARIANCE = 5;
/** Address. Backwards, and so are those that follow. */
export const PATH_X_GRADIENT = 6;
export const PATH_SCALE_GRADIENT = 7;
export const PATH_OFFSET_GRADIENT = 8;

// after the paths: the addresses of the parts of the result or of its gradients, view by view, then the parts' channels

/** The rows of TERMS, [channels] each. A path's batch norm is SLOPE · x + SHIFT. */
export const TERM_SLOPE = 0;
export const TERM_SHIFT = 1;
export const TERM_MEAN = 2;
/** Backwards: what multiplies x − mean, and what is added. */
export const TERM_ALONG = 3;
export const TERM_CONSTANT = 4;
export const TERM_ROWS = 5;
