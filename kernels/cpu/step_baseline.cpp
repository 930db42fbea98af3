// The step for baseline x86-64.
#include "kernels/cpu/step.hpp"

int bss::step_baseline(const StepArguments& arguments) { return model::step_window(arguments); }
