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

using Owner = std::shared_ptr<Engine>;

// What the handles of an environment hold.
using Engines = std::set<Owner*>;

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

template <typename T>
bool Copied(napi_env env, napi_value value, napi_typedarray_type wanted, std::vector<T>* copy) {
  void* data;
  size_t length;
  if (!Numbers(env, value, wanted, &data, &length)) return false;
  copy->assign(static_cast<T*>(data), static_cast<T*>(data) + length);
  return true;
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
    for (Owner* owner : *engines) CloseEngine(owner->get());
  return nullptr;
}

void Disconnected(napi_env, void* data, void*) { delete static_cast<Owner*>(data); }

void Collected(napi_env env, void* data, void*) {
  const std::unique_ptr<Owner> owner(static_cast<Owner*>(data));
  napi_remove_env_cleanup_hook(env, AtExit, owner->get());
  (*owner)->all->erase(owner.get());  // shared: at the end of an environment its own data may be gone
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
    napi_set_named_property(env, result, "exitLogits", TypedArray(env, napi_float32_array, task->exit_logits));
    napi_value stopped_at;
    napi_create_int32(env, task->stopped_at, &stopped_at);
    napi_set_named_property(env, result, "stoppedAt", stopped_at);
    napi_resolve_deferred(env, task->deferred, result);
  }
  napi_close_handle_scope(env, scope);
}

// Closes an engine unless it could be opened.
class Unfinished {
 public:
  explicit Unfinished(Owner engine) : engine_(std::move(engine)) {}
  ~Unfinished() {
    if (!finished_) CloseEngine(engine_.get());
  }
  void Finish() { finished_ = true; }

 private:
  Owner engine_;
  bool finished_ = false;
};

// open(plan: Int32Array, tensors: Float32Array[], bfloat16: boolean, workers, threads): handle
napi_value Open(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value args[5];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  if (count < 5) return Throw(env, "open: expected five arguments");
  bool is_array = false;
  napi_is_array(env, args[1], &is_array);
  if (!is_array) return Throw(env, "tensors: expected a list of Float32Arrays");
  uint32_t tensor_count;
  napi_get_array_length(env, args[1], &tensor_count);
  std::vector<std::vector<float>> tensors;
  std::vector<size_t> lengths;
  for (uint32_t i = 0; i < tensor_count; i++) {
    napi_value element;
    if (napi_get_element(env, args[1], i, &element) != napi_ok) return nullptr;  // what a getter has thrown
    if (!Copied(env, element, napi_float32_array, &tensors.emplace_back()))
      return Throw(env, "tensors: expected a list of Float32Arrays");
    lengths.push_back(tensors.back().size());
  }
  // after the list, whose elements may be got by code that frees the plan's memory
  void* words;
  size_t length;
  if (!Numbers(env, args[0], napi_int32_array, &words, &length)) return Throw(env, "plan: expected an Int32Array");
  bool bfloat16 = false;
  int workers, threads;
  napi_get_value_bool(env, args[2], &bfloat16);
  if (!Whole(env, args[3], 1, 1024, &workers) || !Whole(env, args[4], 1, 1024, &threads))
    return Throw(env, "workers, threads: expected whole numbers from 1 to 1024");

  auto engine = std::make_shared<Engine>();
  Unfinished unfinished(engine);
  engine->model = std::make_shared<Model>(dmnn::ReadPlan(static_cast<int32_t*>(words), length, lengths),
                                          std::move(tensors), bfloat16 ? Number::kBfloat16 : Number::kFloat32, threads);
  napi_value name;
  napi_create_string_utf8(env, "dmnn engine", NAPI_AUTO_LENGTH, &name);
  auto connected = std::make_unique<Owner>(engine);
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, connected.get(), Disconnected, engine.get(),
                                      Finished, &engine->finished) != napi_ok)
    return Throw(env, "engine: its threads could not be connected");
  connected.release();
  napi_unref_threadsafe_function(env, engine->finished);
  engine->pool = std::make_unique<Pool>(engine->model, workers, [finished = engine->finished](std::unique_ptr<Job> job) {
    // it is not taken when the environment ends
    if (napi_call_threadsafe_function(finished, static_cast<Task*>(job.get()), napi_tsfn_blocking) == napi_ok) job.release();
  });
  napi_value handle;
  auto owner = std::make_unique<Owner>(engine);
  engine->all = EnginesOf(env);
  if (!engine->all) return Throw(env, "engine: its environment has ended");
  engine->all->insert(owner.get());
  if (napi_create_external(env, owner.get(), Collected, nullptr, &handle) != napi_ok) {
    engine->all->erase(owner.get());
    return Throw(env, "engine: its handle could not be made");
  }
  owner.release();
  napi_add_env_cleanup_hook(env, AtExit, engine.get());
  unfinished.Finish();
  return handle;
}

Engine* EngineOf(napi_env env, napi_value value) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  void* data = nullptr;
  if (type != napi_external || napi_get_value_external(env, value, &data) != napi_ok) return nullptr;
  auto* owner = static_cast<Owner*>(data);
  const Registry engines = EnginesOf(env);
  return engines && engines->count(owner) > 0 ? owner->get() : nullptr;  // not another addon's
}

// The engine of a function whose argument is a handle; null after it has thrown.
Engine* OnlyEngine(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value args[1];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  Engine* engine = count < 1 ? nullptr : EngineOf(env, args[0]);
  if (!engine) Throw(env, "engine: expected a handle");
  return engine;
}

// run(handle, image: Float32Array, channelsFirst: boolean, pattern?: Uint32Array, thresholds?: Float32Array,
//     exits?: Float64Array): Promise
napi_value Run(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value args[6];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  Engine* engine = count < 2 ? nullptr : EngineOf(env, args[0]);
  if (!engine || !engine->pool) return Throw(env, "engine: expected an open one");
  auto task = std::make_unique<Task>();
  task->image = engine->pool->Image();
  if (!Copied(env, args[1], napi_float32_array, &task->image)) return Throw(env, "image: expected a Float32Array");
  napi_get_value_bool(env, args[2], &task->channels_first);
  if (!IsNullish(env, args[3]) && !Copied(env, args[3], napi_uint32_array, &task->pattern.emplace()))
    return Throw(env, "pattern: expected a Uint32Array");
  if (!IsNullish(env, args[4]) && !Copied(env, args[4], napi_float32_array, &task->thresholds.emplace()))
    return Throw(env, "thresholds: expected a Float32Array");
  if (!IsNullish(env, args[5])) {
    const dmnn::Plan& plan = engine->model->plan();
    std::vector<double> numbers;
    if (!Copied(env, args[5], napi_float64_array, &numbers)) return Throw(env, "exits: expected a Float64Array");
    if (!dmnn::ReadExitRule(numbers, plan.exits, plan.vectors[plan.logits], &task->rule.emplace()))
      return Throw(env, "exits: expected a measure, a combination, stages before, and numbers of each exit");
  }
  const std::string misfit = MisfitOf(*task, engine->model->plan());
  if (!misfit.empty()) return Throw(env, misfit);
  napi_value promise;
  if (napi_create_promise(env, &task->deferred, &promise) != napi_ok) return Throw(env, "engine: no promise could be made");
  engine->pool->Push(std::move(task));
  if (engine->running++ == 0) napi_ref_threadsafe_function(env, engine->finished);
  return promise;
}

// drop(handle): rejects the images that no worker has begun.
napi_value Drop(napi_env env, napi_callback_info info) {
  Engine* engine = OnlyEngine(env, info);
  if (engine && engine->pool) engine->pool->Drop();
  return nullptr;
}

// close(handle): waits for the images that run. JavaScript calls it when no image waits.
napi_value Close(napi_env env, napi_callback_info info) {
  if (Engine* engine = OnlyEngine(env, info)) CloseEngine(engine);
  return nullptr;
}

// observed(handle): (Float64Array | null)[], for each site how often each magnitude was seen.
napi_value Observed(napi_env env, napi_callback_info info) {
  Engine* engine = OnlyEngine(env, info);
  if (!engine) return nullptr;
  if (!engine->model) return Throw(env, "engine: expected an open one");
  const auto observed = engine->model->Observed();
  napi_value list;
  napi_create_array_with_length(env, observed.size(), &list);
  for (size_t i = 0; i < observed.size(); i++) {
    napi_value counts;
    if (observed[i].empty()) napi_get_null(env, &counts);
    else counts = TypedArray(env, napi_float64_array, std::vector<double>(observed[i].begin(), observed[i].end()));
    napi_set_element(env, list, i, counts);
  }
  return list;
}

// implementations(handle): string[], the name of oneDNN's kernel of each convolution and pool.
napi_value Implementations(napi_env env, napi_callback_info info) {
  Engine* engine = OnlyEngine(env, info);
  if (!engine) return nullptr;
  if (!engine->model) return Throw(env, "engine: expected an open one");
  const std::vector<std::string> names = engine->model->Implementations();
  napi_value list;
  napi_create_array_with_length(env, names.size(), &list);
  for (size_t i = 0; i < names.size(); i++) {
    napi_value name;
    napi_create_string_utf8(env, names[i].c_str(), names[i].size(), &name);
    napi_set_element(env, list, i, name);
  }
  return list;
}

// weightBytes(handle): bytes of the weights that are laid out.
napi_value WeightBytes(napi_env env, napi_callback_info info) {
  Engine* engine = OnlyEngine(env, info);
  if (!engine) return nullptr;
  if (!engine->model) return Throw(env, "engine: expected an open one");
  napi_value bytes;
  napi_create_double(env, static_cast<double>(engine->model->BytesOfWeights()), &bytes);
  return bytes;
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

// A function as JavaScript calls it: what C++ throws is thrown there, where it would end the process.
template <napi_value (*Body)(napi_env, napi_callback_info)>
napi_value Guarded(napi_env env, napi_callback_info info) {
  try {
    return Body(env, info);
  } catch (const std::bad_alloc&) {
    return Throw(env, "engine: expected more memory");
  } catch (const std::exception& error) {
    return Throw(env, error.what());
  }
}

napi_value Init(napi_env env, napi_value exports) {
  const std::pair<const char*, napi_callback> functions[] = {
      {"open", Guarded<Open>},   {"run", Guarded<Run>},
      {"drop", Guarded<Drop>},   {"close", Guarded<Close>},
      {"implementations", Guarded<Implementations>}, {"observed", Guarded<Observed>},
      {"weightBytes", Guarded<WeightBytes>}, {"processor", Guarded<Processor>}};
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
