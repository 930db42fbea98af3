// The step for AVX-512.
#include "kernels/cpu/step.hpp"

int bss::step_avx512(const StepArguments& arguments) { return model::step_window(arguments); }
