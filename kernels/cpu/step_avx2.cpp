// The step for AVX2.
#include "kernels/cpu/step.hpp"

int bss::step_avx2(const StepArguments& arguments) { return model::step_window(arguments); }
