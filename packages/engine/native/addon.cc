// What src/session/native-core.ts calls. It checks what it is given: nothing that JavaScript passes can crash it.
#include <node_api.h>

#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pool.h"

namespace {

using dmnn::Job;
using dmnn::Model;
using dmnn::Number;
using dmnn::Pool;

struct Engine;

// The open engines of an environment.
using Engines = std::set<Engine*>;

// An open engine: its model, its threads, and the way back to JavaScript's thread. Its handle owns it, and so does that
// way, since results may still be on it when the handle is collected.
struct Engine {
  std::shared_ptr<Engines> all;
  std::shared_ptr<Model> model;
  std::unique_ptr<Pool> pool;
  napi_threadsafe_function finished = nullptr;
  size_t running = 0;
};

// A job with its promise.
struct Task : Job {
  napi_deferred deferred = nullptr;
};

napi_value Throw(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

bool Numbers(napi_env env, napi_value value, napi_typedarray_type wanted, void** data, size_t* length) {
  bool typed = false;
  napi_is_typedarray(env, value, &typed);
  if (!typed) return false;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, value, &type, length, data, nullptr, nullptr) != napi_ok) return false;
  return type == wanted;
}

bool IsNullish(napi_env env, napi_value value) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  return type == napi_undefined || type == napi_null;
}

bool Whole(napi_env env, napi_value value, int low, int high, int* out) {
  return napi_get_value_int32(env, value, out) == napi_ok && *out >= low && *out <= high;
}

template <typename T>
napi_value TypedArray(napi_env env, napi_typedarray_type type, const std::vector<T>& values) {
  napi_value buffer, array;
  void* data;
  if (napi_create_arraybuffer(env, values.size() * sizeof(T), &data, &buffer) != napi_ok) return nullptr;
  if (!values.empty()) std::memcpy(data, values.data(), values.size() * sizeof(T));
  napi_create_typedarray(env, type, values.size(), buffer, 0, &array);
  return array;
}

void CloseEngine(Engine* engine) {
  if (engine->pool) engine->pool->Stop();
  engine->pool.reset();
  engine->model.reset();
  if (engine->finished) napi_release_threadsafe_function(engine->finished, napi_tsfn_release);
  engine->finished = nullptr;
}

using Registry = std::shared_ptr<Engines>;

Registry EnginesOf(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return data ? *static_cast<Registry*>(data) : nullptr;
}

void AtExit(void* data) { CloseEngine(static_cast<Engine*>(data)); }

// On process.exit the main environment runs no cleanup hooks, but the process runs the destructors of oneDNN's globals:
// no thread may still use them.
napi_value BeforeExit(napi_env env, napi_callback_info) {
  if (const Registry engines = EnginesOf(env))
    for (Engine* engine : *engines) CloseEngine(engine);
  return nullptr;
}

using Owner = std::shared_ptr<Engine>;

void Disconnected(napi_env, void* data, void*) { delete static_cast<Owner*>(data); }

void Collected(napi_env env, void* data, void*) {
  const std::unique_ptr<Owner> owner(static_cast<Owner*>(data));
  napi_remove_env_cleanup_hook(env, AtExit, owner->get());
  if ((*owner)->all) (*owner)->all->erase(owner->get());  // at the end of an environment its own data may be gone
  CloseEngine(owner->get());
}

// On JavaScript's thread: settles the promise of an image.
void Finished(napi_env env, napi_value, void* context, void* data) {
  std::unique_ptr<Task> task(static_cast<Task*>(data));
  auto* engine = static_cast<Engine*>(context);
  if (env == nullptr) return;
  if (--engine->running == 0 && engine->finished) napi_unref_threadsafe_function(env, engine->finished);
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  if (!task->error.empty()) {
    napi_value message, error;
    napi_create_string_utf8(env, task->error.c_str(), NAPI_AUTO_LENGTH, &message);
    napi_create_error(env, nullptr, message, &error);
    napi_reject_deferred(env, task->deferred, error);
  } else {
    napi_value result;
    napi_create_object(env, &result);
    napi_set_named_property(env, result, "logits", TypedArray(env, napi_float32_array, task->logits));
    napi_set_named_property(env, result, "masks", TypedArray(env, napi_uint32_array, task->masks));
    napi_set_named_property(env, result, "logOdds", TypedArray(env, napi_float32_array, task->log_odds));
    napi_resolve_deferred(env, task->deferred, result);
  }
  napi_close_handle_scope(env, scope);
}

// open(plan: Int32Array, tensors: Float32Array[], bfloat16: boolean, workers, threads): handle
napi_value Open(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value args[5];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  if (count < 5) return Throw(env, "open: expected five arguments");
  void* words;
  size_t length;
  if (!Numbers(env, args[0], napi_int32_array, &words, &length)) return Throw(env, "plan: expected an Int32Array");
  bool is_array = false;
  napi_is_array(env, args[1], &is_array);
  if (!is_array) return Throw(env, "tensors: expected a list of Float32Arrays");
  uint32_t tensor_count;
  napi_get_array_length(env, args[1], &tensor_count);
  std::vector<std::vector<float>> tensors;
  std::vector<size_t> lengths;
  for (uint32_t i = 0; i < tensor_count; i++) {
    napi_value element;
    napi_get_element(env, args[1], i, &element);
    void* data;
    size_t size;
    if (!Numbers(env, element, napi_float32_array, &data, &size))
      return Throw(env, "tensors: expected a list of Float32Arrays");
    const float* numbers = static_cast<const float*>(data);
    tensors.emplace_back(numbers, numbers + size);
    lengths.push_back(size);
  }
  bool bfloat16 = false;
  int workers, threads;
  napi_get_value_bool(env, args[2], &bfloat16);
  if (!Whole(env, args[3], 1, 1024, &workers) || !Whole(env, args[4], 1, 1024, &threads))
    return Throw(env, "workers, threads: expected whole numbers from 1 to 1024");

  auto engine = std::make_shared<Engine>();
  napi_value name;
  napi_create_string_utf8(env, "dmnn engine", NAPI_AUTO_LENGTH, &name);
  try {
    engine->model = std::make_shared<Model>(dmnn::ReadPlan(static_cast<int32_t*>(words), length, lengths),
                                            std::move(tensors), bfloat16 ? Number::kBfloat16 : Number::kFloat32, threads);
    auto connected = std::make_unique<Owner>(engine);
    if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, connected.get(), Disconnected, engine.get(),
                                        Finished, &engine->finished) != napi_ok)
      return Throw(env, "engine: its threads could not be connected");
    connected.release();
    napi_unref_threadsafe_function(env, engine->finished);
    engine->pool = std::make_unique<Pool>(engine->model, workers, [finished = engine->finished](std::unique_ptr<Job> job) {
      napi_call_threadsafe_function(finished, static_cast<Task*>(job.release()), napi_tsfn_blocking);
    });
  } catch (const std::bad_alloc&) {
    CloseEngine(engine.get());
    return Throw(env, "engine: expected more memory");
  } catch (const std::exception& error) {
    CloseEngine(engine.get());
    return Throw(env, error.what());
  }
  napi_value handle;
  auto owner = std::make_unique<Owner>(engine);
  if (napi_create_external(env, owner.get(), Collected, nullptr, &handle) != napi_ok) {
    CloseEngine(engine.get());
    return Throw(env, "engine: its handle could not be made");
  }
  owner.release();
  napi_add_env_cleanup_hook(env, AtExit, engine.get());
  engine->all = EnginesOf(env);
  if (engine->all) engine->all->insert(engine.get());
  return handle;
}

Engine* EngineOf(napi_env env, napi_value value) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  void* data = nullptr;
  if (type != napi_external || napi_get_value_external(env, value, &data) != napi_ok) return nullptr;
  return static_cast<Owner*>(data)->get();
}

// run(handle, image: Float32Array, channelsFirst: boolean, pattern?: Uint32Array, thresholds?: Float32Array): Promise
napi_value Run(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value args[5];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  Engine* engine = count < 2 ? nullptr : EngineOf(env, args[0]);
  if (!engine || !engine->pool) return Throw(env, "engine: expected an open one");
  const dmnn::Plan& plan = engine->model->plan();
  const size_t groups = plan.gate_counts.size();
  auto task = std::make_unique<Task>();
  void* data;
  size_t length;
  if (!Numbers(env, args[1], napi_float32_array, &data, &length) || length != plan.maps[0].numbers())
    return Throw(env, "image: expected a Float32Array of the plan's image");
  task->image.assign(static_cast<float*>(data), static_cast<float*>(data) + length);
  napi_get_value_bool(env, args[2], &task->channels_first);
  if (!IsNullish(env, args[3])) {
    if (!Numbers(env, args[3], napi_uint32_array, &data, &length) || length != groups)
      return Throw(env, "pattern: expected a Uint32Array with a mask for each gated block");
    task->pattern.assign(static_cast<uint32_t*>(data), static_cast<uint32_t*>(data) + length);
  }
  if (!IsNullish(env, args[4])) {
    if (!Numbers(env, args[4], napi_float32_array, &data, &length) || length != groups)
      return Throw(env, "thresholds: expected a Float32Array with a number for each gated block");
    task->thresholds.assign(static_cast<float*>(data), static_cast<float*>(data) + length);
  }
  napi_value promise;
  if (napi_create_promise(env, &task->deferred, &promise) != napi_ok) return Throw(env, "engine: no promise could be made");
  if (engine->running++ == 0) napi_ref_threadsafe_function(env, engine->finished);
  engine->pool->Push(std::move(task));
  return promise;
}

// drop(handle): rejects the images that no worker has begun.
napi_value Drop(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value args[1];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  Engine* engine = count < 1 ? nullptr : EngineOf(env, args[0]);
  if (!engine) return Throw(env, "engine: expected a handle");
  if (engine->pool) engine->pool->Drop();
  return nullptr;
}

// close(handle): waits for the images that run. JavaScript calls it when no image waits.
napi_value Close(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value args[1];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  Engine* engine = count < 1 ? nullptr : EngineOf(env, args[0]);
  if (!engine) return Throw(env, "engine: expected a handle");
  CloseEngine(engine);
  return nullptr;
}

// implementations(handle): string[], the name of oneDNN's kernel of each convolution and pool; prepares all.
napi_value Implementations(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value args[1];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  Engine* engine = count < 1 ? nullptr : EngineOf(env, args[0]);
  if (!engine || !engine->model) return Throw(env, "engine: expected an open one");
  try {
    const std::vector<std::string> names = engine->model->PrepareAll();
    napi_value list;
    napi_create_array_with_length(env, names.size(), &list);
    for (size_t i = 0; i < names.size(); i++) {
      napi_value name;
      napi_create_string_utf8(env, names[i].c_str(), names[i].size(), &name);
      napi_set_element(env, list, i, name);
    }
    return list;
  } catch (const std::exception& error) {
    return Throw(env, error.what());
  }
}

// The widest instruction set that oneDNN uses here, and its version.
napi_value Processor(napi_env env, napi_callback_info) {
  napi_value result, isa, version;
  const dnnl_version_t* of = dnnl_version();
  const std::string text = std::to_string(of->major) + "." + std::to_string(of->minor) + "." + std::to_string(of->patch);
  napi_create_object(env, &result);
  napi_create_uint32(env, static_cast<uint32_t>(dnnl_get_effective_cpu_isa()), &isa);
  napi_create_string_utf8(env, text.c_str(), text.size(), &version);
  napi_set_named_property(env, result, "instructionSet", isa);
  napi_set_named_property(env, result, "oneDnn", version);
  return result;
}

napi_value Init(napi_env env, napi_value exports) {
  const std::pair<const char*, napi_callback> functions[] = {
      {"open", Open}, {"run", Run}, {"drop", Drop}, {"close", Close}, {"implementations", Implementations}, {"processor", Processor}};
  for (const auto& [name, callback] : functions) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  napi_set_instance_data(env, new Registry(new Engines),
                         [](napi_env, void* data, void*) { delete static_cast<Registry*>(data); }, nullptr);
  // process.on('exit', BeforeExit)
  napi_value global, process, on, arguments[2];
  napi_get_global(env, &global);
  napi_get_named_property(env, global, "process", &process);
  napi_get_named_property(env, process, "on", &on);
  napi_create_string_utf8(env, "exit", NAPI_AUTO_LENGTH, &arguments[0]);
  napi_create_function(env, "beforeExit", NAPI_AUTO_LENGTH, BeforeExit, nullptr, &arguments[1]);
  napi_call_function(env, process, on, 2, arguments, nullptr);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
