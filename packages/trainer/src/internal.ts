export { type ChannelGroup, channelGroups } from './baselines/pruning/channel-groups.js';
export { type RemovedChannels, removeChannels } from './baselines/pruning/remove-channels.js';
export { type ChannelPlace, lowestChannels } from './baselines/pruning/select-channels.js';
export { taylorScores } from './baselines/pruning/taylor-scores.js';
export { recipeProblems } from './train/recipe-problems.js';
export { isNormalisedLike } from './begin/starting-point.js';
export { assertCanStartFrom } from './begin/load-starting-point.js';
export { cannotTeach, withClasses } from './begin/with-new-head.js';
export { asksForRates } from './gates/gating-optimum.js';
