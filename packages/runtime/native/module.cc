// The addon: loading it makes the operations known to the TensorFlow that is in the process.
#include <node_api.h>

#include <stdexcept>
#include <string>

#include "kernel_call.h"

namespace dmnn {

namespace {
void unknown_shape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

void check(const char* name, TF_Status* status) {
  const std::string message = TF_GetCode(status) == TF_OK ? "" : std::string(name) + ": " + TF_Message(status);
  TF_DeleteStatus(status);
  if (!message.empty()) throw std::runtime_error(message);
}
}  // namespace

void register_operation(const Definition& definition, void* (*create)(TF_OpKernelConstruction*),
                        void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*)) {
  TF_OpDefinitionBuilder* operation = TF_NewOpDefinitionBuilder(definition.name);
  for (const char* each : definition.attributes) TF_OpDefinitionBuilderAddAttr(operation, each);
  for (const char* each : definition.inputs) TF_OpDefinitionBuilderAddInput(operation, each);
  for (const char* each : definition.outputs) TF_OpDefinitionBuilderAddOutput(operation, each);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(operation, unknown_shape);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(operation, status);
  check(definition.name, status);
  status = TF_NewStatus();
  TF_RegisterKernelBuilder(definition.name, TF_NewKernelBuilder(definition.name, "CPU", create, compute, destroy),
                           status);
  check(definition.name, status);
}

}  // namespace dmnn

static napi_value init(napi_env env, napi_value exports) {
  napi_value fast;
  napi_get_boolean(env, dmnn::has_fast_convolution(), &fast);
  napi_set_named_property(env, exports, "fastConvolution", fast);
  // a second load in one process, as in worker threads, must not register twice
  static bool registered = false;
  if (registered) return exports;
  registered = true;
  try {
    dmnn::register_convolution();
    dmnn::register_norm_sum();
    dmnn::register_pointwise_sum();
    dmnn::register_max_pool_grad();
    dmnn::register_variables();
  } catch (const std::exception& error) {
    napi_throw_error(env, "DMNN_KERNELS", error.what());
  }
  return exports;
}

NAPI_MODULE(dmnn_operations, init)
