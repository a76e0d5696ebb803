export { type GumbelGateOptions, GumbelGate, gumbelGate } from './gates/gumbel-gate.js';
export { type GatedSumOptions, GatedSum, gatedSum } from './gates/gated-sum.js';
export { type GateScheduleOptions, gateSchedule } from './costs/gate-schedule.js';
export {
  type JoinedResourceLoss,
  type JoinResourceLossOptions,
  joinResourceLoss,
} from './costs/join-resource-loss.js';
export { type DynamicBlocks, type WhatRan, dynamicBlocks } from './costs/dynamic-blocks.js';
export {
  type LayerProfile,
  type ModelProfile,
  type ProfileLayersModelOptions,
  profileLayersModel,
} from './costs/profile-layers-model.js';
export { type ModelAsNetwork, networkDataOf } from './network/network-data-of.js';
export { type KerasModelOptions, kerasModel } from './keras/keras-model.js';
export { type TensorFlowJs, registerLayers } from './register-layers.js';
