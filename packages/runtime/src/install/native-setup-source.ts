/**
 * A second, small addon that is built with tfjs-node's binding, for settings to make before TensorFlow starts.
 *
 * `keepFreedMemory` makes glibc keep freed memory: it otherwise returns big tensors to the kernel at every free, and page
 * faults take most of the time of element-wise operations. `captureStderr` and `releaseStderr` catch the greeting of
 * libtensorflow, which its own settings do not silence.
 */
export const nativeSetupSource = `#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static int saved = -1;
static FILE* caught = NULL;

static napi_value keep_freed_memory(napi_env env, napi_callback_info info) {
  int done = 0;
#ifdef __GLIBC__
  done = mallopt(M_MMAP_MAX, 0) && mallopt(M_TRIM_THRESHOLD, -1) && mallopt(M_TOP_PAD, 268435456);
#endif
  napi_value result;
  napi_get_boolean(env, done, &result);
  return result;
}

static napi_value capture_stderr(napi_env env, napi_callback_info info) {
  if (saved < 0 && (caught = tmpfile()) != NULL) {
    fflush(stderr);
    saved = dup(2);
    if (saved >= 0) dup2(fileno(caught), 2);
  }
  return NULL;
}

static napi_value release_stderr(napi_env env, napi_callback_info info) {
  char* text = NULL;
  size_t length = 0;
  if (saved >= 0) {
    fflush(stderr);
    dup2(saved, 2);
    close(saved);
    saved = -1;
    fseek(caught, 0, SEEK_END);
    long end = ftell(caught);
    rewind(caught);
    if (end > 0 && (text = (char*)malloc((size_t)end)) != NULL) length = fread(text, 1, (size_t)end, caught);
    fclose(caught);
    caught = NULL;
  }
  napi_value result;
  napi_create_string_utf8(env, text ? text : "", length, &result);
  free(text);
  return result;
}

static napi_value init(napi_env env, napi_value exports) {
  napi_property_descriptor functions[] = {
    {"keepFreedMemory", NULL, keep_freed_memory, NULL, NULL, NULL, napi_default, NULL},
    {"captureStderr", NULL, capture_stderr, NULL, NULL, NULL, napi_default, NULL},
    {"releaseStderr", NULL, release_stderr, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_define_properties(env, exports, 3, functions);
  return exports;
}

NAPI_MODULE(dmnn_setup, init)
`;

/** How node-gyp builds it. */
export const nativeSetupGyp = `{
  'targets': [{ 'target_name': 'dmnn_setup', 'sources': ['dmnn_setup.c'], 'defines': ['NAPI_VERSION=8'] }],
}
`;
