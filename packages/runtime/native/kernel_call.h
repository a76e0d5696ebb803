// One call of a kernel: its inputs and outputs, released when the call is over.
#ifndef DMNN_KERNEL_CALL_H_
#define DMNN_KERNEL_CALL_H_

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "tensorflow_kernel_api.h"

namespace dmnn {

// A float32 tensor that a kernel was given.
struct Input {
  const float* data;
  std::vector<int64_t> shape;
  int64_t size;
  // held by the call
  TF_Tensor* tensor;
};

class KernelCall {
 public:
  explicit KernelCall(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  KernelCall(const KernelCall&) = delete;
  KernelCall& operator=(const KernelCall&) = delete;
  ~KernelCall() {
    for (TF_Tensor* tensor : held_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  // The next input, in the order of the operation's definition; a list is as many inputs as it has members.
  Input next() {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, inputs_++, &tensor, status_);
    if (!ok()) return {};
    held_.push_back(tensor);
    Input input{static_cast<const float*>(TF_TensorData(tensor)), {}, TF_TensorElementCount(tensor), tensor};
    for (int i = 0; i < TF_NumDims(tensor); i++) input.shape.push_back(TF_Dim(tensor, i));
    return input;
  }

  // The next input, a list of int32.
  std::vector<int64_t> next_integers() {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, inputs_++, &tensor, status_);
    if (!ok()) return {};
    held_.push_back(tensor);
    const int32_t* values = static_cast<const int32_t*>(TF_TensorData(tensor));
    return std::vector<int64_t>(values, values + TF_TensorElementCount(tensor));
  }

  std::vector<Input> next(int64_t count) {
    std::vector<Input> list;
    for (int64_t i = 0; i < count; i++) list.push_back(next());
    return list;
  }

  // Allocates the next output; null if memory is out, which the caller need not report.
  float* output(const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (int64_t extent : shape) size *= extent;
    TF_Tensor* tensor = TF_AllocateOutput(context_, outputs_++, TF_FLOAT, shape.data(),
                                          static_cast<int>(shape.size()), size * sizeof(float), status_);
    if (!ok()) return nullptr;
    held_.push_back(tensor);
    return static_cast<float*>(TF_TensorData(tensor));
  }

  // Makes an input the next output, and gives its memory to be written; null as for `output`. Whoever calls the operation
  // must not read that input afterwards.
  float* overwritten(const Input& input) {
    TF_SetOutput(context_, outputs_++, input.tensor, status_);
    return ok() ? const_cast<float*>(input.data) : nullptr;
  }

  // Whether all went well so far; tells TensorFlow once if not.
  bool ok() {
    if (failed_ || TF_GetCode(status_) == TF_OK) return !failed_;
    failed_ = true;
    TF_OpKernelContext_Failure(context_, status_);
    return false;
  }

  // Says that a shape or setting does not fit, unless it does.
  bool expect(bool fits, const char* message) {
    if (!fits && !failed_) TF_SetStatus(status_, TF_INVALID_ARGUMENT, message);
    return ok();
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> held_;
  int inputs_ = 0, outputs_ = 0;
  bool failed_ = false;
};

// Reads the settings of a kernel when it is made.
class Settings {
 public:
  explicit Settings(TF_OpKernelConstruction* construction)
      : construction_(construction), status_(TF_NewStatus()) {}
  ~Settings() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
    TF_DeleteStatus(status_);
  }

  int64_t integer(const char* name) {
    int64_t value = 0;
    TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_);
    return value;
  }

  float number(const char* name) {
    float value = 0;
    TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
    return value;
  }

  std::vector<int64_t> integers(const char* name) {
    int32_t count = 0, bytes = 0;
    TF_OpKernelConstruction_GetAttrSize(construction_, name, &count, &bytes, status_);
    std::vector<int64_t> values(count > 0 ? count : 0);
    if (count > 0)
      TF_OpKernelConstruction_GetAttrInt64List(construction_, name, values.data(), count, status_);
    return values;
  }

 private:
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

// An operation: attributes, inputs and outputs as TensorFlow writes them ("scale: P * float").
struct Definition {
  const char* name;
  std::vector<const char*> attributes, inputs, outputs;
};

// Runs a kernel; what the C++ library throws, memory being out above all, becomes TensorFlow's error.
template <void (*compute)(void*, TF_OpKernelContext*)>
void guarded(void* kernel, TF_OpKernelContext* context) {
  TF_Code code;
  std::string message;
  try {
    return compute(kernel, context);
  } catch (const std::bad_alloc&) {
    code = TF_RESOURCE_EXHAUSTED;
    message = "OOM when allocating a kernel's own memory";
  } catch (const std::exception& error) {
    code = TF_INTERNAL;
    message = error.what();
  }
  TF_Status* status = TF_NewStatus();
  TF_SetStatus(status, code, message.c_str());
  TF_OpKernelContext_Failure(context, status);
  TF_DeleteStatus(status);
}

void register_operation(const Definition& definition, void* (*create)(TF_OpKernelConstruction*),
                        void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));

// Each makes its operations known to TensorFlow.
void register_convolution();
void register_norm_sum();
void register_pointwise_sum();
void register_max_pool_grad();
void register_variables();

// Whether this processor has the instructions that the convolution is written for; TensorFlow's is faster otherwise.
bool has_fast_convolution();

}  // namespace dmnn

#endif  // DMNN_KERNEL_CALL_H_
