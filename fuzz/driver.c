/* libFuzzer around a Python that is embedded: calls one function with each input.  The program carries the runtimes of
   the sanitizers and of libFuzzer, so that the core, built with the same flags and loaded later, finds them.

   The input is handed over as a memoryview of libFuzzer's own copy, which has no octet to spare at its end: a read of
   one octet too many is seen.  A view that somebody keeps cannot be released, and that is a finding too. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>

static PyObject *target;

static void stop(void)
{
    PyErr_Print();
    fflush(NULL);
    abort(); /* libFuzzer saves the input */
}

static void check(PyStatus status)
{
    if (PyStatus_Exception(status)) Py_ExitStatusException(status);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    PyConfig config;
    PyObject *module;
    (void)argc, (void)argv;
    if (getenv("FUZZ_PYTHON") == NULL) {
        fputs("run it by `python -m fuzz native`\n", stderr);
        exit(2);
    }
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.install_signal_handlers = 0; /* libFuzzer has its own */
    check(PyConfig_SetBytesString(&config, &config.program_name, getenv("FUZZ_PYTHON")));
    check(Py_InitializeFromConfig(&config));
    PyConfig_Clear(&config);
    module = PyImport_ImportModule("fuzz.embedded");
    target = module ? PyObject_GetAttrString(module, "target") : NULL;
    if (target == NULL) {
        PyErr_Print();
        exit(2);
    }
    Py_DECREF(module);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PyObject *view = PyMemoryView_FromMemory((char *)data, (Py_ssize_t)size, PyBUF_READ), *done;
    if (view == NULL) stop();
    done = PyObject_CallOneArg(target, view);
    if (done == NULL) stop();
    Py_DECREF(done);
    done = PyObject_CallMethod(view, "release", NULL);
    if (done == NULL) stop();
    Py_DECREF(done);
    Py_DECREF(view);
    return 0;
}
